//! Inline images of iTerm2: a whole file in base64.

use std::io::Write;

use anyhow::Result;
use image::RgbImage;

use super::{COLUMNS, ROWS, encoded};

pub(super) fn write(out: &mut impl Write, picture: &RgbImage) -> Result<()> {
    let (width, height) = picture.dimensions();
    let room = if width >= height { format!("width={COLUMNS}") } else { format!("height={ROWS}") };
    writeln!(out, "\x1b]1337;File=inline=1;preserveAspectRatio=1;{room}:{}\x07", encoded(picture)?)?;
    Ok(())
}
