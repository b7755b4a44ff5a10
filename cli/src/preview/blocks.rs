//! Half blocks: the upper pixel of a cell is the colour of its character, the lower one that of its ground.

use std::io::Write;

use anstyle::{Color, RgbColor, Style};
use anyhow::Result;
use image::{Rgb, RgbImage};

const UPPER_HALF: char = '▀';

pub(super) fn write(out: &mut impl Write, picture: &RgbImage) -> Result<()> {
    let (width, height) = picture.dimensions();
    for y in (0..height).step_by(2) {
        for x in 0..width {
            let lower = (y + 1 < height).then(|| colour(picture.get_pixel(x, y + 1)));
            let style = Style::new().fg_color(Some(colour(picture.get_pixel(x, y)))).bg_color(lower);
            write!(out, "{style}{UPPER_HALF}{style:#}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn colour(&Rgb([red, green, blue]): &Rgb<u8>) -> Color {
    RgbColor(red, green, blue).into()
}
