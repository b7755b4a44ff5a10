//! Pascal VOC files as they come, and as they should not.

use std::fs;

use super::*;

fn xml(name: &str, objects: &str) -> String {
    format!(
        "<annotation><filename>{name}</filename><size><width>200</width><height>100</height></size>{objects}</annotation>"
    )
}

fn object(name: &str, [left, top, right, bottom]: [&str; 4]) -> String {
    let edges = format!("<xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax>");
    format!("<object>\n<part><name>head</name><bndbox/></part><name>{name}</name><bndbox>{edges}</bndbox></object>\n")
}

fn dataset(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn read_one(text: &str) -> Result<Annotations, AnnotationError> {
    read(dataset(&[("a.xml", text), ("a.jpg", "")]).path())
}

#[test]
fn pixels_are_counted_from_1_and_parts_are_no_objects() {
    let objects = [
        object("dog", ["1", "51", "100", "100"]),
        object("pottedplant", ["101.0", "1", "400", "25"]),
        object("dog", ["9", "9", "5", "20"]),
    ];
    let read = read_one(&xml("a.jpg", &objects.concat())).unwrap();
    let boxes = &read.pictures[0].boxes;
    assert_eq!((&*boxes[0].category, boxes[0].region.edges()), ("dog", [0.0, 0.5, 0.5, 1.0]));
    assert_eq!((&*boxes[1].category, boxes[1].region.edges()), ("potted plant", [0.5, 0.0, 1.0, 0.25]));
    assert_eq!((boxes.len(), read.left_out.empty_boxes), (2, 1));
}

#[test]
fn a_picture_that_was_renamed_is_found_by_the_annotations_name() {
    for name in ["a.jpg", "was.jpg", "", "a", "A folder/x.png"] {
        assert_eq!(read_one(&xml(name, "")).unwrap().pictures.len(), 1, "{name}");
    }
    let refusal = read_one(&xml("../../a.jpg", "")).unwrap_err().to_string();
    assert!(refusal.contains("a.xml") && refusal.contains("not inside"), "{refusal}");
}

#[test]
fn files_that_would_take_minutes_are_refused_or_read_at_once() {
    let spaces: String = (0..20_000).map(|n| format!("<a xmlns:b{n}='{n}'>")).collect();
    let refusal = read_one(&xml("a.jpg", &format!("{spaces}{}", "</a>".repeat(20_000)))).unwrap_err().to_string();
    assert!(refusal.contains("a.xml: got more namespaces"), "{refusal}");
    let many = object("dog", ["1", "1", "9", "9"]).repeat(50_000);
    assert_eq!(read_one(&xml("a.jpg", &many)).unwrap().pictures[0].boxes.len(), 50_000);
}

#[test]
fn mistakes_are_named_with_their_line() {
    let refusal = |text: &str| read_one(text).unwrap_err().to_string();
    let edge = refusal(&xml("a.jpg", &("\n".to_owned() + &object("dog", ["1", "x", "2", "2"]))));
    assert!(edge.contains("a.xml: <ymin> of the <bndbox> in line 3 is \"x\"; expected a number"), "{edge}");
    assert!(refusal(&xml("a.jpg", &object("dog", ["1", "nan", "2", "2"]))).contains("expected a number"));
    assert!(refusal(&xml("a.jpg", "<object><name>dog</name></object>")).contains("line 1: got no <bndbox>"));
    assert!(refusal(&xml("a.jpg", "<object/>")).contains("0 characters"));
    assert!(refusal("<annotation/>").contains("got no <size>"));
    assert!(refusal("<html/>").contains("got the element <html>; expected <annotation>"));
    assert!(refusal("<annotation>").contains("a.xml"));
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><annotation>&b;</annotation>";
    assert!(refusal(bomb).contains("DTD"), "{}", refusal(bomb));
}

#[test]
fn splits_come_from_lists_or_from_folders() {
    let (a, b, c) = (xml("a.jpg", ""), xml("b.jpg", ""), xml("c.jpg", ""));
    let listed = dataset(&[
        ("VOC2012/Annotations/a.xml", &a),
        ("VOC2012/Annotations/b.xml", &b),
        ("VOC2012/Annotations/c.xml", &c),
        ("VOC2012/JPEGImages/a.jpg", ""),
        ("VOC2012/JPEGImages/b.jpg", ""),
        ("VOC2012/JPEGImages/c.jpg", ""),
        ("VOC2012/ImageSets/Main/train.txt", "a\n"),
        ("VOC2012/ImageSets/Main/val.txt", "b  1\n\n"),
    ]);
    for folder in [listed.path().to_owned(), listed.path().join("VOC2012")] {
        let read = read(&folder).unwrap();
        let splits: Vec<_> = read.pictures.iter().map(|picture| picture.split).collect();
        assert_eq!((splits, read.left_out.unlisted), (vec![Split::Train, Split::Valid], 1));
    }
    let folders = dataset(&[("train/a.xml", &a), ("train/a.jpg", ""), ("valid/b.xml", &b), ("valid/b.jpg", "")]);
    let read = read(folders.path()).unwrap();
    assert_eq!(read.pictures.iter().map(|picture| picture.split.name()).collect::<Vec<_>>(), ["train", "valid"]);
}

#[test]
fn folders_without_annotations_are_refused() {
    let folder = dataset(&[("a.jpg", "")]);
    for source in [folder.path().to_owned(), folder.path().join("a.jpg")] {
        let refusal = read(&source).unwrap_err().to_string();
        assert!(refusal.contains("no Pascal VOC annotations; expected a folder with Annotations/*.xml"), "{refusal}");
    }
}
