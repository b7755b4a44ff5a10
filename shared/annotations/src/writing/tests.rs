//! Plans carried out in throwaway folders.

use tempfile::TempDir;

use super::writer::CAPTIONS;
use super::*;
use crate::{AnnotatedPicture, Annotations, By, LeftOut, ObjectBox, Options, Wording};
use foray_protocol::{Split, has_extension};

/// A folder with pictures, each of one object.
fn dataset(pictures: &[(&str, &str)]) -> (TempDir, Annotations) {
    let folder = tempfile::tempdir().unwrap();
    let region = Region::clipped(0.25, 0.25, 0.75, 0.75).unwrap();
    let picture = |&(name, category): &(&str, &str)| {
        let path = folder.path().join(name);
        fs::write(&path, name).unwrap();
        let boxes = vec![ObjectBox { category: category.into(), region, is_crowd: false }];
        AnnotatedPicture { path, split: Split::Test, size: Some((8, 8)), boxes }
    };
    let pictures = pictures.iter().map(picture).collect();
    (folder, Annotations { pictures, left_out: LeftOut::default() })
}

fn plan(annotations: Annotations, by: By) -> Plan {
    let options = Options { wording: Wording::default(), by, min_area: 0.0, empty: None };
    Plan::new(annotations, &options).unwrap()
}

fn no_cut(path: &Path, _: &[Crop]) -> Result<Vec<Vec<u8>>, CutError> {
    Err(format!("{} is not to be cut", path.display()).into())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn pictures_are_linked_and_captions_stand_in_the_order_of_the_folders() {
    let (folder, annotations) = dataset(&[("1.jpg", "Zebra"), ("2.jpg", "ant"), ("3.jpg", "bee")]);
    let destination = folder.path().join("new/set");
    let written = plan(annotations, By::MainObject).write(&destination, no_cut, &|_| true).unwrap();
    assert_eq!((written.linked + written.copied, written.cut), (3, 0));
    assert_eq!(fs::read_to_string(destination.join(CAPTIONS)).unwrap(), "a Zebra\nan ant\na bee\n");
    assert_eq!(names(&destination.join("test")), ["Zebra", "ant", "bee"]);
    assert_eq!(fs::read_to_string(destination.join("test/ant/2.jpg")).unwrap(), "2.jpg");
    assert_eq!(fs::read_to_string(folder.path().join("2.jpg")).unwrap(), "2.jpg");
    assert_eq!(names(&folder.path().join("new")), ["set"], "nothing temporary is left");
}

#[test]
fn a_destination_with_something_in_it_is_left_alone() {
    let (folder, annotations) = dataset(&[("1.jpg", "ant")]);
    let plan = plan(annotations, By::Caption);
    for taken in [folder.path().to_owned(), folder.path().join("1.jpg")] {
        let refusal = plan.write(&taken, no_cut, &|_| true).unwrap_err().to_string();
        assert!(refusal.contains("there is something already; expected a folder that is empty"), "{refusal}");
    }
    assert_eq!(names(folder.path()), ["1.jpg"]);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    plan.write(&empty, no_cut, &|_| true).unwrap();
    assert_eq!(names(&empty), [CAPTIONS, "test"]);
}

#[test]
fn crops_that_fail_leave_no_class_and_are_told() {
    let (folder, annotations) = dataset(&[("1.jpg", "ant"), ("2.png", "bee"), ("3.jpg", "ant")]);
    let cut = |path: &Path, crops: &[Crop]| match has_extension(path, &["png"]) {
        true => Err("no picture".into()),
        false => Ok(crops.iter().map(|crop| format!("{:?}", crop.encoding).into_bytes()).collect()),
    };
    let plan = plan(annotations, By::Crop { margin: 0.0 });
    let destination = folder.path().join("set");
    let written = plan.write(&destination, cut, &|_| true).unwrap();
    assert_eq!((written.cut, written.classes.len(), written.failed.len()), (2, 1, 1));
    assert_eq!(
        (names(&destination.join("test")), written.failed[0].reason.as_str()),
        (vec!["ant".to_owned()], "no picture")
    );
    assert_eq!(fs::read_to_string(destination.join("test/ant/1-1.jpg")).unwrap(), "Jpeg");
    assert_eq!(fs::read_to_string(destination.join(CAPTIONS)).unwrap(), "an ant\n");
}

#[test]
fn a_break_leaves_nothing() {
    let (folder, annotations) = dataset(&[("1.jpg", "ant"), ("2.jpg", "bee")]);
    let destination = folder.path().join("set");
    let crops = plan(annotations.clone(), By::Crop { margin: 0.0 });
    let nothing_cut = crops.write(&destination, no_cut, &|_| true).unwrap_err().to_string();
    assert!(
        nothing_cut.contains("none of the 2 pictures could be cut") && nothing_cut.contains("1.jpg"),
        "{nothing_cut}"
    );
    let plan = plan(annotations, By::Caption);
    let stopped = plan.write(&destination, no_cut, &|_| false).unwrap_err().to_string();
    assert_eq!(stopped, "stopped; nothing was written");
    fs::remove_file(folder.path().join("1.jpg")).unwrap();
    let gone = plan.write(&destination, no_cut, &|_| true).unwrap_err().to_string();
    assert!(gone.contains("cannot copy") && gone.contains("1.jpg"), "{gone}");
    assert_eq!(names(folder.path()), ["2.jpg"]);
}
