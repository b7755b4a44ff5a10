//! What cameras and people note about photos: read, kept up to date, returned, and filtered by; and files that are one photo.

use std::fs;
use std::path::Path;

use foray_tests::{Sandbox, ServerProcess, test_data, write_raw};
use serde_json::{Value, json};

fn sidecar(rating: i8, keywords: &[&str], caption: &str) -> String {
    let words: String = keywords.iter().map(|word| format!("<rdf:li>{word}</rdf:li>")).collect();
    format!(
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
         <rdf:Description rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/' \
         xmp:Rating='{rating}'><dc:subject><rdf:Bag>{words}</rdf:Bag></dc:subject>\
         <dc:description><rdf:Alt><rdf:li xml:lang='x-default'>{caption}</rdf:li></rdf:Alt></dc:description>\
         </rdf:Description></rdf:RDF></x:xmpmeta>"
    )
}

fn found(sandbox: &Sandbox, filter: &str) -> Vec<String> {
    let names = |path: String| Path::new(&path).file_name().unwrap().to_string_lossy().into_owned();
    sandbox.run(["search", filter, "-n", "100", "--json"]).paths().into_iter().map(names).collect()
}

fn only(sandbox: &Sandbox, filter: &str) -> Value {
    let json = sandbox.run(["search", filter, "--json"]).json();
    assert_eq!(json["results"].as_array().unwrap().len(), 1, "{filter}: {json}");
    json["results"][0].clone()
}

/// The bundled photographs, and the first one's name.
fn samples() -> (Sandbox, String) {
    let sandbox = Sandbox::with_samples();
    let name = sandbox.photo_files()[0].file_name().unwrap().to_string_lossy().into_owned();
    (sandbox, name)
}

#[test]
fn a_sidecar_describes_its_photo_and_is_followed() {
    let (sandbox, name) = samples();
    let xmp = sandbox.photos().join(&name).with_extension("xmp");
    fs::write(&xmp, sidecar(4, &["Flowers", "family"], "Grandma&apos;s roses")).unwrap();
    sandbox.index();
    for filter in ["rating:>=4", "tag:flowers", "tag:family has:caption", "caption:roses", "has:rating"] {
        assert_eq!(found(&sandbox, filter), [name.as_str()], "{filter}");
    }
    let photo = only(&sandbox, "tag:flowers");
    assert_eq!((&photo["rating"], &photo["caption"]), (&json!(4), &json!("Grandma's roses")));
    assert_eq!(photo["keywords"], json!(["Flowers", "family"]));

    fs::write(&xmp, sidecar(2, &["garden"], "Roses")).unwrap();
    let summary = sandbox.index();
    assert_eq!((&summary["indexed"], &summary["failed"]), (&0.into(), &0.into()), "nothing is embedded anew");
    assert!(found(&sandbox, "tag:flowers").is_empty() && found(&sandbox, "rating:>=4").is_empty());
    assert_eq!(found(&sandbox, "tag:garden rating:2"), [name.as_str()]);

    fs::remove_file(&xmp).unwrap();
    sandbox.index();
    assert!(found(&sandbox, "has:rating").is_empty() && found(&sandbox, "tag:garden").is_empty());
    assert_eq!(sandbox.index()["unchanged"], sandbox.photo_files().len());
}

#[test]
fn a_sidecar_that_comes_while_folders_are_watched_is_taken_in() {
    let (sandbox, name) = samples();
    let server = ServerProcess::start(&sandbox, ["up".as_ref(), sandbox.photos().as_os_str()]);
    let count = sandbox.photo_files().len() as u64;
    foray_tests::wait_until("the photos are indexed", std::time::Duration::from_secs(60), || server.photos() == count);
    let tagged = || server.api("/search?q=tag:flowers")["results"].as_array().unwrap().len();
    assert_eq!(tagged(), 0);
    let xmp = sandbox.photos().join(format!("{name}.XMP"));
    fs::write(&xmp, sidecar(5, &["flowers"], "x")).unwrap();
    foray_tests::wait_until("the sidecar is read", std::time::Duration::from_secs(20), || tagged() == 1);
    fs::remove_file(&xmp).unwrap();
    foray_tests::wait_until("the sidecar is forgotten", std::time::Duration::from_secs(20), || tagged() == 0);
}

#[test]
fn a_broken_sidecar_costs_nothing_but_itself() {
    let (sandbox, name) = samples();
    let photos = sandbox.photo_files().len();
    fs::write(sandbox.photos().join(&name).with_extension("xmp"), "<x:xmpmeta><rdf:RDF>&bomb;").unwrap();
    let summary = sandbox.index();
    assert_eq!((&summary["indexed"], &summary["failed"]), (&photos.into(), &0.into()));
    assert!(found(&sandbox, "has:rating").is_empty());
}

#[test]
fn a_raw_file_and_the_jpeg_beside_it_are_one_photo() {
    let (sandbox, name) = samples();
    let jpeg = sandbox.photos().join(&name);
    let raw = jpeg.with_extension("CR2");
    let files = sandbox.photo_files();
    write_raw(&files[1], 1, &raw);
    let (summary, photos) = (sandbox.index(), files.len());
    assert_eq!((&summary["indexed"], &summary["copied"], &summary["failed"]), (&photos.into(), &1.into(), &0.into()));
    let pair = only(&sandbox, &format!("\"{}\"", raw.file_name().unwrap().to_string_lossy()));
    assert_eq!(pair["path"], jpeg.display().to_string());
    assert_eq!(pair["copies"], json!([raw.display().to_string()]));
    assert!(found(&sandbox, "has:copies").is_empty());
    let exact = sandbox.run(["duplicates", "--kind", "exact", "--json"]).json();
    assert_eq!(exact["groups"], json!([]), "a RAW file is no copy to be removed");
    assert_eq!(sandbox.index()["unchanged"], photos + 1);

    fs::remove_file(&jpeg).unwrap();
    let summary = sandbox.index();
    assert_eq!((&summary["indexed"], &summary["removed"]), (&1.into(), &1.into()), "{summary}");
    let alone = only(&sandbox, "type:raw");
    assert_eq!(alone["path"], raw.display().to_string());
}

#[test]
fn a_raw_file_is_shown_by_the_picture_in_it_as_it_lies() {
    let (sandbox, name) = samples();
    let jpeg = sandbox.photos().join(&name);
    let raws = Sandbox::new();
    let upright = image::image_dimensions(&jpeg).unwrap();
    for (extension, orientation) in [("nef", 1), ("ARW", 6), ("dng", 3)] {
        write_raw(&jpeg, orientation, &raws.photos().join(format!("a.{extension}")));
    }
    fs::write(raws.photos().join("empty.raf"), b"FUJIFILMCCD-RAW 0201FF389501").unwrap();
    let summary = raws.index();
    assert_eq!((&summary["indexed"], &summary["failed"]), (&3.into(), &1.into()), "{summary}");
    let size = |name: &str| {
        let photo = only(&raws, &format!("\"{name}\""));
        (photo["width"].as_u64().unwrap() as u32, photo["height"].as_u64().unwrap() as u32)
    };
    assert_eq!((size("a.nef"), size("a.dng")), (upright, upright));
    assert_eq!(size("a.ARW"), (upright.1, upright.0));
    assert_eq!(only(&raws, "\"a.nef\"")["camera"], "Foray Test Camera");
    let failures = raws.run(["status", "--failed"]).text();
    assert!(failures.contains("no JPEG preview"), "{failures}");
}

#[test]
fn videos_are_left_out_and_said_so_and_moving_parts_of_photos_are_not() {
    let (sandbox, name) = samples();
    fs::write(sandbox.photos().join(&name).with_extension("MOV"), b"moving").unwrap();
    let warnings = |summary: Value| summary["warnings"].to_string();
    assert_eq!(warnings(sandbox.index()), "[]");
    fs::write(sandbox.photos().join("holiday.mp4"), b"moving").unwrap();
    let said = warnings(sandbox.index());
    assert!(said.contains("1 video was left out") && said.contains("not supported"), "{said}");
}

#[test]
fn heic_and_avif_are_indexed_or_say_what_is_missing() {
    let Some(formats) = test_data("the test of HEIC and AVIF", "formats/immich") else { return };
    let sandbox = Sandbox::new();
    fs::copy(formats.join("heic/IMG_2682.heic"), sandbox.photos().join("a.HEIC")).unwrap();
    fs::copy(formats.join("avif/8bit-sRGB.avif"), sandbox.photos().join("b.avif")).unwrap();
    fs::write(sandbox.photos().join("a.MOV"), b"the moving part of a.HEIC").unwrap();
    let summary = sandbox.index();
    assert_eq!(summary["warnings"], json!([]));
    if summary["failed"] != 0 {
        let failures = sandbox.run(["status", "--failed"]).text();
        assert!(failures.contains("HEIC") && failures.contains("apt install libheif1"), "{failures}");
        return println!("skipped: indexing HEIC and AVIF needs libheif");
    }
    assert_eq!(
        (found(&sandbox, "type:heic"), found(&sandbox, "type:avif")),
        (vec!["a.HEIC".into()], vec!["b.avif".into()])
    );
    assert!(only(&sandbox, "type:heic")["camera"].as_str().unwrap().contains("iPhone"));
}

#[test]
fn photos_with_a_position_tell_their_place() {
    let Some(cameras) = test_data("the test of places", "photos/exif") else { return };
    let sandbox = Sandbox::new();
    sandbox.add_folder(&cameras);
    sandbox.index();
    let json = sandbox.run(["search", "has:gps", "-n", "100", "--json"]).json();
    let photos = json["results"].as_array().unwrap();
    assert!(!photos.is_empty());
    for photo in photos {
        let place = photo["place"].as_str().unwrap();
        let town = place.split(',').next().unwrap();
        assert!(!found(&sandbox, &format!("place:\"{town}\"")).is_empty(), "{place}");
    }
    let nikon = |filter: &str| found(&sandbox, filter).into_iter().filter(|name| name.starts_with("DSCN00")).count();
    assert_eq!(nikon("near:Arezzo,10km place:italy camera:nikon"), nikon("has:gps"));
    assert!(nikon("has:gps") > 3 && nikon("near:Berlin,500km") == 0);
    assert!(!found(&sandbox, "lens:ef").is_empty() || !found(&sandbox, "lens:mm").is_empty());
}
