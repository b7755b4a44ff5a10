//! The same pictures described in COCO, Pascal VOC and YOLO become the same classes.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use foray_annotations::{Annotations, By, Counts, Crop, CutError, Format, Options, Plan, Wording, read};
use tempfile::TempDir;

const FORMATS: [(Format, &str); 3] = [(Format::Coco, "coco"), (Format::Voc, "voc"), (Format::Yolo, "yolo")];

/// Where each format has the pictures of the two splits.
const PICTURES: [(&str, [&str; 2]); 3] = [
    ("coco", ["train2017", "val2017"]),
    ("voc", ["JPEGImages", "JPEGImages"]),
    ("yolo", ["images/train", "images/val"]),
];

/// The annotations with files for the pictures, which nothing opens.
fn datasets() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data"), folder.path());
    for (format, [train, valid]) in PICTURES {
        for (split, name) in [(train, "street"), (train, "table"), (valid, "park"), (valid, "sky")] {
            let path = folder.path().join(format).join(split).join(name).with_extension("jpg");
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            fs::create_dir_all(&to).unwrap();
            copy(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

fn read_all(folder: &TempDir) -> [Annotations; 3] {
    FORMATS.map(|(format, name)| read(format, &folder.path().join(name)).unwrap())
}

fn captions(annotations: &Annotations, wording: Wording) -> Vec<String> {
    annotations.pictures.iter().map(|picture| wording.caption(&picture.boxes)).collect()
}

fn options(by: By) -> Options {
    Options { wording: Wording::default(), by, min_area: 0.0, empty: None }
}

fn cut(_: &Path, crops: &[Crop]) -> Result<Vec<Vec<u8>>, CutError> {
    Ok(crops.iter().map(|_| b"a crop".to_vec()).collect())
}

/// All files below `folder` with their content, in the order of their paths.
fn contents(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.strip_prefix(folder).unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn boxes_are_the_same_in_all_formats() {
    let folder = datasets();
    let [coco, others @ ..] = read_all(&folder);
    assert_eq!(coco.pictures.iter().map(|picture| picture.boxes.len()).collect::<Vec<_>>(), [4, 5, 4, 0]);
    for other in others {
        assert_eq!(coco.left_out, other.left_out);
        for (picture, other) in coco.pictures.iter().zip(&other.pictures) {
            assert_eq!((picture.split, picture.path.file_name()), (other.split, other.path.file_name()));
            for (object, other) in picture.boxes.iter().zip(&other.boxes) {
                assert_eq!(object.category, other.category);
                let far = object.region.edges().into_iter().zip(other.region.edges()).map(|(a, b)| (a - b).abs());
                // YOLO has six decimals.
                assert!(far.fold(0.0, f64::max) < 2e-6, "{object:?} {other:?}");
            }
        }
    }
}

#[test]
fn captions_are_the_same_in_all_formats() {
    let folder = datasets();
    let expected = [
        (
            Wording::default(),
            [
                "two people, a bicycle and a traffic light",
                "two knives, a dining table, a sandwich and a wine glass",
                "three sheep and a person",
                "",
            ],
        ),
        (
            Wording { counts: Counts::Exact, areas: true },
            [
                "2 people, 1 bicycle and 1 small traffic light",
                "2 small knives, 1 large dining table, 1 sandwich and 1 wine glass",
                "2 sheep, 1 person and 1 small sheep",
                "",
            ],
        ),
        (
            Wording { counts: Counts::None, areas: false },
            [
                "bicycle, person and traffic light",
                "dining table, knife, sandwich and wine glass",
                "person and sheep",
                "",
            ],
        ),
    ];
    for annotations in read_all(&folder) {
        for (wording, expected) in expected {
            assert_eq!(captions(&annotations, wording), expected, "{wording:?}");
        }
    }
}

#[test]
fn the_same_folders_are_written_from_all_formats() {
    let folder = datasets();
    let empty = Options { empty: Some("nothing".to_owned()), ..options(By::Caption) };
    let all = [options(By::Caption), empty, options(By::MainObject), options(By::Crop { margin: 0.1 })];
    for (number, options) in all.iter().enumerate() {
        let written = FORMATS.map(|(format, name)| {
            let plan = Plan::new(read(format, &folder.path().join(name)).unwrap(), options).unwrap();
            let destination = folder.path().join(format!("{name}-{number}"));
            let written = plan.write(&destination, cut, &|_| true).unwrap();
            assert_eq!(written.classes, plan.classes);
            contents(&destination)
        });
        assert_eq!(written[0], written[1], "{options:?}");
        assert_eq!(written[0], written[2], "{options:?}");
    }
    let by_caption: Vec<_> = contents(&folder.path().join("coco-1"));
    let expected = [
        (
            "_tokenization.txt",
            "nothing\nthree sheep and a person\ntwo knives, a dining table, a sandwich and a wine glass\n\
                               two people, a bicycle and a traffic light\n",
        ),
        ("train/two-knives-a-dining-table-a-sandwich-and-a-wine-glass/table.jpg", "table"),
        ("train/two-people-a-bicycle-and-a-traffic-light/street.jpg", "street"),
        ("valid/nothing/sky.jpg", "sky"),
        ("valid/three-sheep-and-a-person/park.jpg", "park"),
    ];
    assert_eq!(by_caption, expected.map(|(path, text)| (PathBuf::from(path), text.to_owned())));
    let crops: Vec<_> = contents(&folder.path().join("coco-3")).into_iter().map(|(path, _)| path).collect();
    assert_eq!(crops.len(), 1 + 4 + 5 + 4);
    assert!(crops.contains(&"valid/sheep/park-3.jpg".into()), "{crops:?}");
}
