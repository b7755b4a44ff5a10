//! Sixels: columns of six pixels, in up to 256 colours.

use std::io::Write;

use anyhow::Result;
use icy_sixel::SixelImage;
use image::{DynamicImage, RgbImage};

pub(super) fn write(out: &mut impl Write, picture: &RgbImage) -> Result<()> {
    let (width, height) = picture.dimensions();
    let pixels = DynamicImage::from(picture.clone()).into_rgba8().into_raw();
    writeln!(out, "{}", SixelImage::from_rgba(pixels, width as usize, height as usize).encode()?)?;
    Ok(())
}
