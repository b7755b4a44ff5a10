//! What a terminal makes of what it is sent: the pictures in it.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{Rgb, RgbImage};

/// A picture that a terminal was sent.
pub struct Shown {
    /// What came with it, such as `c=32`.
    pub keys: Vec<String>,
    /// Its pixels.
    pub pixels: RgbImage,
}

const STRING_END: &str = "\x1b\\";

/// The pictures that came by the graphics protocol of kitty, joined from their pieces.
pub fn kitty_pictures(text: &str) -> Vec<Shown> {
    let (mut shown, mut keys, mut payload) = (vec![], vec![], String::new());
    for command in between(text, "\x1b_G", STRING_END) {
        let (control, piece) = command.split_once(';').unwrap();
        assert!(piece.len() <= 4096, "a piece of {} bytes", piece.len());
        payload.push_str(piece);
        keys.extend(control.split(',').map(str::to_owned));
        if control.ends_with("m=0") {
            let pixels = png(&std::mem::take(&mut payload));
            shown.push(Shown { keys: std::mem::take(&mut keys), pixels });
        }
    }
    assert!(payload.is_empty(), "the last picture has no end");
    shown
}

/// The inline images of iTerm2.
pub fn iterm_pictures(text: &str) -> Vec<Shown> {
    let picture = |command: &str| {
        let (keys, payload) = command.split_once(':').unwrap();
        Shown { keys: keys.split(';').map(str::to_owned).collect(), pixels: png(payload) }
    };
    between(text, "\x1b]1337;File=", "\x07").map(picture).collect()
}

/// The pictures that came as sixels, drawn as a terminal does.
pub fn sixel_pictures(text: &str) -> Vec<Shown> {
    let picture = |command: &str| {
        let (_, data) = command.split_once('q').unwrap();
        let (raster, data) = data.strip_prefix('"').unwrap().split_at(data.find('#').unwrap() - 1);
        let sizes: Vec<u32> = raster.split(';').map(|number| number.parse().unwrap()).collect();
        let keys = vec![format!("raster={raster}")];
        Shown { keys, pixels: draw_sixels(data, sizes[2], sizes[3]) }
    };
    between(text, "\x1bP", STRING_END).map(picture).collect()
}

/// The picture that half blocks show in these lines.
pub fn block_picture<'a>(lines: impl IntoIterator<Item = &'a str>) -> RgbImage {
    let mut rows: Vec<Vec<Rgb<u8>>> = vec![];
    for line in lines {
        let cells: Vec<&str> = line.split('▀').filter(|cell| cell.contains("[38;2;")).collect();
        let row = |ground: &str| cells.iter().filter_map(|cell| colour_after(cell, ground)).collect::<Vec<_>>();
        rows.extend([row("[38;2;"), row("[48;2;")]);
    }
    rows.retain(|row| !row.is_empty());
    RgbImage::from_fn(rows[0].len() as u32, rows.len() as u32, |x, y| rows[y as usize][x as usize])
}

fn between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).map(move |rest| rest.split_once(end).unwrap().0)
}

fn png(payload: &str) -> RgbImage {
    image::load_from_memory(&STANDARD.decode(payload).unwrap()).unwrap().into_rgb8()
}

fn colour_after(cell: &str, start: &str) -> Option<Rgb<u8>> {
    let (_, rest) = cell.split_once(start)?;
    let numbers: Vec<u8> = rest.split_once('m')?.0.split(';').map(|number| number.parse().unwrap()).collect();
    Some(Rgb([numbers[0], numbers[1], numbers[2]]))
}

/// Understands colours in percent, repetitions, the start of a line and the next line.
fn draw_sixels(data: &str, width: u32, height: u32) -> RgbImage {
    let mut picture = RgbImage::new(width, height);
    let mut palette: HashMap<u32, Rgb<u8>> = HashMap::new();
    let (mut x, mut y, mut colour) = (0, 0, Rgb([0; 3]));
    let mut rest = data;
    while let Some(command) = rest.chars().next() {
        let end = rest[1..].find(|c: char| !c.is_ascii_digit() && c != ';').map_or(rest.len(), |at| at + 1);
        let numbers: Vec<u32> = rest[1..end].split(';').filter_map(|number| number.parse().ok()).collect();
        let (mut count, mut sixel) = (1, command);
        rest = &rest[end..];
        match command {
            '#' => {
                if let [_, 2, red, green, blue] = numbers[..] {
                    palette.insert(numbers[0], Rgb([red, green, blue].map(|percent| (percent * 255 / 100) as u8)));
                }
                colour = palette[&numbers[0]];
                continue;
            }
            '$' => x = 0,
            '-' => (x, y) = (0, y + 6),
            '!' => {
                (count, sixel) = (numbers[0], rest.chars().next().unwrap());
                rest = &rest[1..];
            }
            _ => {}
        }
        let Some(bits) = u32::from(sixel).checked_sub(63).filter(|bits| *bits < 64) else { continue };
        for x in x..x + count {
            (0..6).filter(|bit| bits >> bit & 1 == 1 && y + bit < height).for_each(|bit| {
                picture.put_pixel(x, y + bit, colour);
            });
        }
        x += count;
    }
    picture
}
