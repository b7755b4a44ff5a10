//! Pictures in a terminal's text, by the protocols that terminals know.

mod blocks;
mod iterm;
mod kitty;
mod sixel;

use std::env;
use std::io::{self, Cursor, IsTerminal, Write};

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use foray_embedding::{DecodeLimits, Detail, decode};
use image::imageops::thumbnail;
use image::{ImageFormat, RgbImage};

/// The room for a picture, in a terminal's cells, which are about twice as high as wide.
const COLUMNS: u32 = 32;
const ROWS: u32 = COLUMNS / 2;
/// The longer side of a picture that is sent as pixels.
const LONG_SIDE: u32 = 10 * COLUMNS;

/// How pictures are put into a terminal's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// [The graphics protocol of kitty](https://sw.kovidgoyal.net/kitty/graphics-protocol/).
    Kitty,
    /// [Inline images of iTerm2](https://iterm2.com/documentation-images.html).
    Iterm,
    /// [Sixels](https://vt100.net/docs/vt3xx-gp/chapter14.html).
    Sixel,
    /// Half blocks: two pixels a cell.
    Blocks,
}

impl Protocol {
    /// What the terminal takes that standard output goes to; `None` where it is none.
    pub fn of_terminal() -> Option<Self> {
        io::stdout().is_terminal().then(|| known_by(|name| env::var(name).unwrap_or_default()))
    }

    /// Writes the picture in the image file `content`, and goes to the line below it.
    pub fn show(self, out: &mut impl Write, content: &[u8]) -> Result<()> {
        let detail = Detail::Sides { short: 0, long: LONG_SIDE };
        let picture = decode(content, &DecodeLimits::default(), detail)?.pixels;
        match self {
            Self::Kitty => kitty::write(out, &fitted(&picture, LONG_SIDE))?,
            Self::Iterm => iterm::write(out, &fitted(&picture, LONG_SIDE))?,
            Self::Sixel => sixel::write(out, &fitted(&picture, LONG_SIDE))?,
            Self::Blocks => blocks::write(out, &fitted(&picture, COLUMNS))?,
        }
        Ok(())
    }
}

/// Terminals cannot be asked without a wait for those that do not answer, but most make themselves known.
fn known_by(variable: impl Fn(&str) -> String) -> Protocol {
    let [term, program] = ["TERM", "TERM_PROGRAM"].map(|name| variable(name).to_ascii_lowercase());
    let is_set = |name: &str| !variable(name).is_empty();
    // They pass on text alone.
    let multiplexed = is_set("TMUX") || is_set("ZELLIJ") || term.starts_with("screen") || term.starts_with("tmux");
    if multiplexed {
        Protocol::Blocks
    } else if is_set("KITTY_WINDOW_ID") || ["kitty", "ghostty"].iter().any(|name| term.contains(name)) {
        Protocol::Kitty
    } else if ["iterm.app", "wezterm", "mintty"].contains(&program.as_str())
        || variable("LC_TERMINAL") == "iTerm2"
        || is_set("KONSOLE_VERSION")
    {
        Protocol::Iterm
    } else if ["foot", "mlterm", "contour"].iter().any(|name| term.starts_with(name)) {
        Protocol::Sixel
    } else {
        Protocol::Blocks
    }
}

/// The picture with its longer side at most `side` pixels.
pub fn fitted(picture: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let scale = (f64::from(side) / f64::from(width.max(height).max(1))).min(1.0);
    let scaled = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    thumbnail(picture, scaled(width), scaled(height))
}

/// As a PNG in base64.
fn encoded(picture: &RgbImage) -> Result<String> {
    let mut png = vec![];
    picture.write_to(&mut Cursor::new(&mut png), ImageFormat::Png)?;
    Ok(STANDARD.encode(png))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_known_by_their_environment() {
        let protocol = |variables: &[(&str, &str)]| {
            let value = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
            known_by(|name| value(name).unwrap_or_default().to_owned())
        };
        assert_eq!(protocol(&[("TERM", "xterm-kitty")]), Protocol::Kitty);
        assert_eq!(protocol(&[("TERM", "xterm-ghostty")]), Protocol::Kitty);
        assert_eq!(protocol(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")]), Protocol::Iterm);
        assert_eq!(protocol(&[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2")]), Protocol::Iterm);
        assert_eq!(protocol(&[("TERM", "foot-extra")]), Protocol::Sixel);
        assert_eq!(protocol(&[("TERM", "xterm-256color")]), Protocol::Blocks);
        assert_eq!(protocol(&[("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1")]), Protocol::Blocks);
    }

    #[test]
    fn pictures_are_made_to_fit_and_keep_their_shape() {
        let size = |width, height| fitted(&RgbImage::new(width, height), 32).dimensions();
        assert_eq!(
            [size(400, 300), size(300, 400), size(20, 10), size(4000, 1)],
            [(32, 24), (24, 32), (20, 10), (32, 1)]
        );
    }
}
