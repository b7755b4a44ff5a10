//! Whatever is in the pictures, it has the same captions in all formats, and hostile files never break the readers.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::fs;
use std::path::Path;

use foray_annotations::{Annotations, Counts, Format, Wording, read};
use proptest::prelude::*;
use serde_json::json;

const NAMES: [&str; 6] = ["dog", "traffic light", "person", "knife", "bus", "hot dog"];

/// A category, and left, top, width and height in pixels.
type Object = (usize, [u32; 4]);

fn objects((columns, rows): (u32, u32)) -> impl Strategy<Value = Vec<Object>> {
    let object = (0..NAMES.len(), 0..columns, 0..rows).prop_flat_map(move |(category, left, top)| {
        (Just(category), (Just(left), Just(top), 1..=columns - left, 1..=rows - top))
    });
    prop::collection::vec(object.prop_map(|(category, (x, y, w, h))| (category, [x, y, w, h])), 0..12)
}

fn picture() -> impl Strategy<Value = ((u32, u32), Vec<Object>)> {
    (1u32..5000, 1u32..5000).prop_flat_map(|size| (Just(size), objects(size)))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn read_as(format: Format, (file, text): (&str, &str), more: &[(&str, &str)]) -> Annotations {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("a.jpg"), "");
    write(&folder.path().join(file), text);
    more.iter().for_each(|(file, text)| write(&folder.path().join(file), text));
    read(format, folder.path()).unwrap()
}

fn as_coco((width, height): (u32, u32), objects: &[Object]) -> Annotations {
    let categories: Vec<_> = NAMES.iter().enumerate().map(|(id, name)| json!({ "id": id, "name": name })).collect();
    let instance = |(category, bbox): &Object| json!({ "image_id": 1, "category_id": category, "bbox": bbox });
    let instances: Vec<_> = objects.iter().map(instance).collect();
    let images = json!([{ "id": 1, "file_name": "a.jpg", "width": width, "height": height }]);
    let json = json!({ "images": images, "annotations": instances, "categories": categories }).to_string();
    read_as(Format::Coco, ("a.json", &json), &[])
}

fn as_voc((width, height): (u32, u32), objects: &[Object]) -> Annotations {
    let object = |&(category, [x, y, w, h]): &Object| {
        let (name, left, top, right, bottom) = (NAMES[category], x + 1, y + 1, x + w, y + h);
        let edges = format!("<xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax>");
        format!("<object><name>{name}</name><bndbox>{edges}</bndbox></object>")
    };
    let objects: String = objects.iter().map(object).collect();
    let size = format!("<size><width>{width}</width><height>{height}</height></size>");
    read_as(Format::Voc, ("a.xml", &format!("<annotation>{size}{objects}</annotation>")), &[])
}

fn as_yolo((width, height): (u32, u32), objects: &[Object]) -> Annotations {
    let line = |&(category, [x, y, w, h]): &Object| {
        let (columns, rows) = (f64::from(width), f64::from(height));
        let [x, y, w, h] = [x, y, w, h].map(f64::from);
        format!("{category} {} {} {} {}\n", (x + w / 2.0) / columns, (y + h / 2.0) / rows, w / columns, h / rows)
    };
    let lines: String = objects.iter().map(line).collect();
    read_as(Format::Yolo, ("classes.txt", &NAMES.join("\n")), &[("a.txt", &lines)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn captions_agree((size, objects) in picture()) {
        let all = [as_coco(size, &objects), as_voc(size, &objects), as_yolo(size, &objects)];
        for counts in [Counts::Exact, Counts::Words, Counts::None] {
            let wording = Wording { counts, areas: false };
            let captions = all.each_ref().map(|read| wording.caption(&read.pictures[0].boxes));
            prop_assert_eq!(&captions[0], &captions[1]);
            prop_assert_eq!(&captions[0], &captions[2]);
            prop_assert_eq!(captions[0].is_empty(), objects.is_empty());
        }
        let areas = all.each_ref().map(|read| read.pictures[0].boxes.iter().map(|object| object.region.area()).sum::<f64>());
        prop_assert!((areas[0] - areas[1]).abs() < 1e-9 && (areas[0] - areas[2]).abs() < 1e-9, "{areas:?}");
    }

    #[test]
    fn nothing_breaks_the_readers(text in "[ -~\\n]{0,200}|(\\PC|\\n){0,60}|([0-9.e-]{1,4}[ \\n]){0,40}") {
        let folder = tempfile::tempdir().unwrap();
        for file in ["c/a.json", "v/a.xml", "y/a.txt", "z/data.yaml"] {
            write(&folder.path().join(file), &text);
        }
        for file in ["c/a.jpg", "v/a.jpg", "y/a.jpg", "z/a.jpg"] {
            write(&folder.path().join(file), "");
        }
        write(&folder.path().join("y/classes.txt"), "dog");
        for (format, source) in [(Format::Coco, "c"), (Format::Voc, "v"), (Format::Yolo, "y"), (Format::Yolo, "z")] {
            if let Ok(read) = read(format, &folder.path().join(source)) {
                let boxes = read.pictures.iter().flat_map(|picture| &picture.boxes);
                prop_assert!(boxes.map(|object| object.region.area()).all(|area| area > 0.0 && area <= 1.0));
            }
        }
    }
}
