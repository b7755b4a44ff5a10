//! Feeds text to the readers of boxes (COCO, Pascal VOC, YOLO's labels and YOLO's description) that `foray captions` converts; the
//! first byte tells which. What they read becomes a folder of classes that `foray eval` reads.
#![no_main]

use std::path::Path;

use foray_annotations::{Annotations, By, CutError, Format, Options, Plan, Wording, read};
use foray_evaluation::Dataset;
use foray_fuzz::put;
use libfuzzer_sys::fuzz_target;

const PICTURES: [&str; 3] = ["images/a.jpg", "images/b.png", "JPEGImages/c.jpg"];

fuzz_target!(|data: &[u8]| {
    let Some((&kind, text)) = data.split_first() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = folder.path().join("source");
    PICTURES.iter().for_each(|picture| put(&source, picture, b""));
    let format = match kind % 4 {
        0 => annotate(&source, "annotations/instances_val2017.json", text, Format::Coco),
        1 => annotate(&source, "Annotations/c.xml", text, Format::Voc),
        2 => {
            put(&source, "classes.txt", "cat\ndog\nt-shirt\n");
            annotate(&source, "labels/a.txt", text, Format::Yolo)
        }
        _ => {
            put(&source, "labels/a.txt", "0 0.5 0.5 0.5 0.25\n1 0.1 0.1 0.1 0.1\n");
            annotate(&source, "data.yaml", text, Format::Yolo)
        }
    };
    let Ok(annotations) = read(format, &source) else { return };
    check(&annotations);
    for (number, by) in [By::Caption, By::MainObject, By::Crop { margin: 0.5 }].into_iter().enumerate() {
        convert(annotations.clone(), by, &folder.path().join(number.to_string()));
    }
});

fn annotate(source: &Path, name: &str, text: &[u8], format: Format) -> Format {
    put(source, name, text);
    format
}

fn check(annotations: &Annotations) {
    for object in annotations.pictures.iter().flat_map(|picture| &picture.boxes) {
        let [left, top, right, bottom] = object.region.edges();
        assert!(0.0 <= left && left < right && right <= 1.0 && 0.0 <= top && top < bottom && bottom <= 1.0);
        assert!(!object.category.is_empty() && object.category.chars().all(|letter| !letter.is_control()));
        let pixels = object.region.in_picture(None, (640, 480), 1).expect("no other shape was told of");
        assert!(pixels.width > 0 && pixels.left + pixels.width <= 640);
        assert!(pixels.height > 0 && pixels.top + pixels.height <= 480);
    }
}

fn convert(annotations: Annotations, by: By, destination: &Path) {
    let options = Options {
        wording: Wording { areas: true, ..Wording::default() },
        by,
        min_area: 0.0,
        empty: Some("nothing".to_owned()),
    };
    let Ok(plan) = Plan::new(annotations, &options) else { return };
    let cut = |_: &Path, crops: &[foray_annotations::Crop]| -> Result<_, CutError> { Ok(vec![vec![0]; crops.len()]) };
    let written = plan.write(destination, cut, &|_| true).expect("what was planned is written");
    if written.classes.len() < 2 {
        return;
    }
    let dataset = Dataset::read(destination).expect("what was written is read");
    let captions: Vec<String> = written.classes.iter().map(|class| class.caption.clone()).collect();
    let folders: Vec<&str> = written.classes.iter().map(|class| class.folder.as_str()).collect();
    assert_eq!(
        (dataset.classes, dataset.captions),
        (folders.iter().map(ToString::to_string).collect(), Some(captions))
    );
}
