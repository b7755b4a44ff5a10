//! Decoding of real, odd and broken files: every one ends as a picture or as a sentence, and no panic gets out.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use foray_embedding::{DecodeLimits, Detail, Picture, decode};

/// The photographs beside the project; says so where they are absent.
fn test_data(test: &str, name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("FORAY_TEST_DATA").map_or_else(beside, PathBuf::from).join(name);
    if !folder.exists() {
        eprintln!("skipped: {test} needs {}", folder.display());
        return None;
    }
    Some(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn open(file: &Path) -> Result<Picture, String> {
    open_to(file, Detail::Full)
}

fn open_to(file: &Path, detail: Detail) -> Result<Picture, String> {
    decode(&fs::read(file).unwrap(), &DecodeLimits::default(), detail).map_err(|error| error.to_string())
}

#[test]
fn broken_and_odd_files_end_as_a_picture_or_a_sentence() {
    let Some(nasty) = test_data("broken_and_odd_files_end_as_a_picture_or_a_sentence", "nasty") else { return };
    let formats = nasty.with_file_name("formats");
    let (mut pictures, mut sentences) = (0, 0);
    for file in [files(&nasty), files(&formats)].concat() {
        match open(&file) {
            Ok(picture) => {
                assert_eq!((picture.pixels.width(), picture.pixels.height()), (picture.width, picture.height));
                pictures += 1;
            }
            Err(sentence) => {
                assert!(sentence.len() > 10, "{}: {sentence}", file.display());
                sentences += 1;
            }
        }
    }
    eprintln!("{pictures} pictures, {sentences} refused");
    assert!(pictures > 100 && sentences > 50, "{pictures} pictures, {sentences} refused");
}

#[test]
fn fewer_pixels_of_a_file_come_to_the_same_end_as_all_of_them() {
    let Some(nasty) = test_data("fewer_pixels_of_a_file_come_to_the_same_end_as_all_of_them", "nasty") else { return };
    let photos = nasty.with_file_name("photos");
    let mut reduced = 0;
    for file in [files(&nasty), files(&photos)].concat() {
        let (full, less) = (open(&file), open_to(&file, Detail::Sides { short: 24, long: 0 }));
        match (full, less) {
            (Ok(full), Ok(less)) => {
                assert_eq!((less.width, less.height), (full.width, full.height), "{}", file.display());
                let turned = |width: u32, height: u32| width.cmp(&height);
                let (small, large) = (less.pixels.dimensions(), full.pixels.dimensions());
                assert!(small.0 * 8 >= large.0 && small.1 * 8 >= large.1, "{}: {small:?}", file.display());
                assert!(
                    small.0 <= large.0 && small.0.abs_diff(small.1) < 2
                        || turned(small.0, small.1) == turned(large.0, large.1),
                    "{}: {small:?} {large:?}",
                    file.display()
                );
                reduced += usize::from(small.0 < large.0);
            }
            (full, less) => assert_eq!(full.err(), less.err(), "{}", file.display()),
        }
    }
    assert!(reduced > 20, "{reduced}");
}

#[test]
fn all_orientations_come_out_upright() {
    let Some(folder) = test_data("all_orientations_come_out_upright", "photos/orientation") else { return };
    for kind in ["Landscape", "Portrait"] {
        let mut turned: Vec<PathBuf> = files(&folder);
        turned.retain(|file| file.file_name().unwrap().to_str().unwrap().starts_with(kind));
        turned.sort();
        let upright = open(&turned[0]).unwrap();
        for file in &turned[1..] {
            let picture = open(file).unwrap();
            assert_eq!((picture.width, picture.height), (upright.width, upright.height), "{}", file.display());
            let difference =
                picture.pixels.iter().zip(upright.pixels.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>();
            let mean = difference / picture.pixels.len() as f64;
            assert!(mean < 12.0, "{}: mean difference {mean}", file.display());
        }
    }
}

/// Regression: an EXIF chunk that began with JPEG's prefix was not understood, and the picture stayed upside down.
#[test]
fn webp_files_with_a_prefixed_exif_chunk_come_out_upright() {
    let Some(folder) = test_data("webp_files_with_a_prefixed_exif_chunk_come_out_upright", "nasty/pillow") else {
        return;
    };
    let mut turned = files(&folder);
    turned.retain(|file| file.file_name().unwrap().to_str().unwrap().starts_with("hopper_orientation_"));
    let upright = open(turned.iter().find(|file| file.extension().unwrap() == "jpg").unwrap()).unwrap();
    for file in turned {
        let picture = open(&file).unwrap();
        let pairs = picture.pixels.iter().zip(upright.pixels.iter());
        let mean = pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / picture.pixels.len() as f64;
        assert!(mean < 12.0, "{}: mean difference {mean}", file.display());
    }
}

#[test]
fn jpeg_xl_files_are_read() {
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens");
    let (cat, original) = (open(&goldens.join("cat.jxl")).unwrap(), open(&goldens.join("cat.jpg")).unwrap());
    assert_eq!((cat.format, cat.width, cat.pixels.width()), ("jxl", 120, 120));
    let expected = image::imageops::thumbnail(&original.pixels, cat.width, cat.height);
    let differences = cat.pixels.iter().zip(expected.iter()).map(|(a, b)| f64::from(a.abs_diff(*b)));
    let mean = differences.sum::<f64>() / expected.len() as f64;
    assert!(mean < 6.0, "{mean}");
}

#[test]
fn a_jpeg_xl_file_that_ends_before_its_picture_is_a_sentence() {
    let whole = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/cat.jxl")).unwrap();
    for length in [2, 12, 40, 60] {
        let decoded = decode(&whole[..length], &DecodeLimits::default(), Detail::Full).map(|picture| picture.format);
        let refusal = decoded.unwrap_err().to_string();
        assert!(refusal.contains("JXL") || refusal.contains("not a picture"), "{length}: {refusal}");
    }
}

/// The mean brightness of the parts of a picture, three rows of four.
fn brightness(picture: &Picture) -> Vec<f64> {
    let grid = image::imageops::thumbnail(&picture.pixels, 4, 3);
    grid.pixels().map(|pixel| pixel.0.iter().map(|colour| f64::from(*colour)).sum::<f64>() / 3.0).collect()
}

/// The expected values are Pillow's; `goldens/make_heif.py` printed them.
#[test]
fn heic_and_avif_look_as_elsewhere_where_libheif_is() {
    let Some(formats) = test_data("heic_and_avif_look_as_elsewhere_where_libheif_is", "formats/immich") else { return };
    let goldens = [
        (
            "heic/IMG_2682.heic",
            (4032, 3024),
            [127.7, 124.3, 65.7, 100.0, 77.0, 84.3, 63.7, 46.7, 94.3, 73.7, 89.7, 65.0],
        ),
        (
            "avif/8bit-sRGB.avif",
            (1617, 1080),
            [60.3, 73.0, 102.3, 138.3, 56.7, 74.3, 82.3, 127.3, 52.0, 77.3, 97.0, 77.7],
        ),
        (
            "avif/10bit-HDR-P3-nclx.avif",
            (3681, 5594),
            [120.0, 120.0, 124.0, 124.7, 100.7, 104.0, 121.0, 127.0, 74.7, 69.0, 61.7, 63.0],
        ),
    ];
    for (name, size, expected) in goldens {
        let picture = match open(&formats.join(name)) {
            Ok(picture) => picture,
            Err(sentence) if sentence.contains("libheif1") => {
                return eprintln!("skipped: heic_and_avif_look_as_elsewhere_where_libheif_is needs libheif");
            }
            Err(sentence) => panic!("{name}: {sentence}"),
        };
        assert_eq!((picture.width, picture.height), size, "{name}");
        let differences = brightness(&picture).into_iter().zip(expected).map(|(got, expected)| (got - expected).abs());
        assert!(differences.fold(0.0, f64::max) < 2.0, "{name}: {:?}", brightness(&picture));
    }
}
