//! Uploads of some bytes that are pictures of very many pixels.

use std::io::Cursor;
use std::thread;
use std::time::Duration;

use image::{GrayImage, ImageFormat, RgbImage};

use crate::raw::Raw;
use crate::target::{Answers, Outcome, Target};

/// Just within what is taken: 196 million pixels.
const SIDE: u32 = 14_000;
const AT_ONCE: usize = 24;
const PATIENCE: Duration = Duration::from_secs(120);

/// Pictures that say they are larger than is taken.
pub fn declared(target: &Target) -> Outcome {
    let mut answers = Answers::default();
    for picture in [png(60_000), bmp(60_000), bmp(0x7fff_ffff), gif()] {
        answers.note(sent(target, &picture));
    }
    answers.into()
}

/// Pictures just as large as is taken, many at once.
pub fn within_the_limit(target: &Target) -> Outcome {
    let large = encoded(ImageFormat::Png, |file, format| GrayImage::new(SIDE, SIDE).write_to(file, format).is_ok());
    let sent: Vec<String> = thread::scope(|scope| {
        let senders: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(|| sent(target, &large))).collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    let mut answers = Answers::default();
    sent.into_iter().for_each(|label| answers.note(label));
    Outcome { answers, note: format!("{} KiB each", large.len() >> 10) }
}

fn sent(target: &Target, picture: &[u8]) -> String {
    let mut answers = Answers::default();
    if let Some(mut raw) = Raw::open(target) {
        raw.send(&target.post("/api/v1/search/image", "image/png", "", picture));
        answers.count(raw.wait(PATIENCE), "no answer");
    }
    answers.0.into_keys().next().unwrap_or_else(|| "not taken".to_owned())
}

fn encoded(format: ImageFormat, write: impl Fn(&mut Cursor<Vec<u8>>, ImageFormat) -> bool) -> Vec<u8> {
    let mut file = Cursor::new(vec![]);
    assert!(write(&mut file, format), "the picture cannot be made");
    file.into_inner()
}

fn small(format: ImageFormat) -> Vec<u8> {
    encoded(format, |file, format| RgbImage::new(1, 1).write_to(file, format).is_ok())
}

fn png(side: u32) -> Vec<u8> {
    let mut file = small(ImageFormat::Png);
    file[16..20].copy_from_slice(&side.to_be_bytes());
    file[20..24].copy_from_slice(&side.to_be_bytes());
    let sum = crc32fast::hash(&file[12..29]).to_be_bytes();
    file[29..33].copy_from_slice(&sum);
    file
}

fn bmp(side: u32) -> Vec<u8> {
    let mut file = small(ImageFormat::Bmp);
    file[18..22].copy_from_slice(&side.to_le_bytes());
    file[22..26].copy_from_slice(&side.to_le_bytes());
    file
}

fn gif() -> Vec<u8> {
    let mut file = small(ImageFormat::Gif);
    file[6..10].copy_from_slice(&[0xff; 4]);
    file
}
