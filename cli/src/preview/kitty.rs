//! The graphics protocol of kitty: a PNG in base64, in pieces.

use std::io::Write;

use anyhow::Result;
use image::RgbImage;

use super::{COLUMNS, ROWS, encoded};

/// The longest piece that the protocol allows, bytes.
const PIECE: usize = 4096;

pub(super) fn write(out: &mut impl Write, picture: &RgbImage) -> Result<()> {
    // The terminal knows the shape of its cells, and works out the other side.
    let (width, height) = picture.dimensions();
    let room = if width >= height { format!("c={COLUMNS}") } else { format!("r={ROWS}") };
    // Transmit and show a PNG, and answer nothing.
    let mut control = format!("a=T,f=100,q=2,{room},");
    let payload = encoded(picture)?;
    let mut pieces = payload.as_bytes().chunks(PIECE).peekable();
    while let Some(piece) = pieces.next() {
        let more = u8::from(pieces.peek().is_some());
        write!(out, "\x1b_G{control}m={more};")?;
        out.write_all(piece)?;
        write!(out, "\x1b\\")?;
        control.clear();
    }
    writeln!(out)?;
    Ok(())
}
