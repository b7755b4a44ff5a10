//! COCO files as they come, and as they should not.

use std::fs;

use super::*;

const CATEGORIES: &str = r#""categories": [{"id": 1, "name": "cat"}, {"id": "x", "name": "hot_dog"}]"#;

fn read_json(json: &str) -> Result<Annotations, AnnotationError> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.jpg"), "").unwrap();
    fs::write(folder.path().join("x.json"), json).unwrap();
    read(folder.path())
}

fn read_boxes(boxes: &str) -> Result<Annotations, AnnotationError> {
    let image = r#"{"id": 7, "file_name": "a.jpg", "width": 200, "height": 100}"#;
    read_json(&format!(r#"{{"images": [{image}], "annotations": [{boxes}], {CATEGORIES}}}"#))
}

fn refusal(boxes: &str) -> String {
    read_boxes(boxes).unwrap_err().to_string()
}

#[test]
fn boxes_are_clipped_and_empty_ones_counted() {
    let read = read_boxes(
        r#"{"id": 1, "image_id": 7, "category_id": 1, "bbox": [100, 50, 300, 25.0], "segmentation": [[1, 2]]},
           {"image_id": 7, "category_id": "x", "bbox": [0, 0, 200, 100], "iscrowd": 1},
           {"image_id": 7, "category_id": 1, "bbox": [10, 10, 0, 5]},
           {"image_id": 7, "category_id": 1, "bbox": [10, 10, -5, 5]},
           {"image_id": 7, "category_id": 1, "bbox": [200, 0, 5, 5]},
           {"image_id": 7, "category_id": 1, "bbox": []}"#,
    )
    .unwrap();
    let [picture] = read.pictures.as_slice() else { panic!("{read:?}") };
    assert_eq!((picture.size, picture.split), (Some((200, 100)), Split::Test));
    assert_eq!(picture.boxes[0].region.edges(), [0.5, 0.5, 1.0, 0.75]);
    assert_eq!((&*picture.boxes[1].category, picture.boxes[1].is_crowd), ("hot dog", true));
    assert_eq!((picture.boxes.len(), read.left_out.empty_boxes), (2, 4));
}

#[test]
fn what_is_not_listed_is_named_with_what_is() {
    let unknown = refusal(r#"{"id": 5, "image_id": 7, "category_id": 3, "bbox": [0, 0, 1, 1]}"#);
    assert!(
        unknown.contains("x.json: annotation 5 has the category 3; expected one of 1 (cat), \"x\" (hot dog)"),
        "{unknown}"
    );
    let image = refusal(r#"{"id": 5, "image_id": 8, "category_id": 1, "bbox": [0, 0, 1, 1]}"#);
    assert!(image.contains("annotation 5 is of the image 8; expected one of the 1 listed"), "{image}");
    let short = refusal(r#"{"image_id": 7, "category_id": 1, "bbox": [0, 0, 1]}"#);
    assert!(short.contains("an annotation of the image 7 has a bbox of 3 numbers; expected 4"), "{short}");
}

#[test]
fn broken_files_say_where() {
    let refusal = |json: &str| read_json(json).unwrap_err().to_string();
    assert!(refusal("{").contains("x.json") && refusal("{").contains("line 1"));
    assert!(refusal(r#"{"images": [{"id": 1}]}"#).contains("missing field `file_name`"));
    assert!(
        refusal(r#"{"images": [{"id": 1, "file_name": "a.jpg", "width": 0, "height": 1}]}"#).contains("0 x 1 pixels")
    );
    let two = r#"{"id": 1, "file_name": "a.jpg", "width": 1, "height": 1}"#;
    assert!(refusal(&format!(r#"{{"images": [{two}, {two}]}}"#)).contains("two images with the id 1"));
    assert!(
        refusal(r#"{"images": [], "categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}"#)
            .contains("a and b")
    );
    let nan = r#"{"image_id": 7, "category_id": 1, "bbox": [NaN, 0, 1, 1]}"#;
    assert!(read_boxes(nan).unwrap_err().to_string().contains("x.json"));
}

#[test]
fn images_out_of_the_dataset_and_missing_ones_are_told_apart() {
    let of = |name: &str| {
        read_json(&format!(r#"{{"images": [{{"id": 1, "file_name": "{name}", "width": 1, "height": 1}}]}}"#))
    };
    let refusal = of("../../etc/x.jpg").unwrap_err().to_string();
    assert!(refusal.contains("x.json") && refusal.contains("\"../../etc/x.jpg\", which is not inside"), "{refusal}");
    let refusal = of("b.jpg").unwrap_err().to_string();
    assert!(refusal.contains("none of the 1 annotated pictures is there, such as \"b.jpg\""), "{refusal}");
}

#[test]
fn all_layouts_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let json = r#"{"images": [{"id": 1, "file_name": "a.jpg", "width": 1, "height": 1}]}"#;
    for (file, image, split) in [
        ("1/annotations/instances_train2017.json", "1/train2017/a.jpg", Split::Train),
        ("2/annotations/instances_val.json", "2/images/val/a.jpg", Split::Valid),
        ("3/valid/_annotations.coco.json", "3/valid/a.jpg", Split::Valid),
        ("4/annotations/all.json", "4/images/a.jpg", Split::Test),
    ] {
        for path in [file, image] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, json).unwrap();
        }
        let set = folder.path().join(&file[..1]);
        let by_folder = read(&set).unwrap();
        assert_eq!(by_folder.pictures[0].split, split, "{file}");
        assert_eq!(read(&folder.path().join(file)).unwrap(), by_folder, "{file}");
    }
    let refusal = read(&folder.path().join("1/train2017")).unwrap_err().to_string();
    assert!(refusal.contains("no COCO annotations; expected a file such as"), "{refusal}");
    assert!(read(&folder.path().join("none")).unwrap_err().to_string().contains("none"));
}
