//! Lists of photos as they are printed: `score<TAB>path` lines for pipes; for people with numbers, colours and pictures.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{MAIN_SEPARATOR, absolute};

use anstyle::Style;
use anyhow::Result;
use foray_protocol::{Photo, PhotoPath, Spaces};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::arguments::FormatArguments;
use crate::preview::Protocol;
use crate::settings::Settings;
use crate::{colour, last_results};

/// All but what stands for itself in an address (RFC 3986), and what parts folders.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const FAINT: Style = Style::new().dimmed();
const BRIGHT: Style = Style::new().bold();

/// A photo in a list.
pub struct Line<'a> {
    /// What stands over it, where it is the first of a group.
    heading: Option<String>,
    score: f32,
    path: PhotoPath,
    /// Reads a picture of it: a small one, where there is one.
    picture: Box<dyn Fn() -> Result<Vec<u8>> + 'a>,
}

impl<'a> Line<'a> {
    /// A photo of a library, which gives its preview.
    pub fn of_photo(photo: &Photo, score: f32, library: &'a dyn Spaces) -> Self {
        let id = photo.id;
        Self { heading: None, score, path: photo.photo_path(), picture: Box::new(move || Ok(library.preview(id)?)) }
    }

    /// A file.
    pub fn of_file(path: PhotoPath, score: f32) -> Self {
        let file = path.as_path().to_owned();
        Self { heading: None, score, path, picture: Box::new(move || Ok(fs::read(&file)?)) }
    }

    /// Makes it the first of a group.
    pub fn begin_group(&mut self, heading: String) {
        self.heading = Some(heading);
    }
}

/// Prints the lines, and keeps their paths for `foray open`.
pub fn print<'a>(
    settings: &Settings,
    format: FormatArguments,
    lines: impl IntoIterator<Item = Line<'a>>,
) -> Result<()> {
    let lines: Vec<Line<'_>> = lines.into_iter().collect();
    if settings.remember && !format.no_remember {
        last_results::remember(lines.iter().map(|line| &line.path));
    }
    let is_for_people = !format.null && colour::is_wanted_on_stdout();
    let protocol = format.preview.and_then(|preview| preview.protocol().or_else(Protocol::of_terminal));
    let mut out = BufWriter::new(io::stdout().lock());
    for (index, line) in lines.iter().enumerate() {
        // Programs that read paths alone want no headings between them.
        if let Some(heading) = line.heading.as_ref().filter(|_| !format.paths && !format.null) {
            let style = if is_for_people { BRIGHT } else { Style::new() };
            writeln!(out, "{style}{heading}{style:#}")?;
        }
        if let Some(protocol) = protocol {
            show(&mut out, protocol, line)?;
        }
        if is_for_people {
            write_for_people(&mut out, format, index + 1, line)?;
        } else {
            write_plain(&mut out, format, line)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// A picture that cannot be shown does not keep its line from being printed.
fn show(out: &mut impl Write, protocol: Protocol, line: &Line<'_>) -> Result<()> {
    let mut shown = vec![];
    match (line.picture)().and_then(|content| protocol.show(&mut shown, &content)) {
        Ok(()) => out.write_all(&shown)?,
        Err(error) => tracing::warn!("no preview of {}: {error}", line.path),
    }
    Ok(())
}

/// Paths byte for byte.
fn write_plain(out: &mut impl Write, format: FormatArguments, line: &Line<'_>) -> io::Result<()> {
    if !format.paths {
        write!(out, "{:.4}\t", line.score)?;
    }
    out.write_all(line.path.as_bytes())?;
    out.write_all(if format.null { b"\0" } else { b"\n" })
}

fn write_for_people(out: &mut impl Write, format: FormatArguments, number: usize, line: &Line<'_>) -> io::Result<()> {
    if !format.paths {
        write!(out, "{number:>3}  {FAINT}{:.4}{FAINT:#}  ", line.score)?;
    }
    let text = visible(&line.path.to_string());
    let (folder, name) = text.split_at(text.rfind(MAIN_SEPARATOR).map_or(0, |at| at + 1));
    let name = format!("{FAINT}{folder}{FAINT:#}{BRIGHT}{name}{BRIGHT:#}");
    match address(&line.path) {
        // OSC 8: a click opens the file, in terminals that know it; the others show the text alone.
        Some(address) => write!(out, "\x1b]8;;{address}\x1b\\{name}\x1b]8;;\x1b\\")?,
        None => write!(out, "{name}")?,
    }
    writeln!(out)
}

/// A name may hold what terminals take for commands: such characters are shown as they are written in programs.
pub fn visible(text: &str) -> String {
    let escaped = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

/// `file://` URL of the path, relative ones made absolute; `None` where paths have another form.
fn address(path: &PhotoPath) -> Option<String> {
    let path = absolute(path).map_or_else(|_| path.clone(), PhotoPath::from);
    path.as_bytes().starts_with(b"/").then(|| format!("file://{}", percent_encode(path.as_bytes(), ESCAPED)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_command_the_terminal() {
        assert_eq!(visible("a\x1b[2Jb\nc é.jpg"), "a\\u{1b}[2Jb\\nc é.jpg");
    }

    #[test]
    fn addresses_hold_every_byte_of_a_path() {
        let address = address(&PhotoPath::from_bytes(b"/a b/caf\xe9#1.jpg"));
        assert_eq!(address.as_deref(), Some("file:///a%20b/caf%E9%231.jpg"));
    }
}
