//! `foray captions`: a dataset of boxes becomes one of classes with captions, for `foray eval`.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use foray_annotations::{
    Class, Crop, CutError, Encoding, Failed, LeftOut, PixelBox, Plan, Written, check_destination, read,
};
use foray_embedding::{DecodeLimits, Detail, decode};
use foray_protocol::StopSignal;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, imageops};
use serde::Serialize;

use crate::arguments::CaptionsArguments;
use crate::logging;
use crate::output::{ATTENTION, print_json};
use crate::progress::ImportBar;
use crate::settings::Settings;
use crate::shutdown;

/// Of crops: hardly to be told from the photo.
const JPEG_QUALITY: u8 = 95;
/// Classes that are listed; `--json` lists all.
const LISTED: usize = 20;

#[derive(Serialize)]
struct Report<'a> {
    folder: &'a Path,
    dry_run: bool,
    #[serde(flatten)]
    written: Written,
    left_out: LeftOut,
}

pub fn captions(settings: &Settings, arguments: &CaptionsArguments) -> Result<ExitCode> {
    let destination = std::path::absolute(&arguments.destination)?;
    // Before a large dataset is read.
    check_destination(&destination)?;
    let plan = Plan::new(read(arguments.format.into(), &arguments.source)?, &arguments.options())?;
    let written = match arguments.dry_run {
        true => Written { classes: plan.classes.clone(), ..Written::default() },
        false => write(settings, &plan, &destination)?,
    };
    let report = Report { folder: &destination, dry_run: arguments.dry_run, written, left_out: plan.left_out };
    warn(&report.written.failed);
    if arguments.json {
        print_json(&report)?;
    } else {
        print(&report);
    }
    Ok(if report.written.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(ATTENTION) })
}

fn write(settings: &Settings, plan: &Plan, destination: &Path) -> Result<Written> {
    let stop = StopSignal::default();
    shutdown::on_signal(&stop, || ())?;
    let bar = ImportBar::new(settings.show_progress, plan.pictures());
    let watch = |done| {
        bar.show(done);
        !stop.is_stopped()
    };
    let written = plan.write(destination, cut, &watch);
    bar.finish();
    Ok(written?)
}

fn cut(path: &Path, crops: &[Crop]) -> Result<Vec<Vec<u8>>, CutError> {
    let content = fs::read(path)?;
    let picture = decode(&content, &DecodeLimits::default(), Detail::Full)?;
    let orientation = orientation(&content);
    let cut = |crop: &Crop| {
        let PixelBox { left, top, width, height } = crop.pixels((picture.width, picture.height), orientation)?;
        let pixels = imageops::crop_imm(&picture.pixels, left, top, width, height).to_image();
        encode(&pixels.into(), crop.encoding)
    };
    crops.iter().map(cut).collect()
}

/// What EXIF says of how a photo is turned, 1 to 8: 1 where it says nothing, or the photo is of a kind whose decoder turns it.
fn orientation(content: &[u8]) -> u8 {
    let decoder =
        ImageReader::new(Cursor::new(content)).with_guessed_format().ok().and_then(|it| it.into_decoder().ok());
    decoder.and_then(|mut decoder| decoder.orientation().ok()).map_or(1, image::metadata::Orientation::to_exif)
}

fn encode(image: &DynamicImage, encoding: Encoding) -> Result<Vec<u8>, CutError> {
    let mut bytes = Cursor::new(vec![]);
    match encoding {
        Encoding::Jpeg => image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?,
        Encoding::Png => image.write_to(&mut bytes, ImageFormat::Png)?,
    }
    Ok(bytes.into_inner())
}

fn warn(failed: &[Failed]) {
    if let [Failed { path, reason }, ..] = failed {
        let count = failed.len();
        logging::warning(format!("{count} photos could not be cut and are left out: {}: {reason}", path.display()));
    }
}

fn print(report: &Report<'_>) {
    let Written { classes, linked, copied, cut, .. } = &report.written;
    let pictures: usize = classes.iter().map(|class| class.pictures).sum();
    for Class { caption, pictures, .. } in classes.iter().take(LISTED) {
        println!("{pictures}\t{caption}");
    }
    if let more @ 1.. = classes.len().saturating_sub(LISTED) {
        println!("...\tand {more} more classes");
    }
    let folder = report.folder.display();
    match report.dry_run {
        true => logging::notice(format!("{pictures} photos of {} classes would be in {folder}", classes.len())),
        false => logging::notice(format!(
            "{pictures} photos of {} classes are in {folder} ({linked} linked, {copied} copied, {cut} cut)",
            classes.len()
        )),
    }
    tell_left_out(&report.left_out);
    if !report.dry_run && classes.len() > 1 {
        logging::notice(format!("next: foray eval {folder}"));
    }
}

fn tell_left_out(left_out: &LeftOut) {
    let LeftOut { missing, first_missing, unlisted, without_boxes, empty_boxes, small_boxes, crowds } = left_out;
    let such_as = first_missing.as_ref().map(|name| format!(", such as {name}")).unwrap_or_default();
    let reasons = [
        (*without_boxes, "photos without boxes (--empty CAPTION keeps them)".to_owned()),
        (*missing, format!("photos that are annotated but not there{such_as}")),
        (*unlisted, "photos that no list of a split names".to_owned()),
        (*empty_boxes, "boxes without an area inside their photo".to_owned()),
        (*small_boxes, "boxes smaller than --min-area".to_owned()),
        (*crowds, "boxes of crowds, which show no single object".to_owned()),
    ];
    for (count, what) in reasons.into_iter().filter(|(count, _)| *count > 0) {
        logging::notice(format!("left out: {count} {what}"));
    }
}

#[cfg(test)]
mod tests {
    use foray_annotations::Region;
    use image::{Rgb, RgbImage};

    use super::*;

    /// Four quarters of four colours, the whole lying as `orientation` says.
    fn photo(folder: &Path, orientation: Option<u8>) -> std::path::PathBuf {
        let quarters = [[220, 20, 20], [20, 220, 20], [20, 20, 220], [220, 220, 20]];
        let image = RgbImage::from_fn(64, 32, |x, y| Rgb(quarters[(x / 32 + 2 * (y / 16)) as usize]));
        let mut bytes = encode(&image.into(), Encoding::Jpeg).unwrap();
        if let Some(orientation) = orientation {
            let tiff = [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation, 0, 0, 0], &[0; 4]]
                .concat();
            let length = (tiff.len() as u16 + 8).to_be_bytes();
            let segment = [&[0xff, 0xe1], length.as_slice(), b"Exif\0\0", &tiff].concat();
            bytes.splice(2..2, segment);
        }
        let path = folder.join("photo.jpg");
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The size of the upper left quarter as annotated, and the colour in its middle.
    fn quarter(orientation: Option<u8>, annotated: Option<(u32, u32)>) -> Result<((u32, u32), [u8; 3]), CutError> {
        let folder = tempfile::tempdir()?;
        let region = Region::clipped(0.0, 0.0, 0.5, 0.5).unwrap();
        let crop = Crop { region, annotated, encoding: Encoding::Png };
        let cut = cut(&photo(folder.path(), orientation), &[crop])?;
        let image = image::load_from_memory(&cut[0])?.into_rgb8();
        let Rgb(colour) = *image.get_pixel(image.width() / 2, image.height() / 2);
        Ok((image.dimensions(), colour.map(|part| if part > 120 { 220 } else { 20 })))
    }

    #[test]
    fn boxes_are_cut_where_they_are_in_photos_that_lie_on_their_side() {
        let red = [220, 20, 20];
        assert_eq!(quarter(None, Some((64, 32))).unwrap(), ((32, 16), red));
        assert_eq!(quarter(Some(6), Some((64, 32))).unwrap(), ((16, 32), red), "annotated as it is stored");
        assert_eq!(quarter(Some(6), Some((32, 64))).unwrap(), ((16, 32), [20, 20, 220]), "annotated upright");
        assert_eq!(quarter(Some(6), None).unwrap(), ((16, 32), [20, 20, 220]));
        assert!(quarter(None, Some((32, 64))).unwrap_err().to_string().contains("32 x 64 pixels; got one of 64 x 32"));
    }
}
