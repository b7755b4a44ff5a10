//! Datasets of boxes become datasets of classes with captions, which `foray eval` measures.

use std::fs;
use std::path::{Path, PathBuf};

use foray_tests::{Run, Sandbox};
use serde_json::{Value, json};

/// A bundled photo's name, the split that it shall be in, its width and height, and what is in it in pixels.
type Annotated = (&'static str, &'static str, (u32, u32), &'static [(&'static str, [u32; 4])]);

const PHOTOS: [Annotated; 5] = [
    ("cat.jpg", "train", (451, 300), &[("cat", [50, 0, 360, 300])]),
    ("sheep.jpg", "valid", (1024, 498), &[("sheep", [100, 150, 200, 200]), ("sheep", [500, 150, 200, 200])]),
    ("astronaut.jpg", "valid", (512, 512), &[("person", [50, 0, 400, 512])]),
    ("coffee.jpg", "valid", (600, 400), &[("cup", [150, 50, 300, 250]), ("spoon", [420, 200, 100, 40])]),
    ("galaxies.jpg", "valid", (1000, 872), &[]),
];

const NAMES: [&str; 5] = ["cat", "sheep", "person", "cup", "spoon"];

const CAPTIONS: [&str; 4] = ["a cat", "a cup and a spoon", "a person", "two sheep"];

/// A folder of the sandbox with the photos of each split in a folder of its own.
fn with_photos(sandbox: &Sandbox, set: &str, folder_of: impl Fn(&str) -> String) -> PathBuf {
    let set = sandbox.path().join(set);
    for (name, split, ..) in PHOTOS {
        let folder = set.join(folder_of(split));
        fs::create_dir_all(&folder).unwrap();
        fs::copy(sandbox.photos().join(name), folder.join(name)).unwrap();
    }
    set
}

fn coco_of(split: &str) -> Value {
    let photos: Vec<_> = (0..).zip(PHOTOS).filter(|(_, photo)| photo.1 == split).collect();
    let image = |(id, (name, _, (width, height), _)): &(u32, Annotated)| json!({ "id": id, "file_name": name, "width": width, "height": height });
    let images: Vec<_> = photos.iter().map(image).collect();
    let boxes = photos.iter().flat_map(|(id, photo)| photo.3.iter().map(move |one| (id, one)));
    let instance = |(id, (name, bbox)): (&u32, &(&str, [u32; 4]))| {
        let category = NAMES.iter().position(|other| other == name).unwrap() + 1;
        json!({ "image_id": id, "category_id": category, "bbox": bbox, "iscrowd": 0 })
    };
    let instances: Vec<_> = boxes.map(instance).collect();
    let categories: Vec<_> = (1..).zip(NAMES).map(|(id, name): (u32, _)| json!({ "id": id, "name": name })).collect();
    json!({ "images": images, "annotations": instances, "categories": categories })
}

/// As Roboflow exports it.
fn coco(sandbox: &Sandbox) -> PathBuf {
    let set = with_photos(sandbox, "coco", str::to_owned);
    for split in ["train", "valid"] {
        fs::write(set.join(split).join("_annotations.coco.json"), coco_of(split).to_string()).unwrap();
    }
    set
}

/// As Ultralytics has it.
fn yolo(sandbox: &Sandbox) -> PathBuf {
    let set = with_photos(sandbox, "yolo", |split| format!("images/{split}"));
    let yaml = format!("train: images/train\nval: images/valid\nnames: [{}]\n", NAMES.join(", "));
    fs::write(set.join("data.yaml"), yaml).unwrap();
    for (name, split, (width, height), boxes) in PHOTOS {
        let line = |(name, [x, y, w, h]): &(&str, [u32; 4])| {
            let class = NAMES.iter().position(|other| other == name).unwrap();
            let [x, y, w, h] = [*x, *y, *w, *h].map(f64::from);
            let (columns, rows) = (f64::from(width), f64::from(height));
            let middle = ((x + w / 2.0) / columns, (y + h / 2.0) / rows);
            format!("{class} {:.6} {:.6} {:.6} {:.6}\n", middle.0, middle.1, w / columns, h / rows)
        };
        let labels = set.join("labels").join(split);
        fs::create_dir_all(&labels).unwrap();
        fs::write(labels.join(name).with_extension("txt"), boxes.iter().map(line).collect::<String>()).unwrap();
    }
    set
}

fn captions(sandbox: &Sandbox, format: &str, set: &Path, options: &[&str]) -> Run {
    sandbox.run([&["captions", format, set.to_str().unwrap(), "made"], options].concat())
}

fn made(sandbox: &Sandbox) -> PathBuf {
    sandbox.path().join("made")
}

/// The files below `folder`, in the order of their paths.
fn files(folder: &Path) -> Vec<String> {
    let mut found = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path.strip_prefix(folder).unwrap().display().to_string()),
            }
        }
    }
    found.sort();
    found
}

fn caption_lines(folder: &Path) -> Vec<String> {
    fs::read_to_string(folder.join("_tokenization.txt")).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn coco_and_yolo_become_the_same_classes_with_captions_in_the_order_of_the_folders() {
    let sandbox = Sandbox::with_samples();
    let expected = [
        "_tokenization.txt",
        "train/a-cat/cat.jpg",
        "valid/a-cup-and-a-spoon/coffee.jpg",
        "valid/a-person/astronaut.jpg",
        "valid/two-sheep/sheep.jpg",
    ];
    for (format, set) in [("coco", coco(&sandbox)), ("yolo", yolo(&sandbox))] {
        let before = files(&set);
        let report = captions(&sandbox, format, &set, &["--json"]).json();
        assert_eq!(files(&made(&sandbox)), expected, "{format}");
        assert_eq!(caption_lines(&made(&sandbox)), CAPTIONS, "{format}");
        assert_eq!(files(&set), before, "{format}");
        let photo = fs::read(made(&sandbox).join("valid/two-sheep/sheep.jpg")).unwrap();
        assert_eq!(photo, fs::read(sandbox.photos().join("sheep.jpg")).unwrap());
        let told: Vec<_> =
            report["classes"].as_array().unwrap().iter().map(|class| class["caption"].as_str().unwrap()).collect();
        assert_eq!((told, &report["left_out"]["without_boxes"]), (CAPTIONS.to_vec(), &json!(1)), "{report}");
        assert_eq!(report["linked"].as_u64().unwrap() + report["copied"].as_u64().unwrap(), 4, "{report}");
        fs::remove_dir_all(made(&sandbox)).unwrap();
    }
}

#[test]
fn what_was_made_is_measured() {
    let sandbox = Sandbox::with_samples();
    let set = coco(&sandbox);
    let run = captions(&sandbox, "coco", &set, &["--counts", "exact", "--empty", "stars and galaxies"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.text().contains("1\t2 sheep\n") && run.err.contains("foray eval"), "{run:?}");
    assert_eq!(
        caption_lines(&made(&sandbox)),
        ["1 cat", "1 cup and 1 spoon", "1 person", "2 sheep", "stars and galaxies"]
    );
    // How well the model does on four photos says nothing of the captions: that they are found is what counts.
    let measured = sandbox.run(["eval", "made", "--split", "valid", "--json"]).json();
    assert_eq!((&measured["images"], measured["classes"].as_array().unwrap().len()), (&json!(4), 5), "{measured}");
    assert_eq!(measured["contenders"][0]["name"], json!("_tokenization.txt"), "{measured}");
}

#[test]
fn every_box_becomes_a_photo_of_its_own() {
    let sandbox = Sandbox::with_samples();
    let set = yolo(&sandbox);
    let report = captions(&sandbox, "yolo", &set, &["--crops", "--margin", "0.1", "--json"]).json();
    assert_eq!((&report["cut"], &report["linked"], &report["failed"]), (&json!(6), &json!(0), &json!([])), "{report}");
    let expected = [
        "_tokenization.txt",
        "train/cat/cat-1.jpg",
        "valid/cup/coffee-1.jpg",
        "valid/person/astronaut-1.jpg",
        "valid/sheep/sheep-1.jpg",
        "valid/sheep/sheep-2.jpg",
        "valid/spoon/coffee-2.jpg",
    ];
    assert_eq!(files(&made(&sandbox)), expected);
    assert_eq!(caption_lines(&made(&sandbox)), ["a cat", "a cup", "a person", "a sheep", "a spoon"]);
    let size = |name: &str| image::image_dimensions(made(&sandbox).join(name)).unwrap();
    assert_eq!(size("valid/sheep/sheep-2.jpg"), (240, 240), "200 x 200 pixels and the margin");
    assert_eq!(size("valid/person/astronaut-1.jpg"), (480, 512), "the margin ends with the photo");
}

#[test]
fn photos_that_cannot_be_cut_are_left_out_by_name() {
    let sandbox = Sandbox::with_samples();
    let set = yolo(&sandbox);
    fs::write(set.join("images/valid/coffee.jpg"), "no picture").unwrap();
    let run = captions(&sandbox, "yolo", &set, &["--crops"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.err.contains("1 photos could not be cut") && run.err.contains("coffee.jpg"), "{}", run.err);
    assert_eq!(caption_lines(&made(&sandbox)), ["a cat", "a person", "a sheep"]);
}

#[test]
fn the_main_object_makes_the_class_and_small_boxes_are_left_out() {
    let sandbox = Sandbox::with_samples();
    let set = coco(&sandbox);
    let options = ["--by", "main-object", "--min-area", "0.05", "--json"];
    let report = captions(&sandbox, "coco", &set, &options).json();
    assert_eq!(report["left_out"]["small_boxes"], json!(1), "{report}");
    assert_eq!(caption_lines(&made(&sandbox)), ["a cat", "a cup", "a person", "a sheep"]);
}

#[test]
fn a_dry_run_and_a_taken_destination_write_nothing() {
    let sandbox = Sandbox::with_samples();
    let set = coco(&sandbox);
    let run = captions(&sandbox, "coco", &set, &["--dry-run", "--areas"]);
    assert!(run.text().contains("1\ta large cat\n") && !made(&sandbox).exists(), "{run:?}");
    fs::create_dir(made(&sandbox)).unwrap();
    fs::write(made(&sandbox).join("mine.txt"), "").unwrap();
    captions(&sandbox, "coco", &set, &[]).fails_saying(&["made", "there is something already", "empty"]);
    assert_eq!(files(&made(&sandbox)), ["mine.txt"]);
}

#[test]
fn mistakes_in_annotations_are_named_and_leave_nothing() {
    let sandbox = Sandbox::with_samples();
    let (coco, yolo) = (coco(&sandbox), yolo(&sandbox));
    captions(&sandbox, "voc", &coco, &[]).fails_saying(&["no Pascal VOC annotations", "Annotations/*.xml"]);
    captions(&sandbox, "coco", &sandbox.path().join("none"), &[]).fails_saying(&["none"]);
    captions(&sandbox, "coco", &coco, &["--min-area", "2"]).fails_saying(&["--min-area is 2", "0 to 1"]);
    captions(&sandbox, "coco", &coco, &["--min-area", "1"]).fails_saying(&["no picture is left", "--min-area"]);
    fs::write(yolo.join("labels/valid/sheep.txt"), "1 0.5 0.5 0.2 0.2\n9 0.5 0.5 0.2 0.2\n").unwrap();
    captions(&sandbox, "yolo", &yolo, &[]).fails_saying(&["sheep.txt", "line 2", "category 9", "4 (spoon)"]);
    fs::write(yolo.join("data.yaml"), "train: /etc\nnames: [cat]\n").unwrap();
    captions(&sandbox, "yolo", &yolo, &[]).fails_saying(&["data.yaml", "/etc", "not inside"]);
    fs::write(sandbox.path().join("secret.jpg"), "").unwrap();
    let json = coco_of("train").to_string().replace("cat.jpg", "../../secret.jpg");
    fs::write(coco.join("train/_annotations.coco.json"), json).unwrap();
    captions(&sandbox, "coco", &coco, &[]).fails_saying(&["_annotations.coco.json", "../../secret.jpg", "not inside"]);
    fs::write(coco.join("train/_annotations.coco.json"), "{").unwrap();
    captions(&sandbox, "coco", &coco, &[]).fails_saying(&["_annotations.coco.json", "line 1"]);
    assert!(!made(&sandbox).exists());
    let left: Vec<_> = fs::read_dir(sandbox.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".foray")), "{left:?}");
}

#[test]
fn options_that_exclude_each_other_are_wrong_usage() {
    let sandbox = Sandbox::new();
    let empty = sandbox.photos();
    for options in
        [&["--crops", "--areas"][..], &["--margin", "0.1"], &["--counts", "many"], &["--crops", "--by", "caption"]]
    {
        assert_eq!(captions(&sandbox, "coco", &empty, options).code, Some(2), "{options:?}");
    }
    assert_eq!(captions(&sandbox, "png", &empty, &[]).code, Some(2));
}
