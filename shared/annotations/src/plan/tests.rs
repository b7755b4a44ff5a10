//! What becomes of pictures in a plan.

use super::*;

fn object(category: &str, area: f64) -> ObjectBox {
    ObjectBox { category: category.into(), region: Region::clipped(0.0, 0.0, area, 1.0).unwrap(), is_crowd: false }
}

fn picture(path: &str, split: Split, boxes: &[ObjectBox]) -> AnnotatedPicture {
    AnnotatedPicture { path: path.into(), split, size: None, boxes: boxes.to_vec() }
}

fn pictures() -> Annotations {
    let pictures = vec![
        picture("1/x.jpg", Split::Train, &[object("dog", 0.1), object("dog", 0.15), object("cat", 0.2)]),
        picture("2/x.JPEG", Split::Train, &[object("cat", 0.4), object("dog", 0.1), object("dog", 0.001)]),
        picture("3/y.webp", Split::Test, &[object("zebra", 0.1)]),
        picture("4/z.jpg", Split::Test, &[]),
    ];
    Annotations { pictures, left_out: LeftOut::default() }
}

fn options(by: By) -> Options {
    Options { wording: Wording::default(), by, min_area: 0.0, empty: None }
}

fn plan(options: &Options) -> Plan {
    Plan::new(pictures(), options).unwrap()
}

fn files(plan: &Plan) -> Vec<String> {
    let path = |file: &PlannedFile| format!("{}/{}/{}", file.split.name(), plan.classes[file.class].folder, file.name);
    plan.pictures.iter().flat_map(|picture| picture.files.iter().map(path)).collect()
}

#[test]
fn each_caption_is_a_class() {
    let plan = plan(&options(By::Caption));
    assert_eq!(
        files(&plan),
        ["train/two-dogs-and-a-cat/x.jpg", "train/two-dogs-and-a-cat/x-2.jpg", "test/a-zebra/y.webp"]
    );
    let classes: Vec<_> = plan.classes.iter().map(|class| (class.caption.as_str(), class.pictures)).collect();
    assert_eq!(classes, [("a zebra", 1), ("two dogs and a cat", 2)]);
    assert_eq!(plan.left_out.without_boxes, 1);
}

#[test]
fn small_boxes_are_left_out_and_empty_pictures_kept_where_asked_for() {
    let options = Options { min_area: 0.15, empty: Some(" no animal ".into()), ..options(By::Caption) };
    let plan = plan(&options);
    let captions: Vec<_> = plan.classes.iter().map(|class| class.caption.as_str()).collect();
    assert_eq!(captions, ["a cat", "a cat and a dog", "no animal"]);
    assert_eq!((plan.left_out.small_boxes, plan.left_out.without_boxes), (4, 0));
    assert_eq!(plan.classes[2].pictures, 2);
}

#[test]
fn the_main_object_takes_most_of_the_picture() {
    let plan = plan(&options(By::MainObject));
    assert_eq!(files(&plan), ["train/dog/x.jpg", "train/cat/x.jpg", "test/zebra/y.webp"]);
    assert_eq!(plan.classes[0], Class { folder: "cat".into(), caption: "a cat".into(), pictures: 1 });
    let (cat, dog) = (object("cat", 0.1), object("dog", 0.1));
    assert_eq!(main_category(&[&dog, &cat]), Some("cat"));
}

#[test]
fn crops_are_files_of_their_own_and_crowds_are_not_cut() {
    let mut annotations = pictures();
    annotations.pictures[0].boxes[1].is_crowd = true;
    let plan = Plan::new(annotations, &options(By::Crop { margin: 0.0 })).unwrap();
    assert_eq!(
        files(&plan),
        [
            "train/dog/x-1.jpg",
            "train/cat/x-2.jpg",
            "train/cat/x-1.jpg",
            "train/dog/x-2.jpg",
            "train/dog/x-3.jpg",
            "test/zebra/y-1.png"
        ]
    );
    assert_eq!(plan.left_out.crowds, 1);
}

#[test]
fn crops_have_the_margin_that_is_asked_for() {
    let region = Region::clipped(0.25, 0.5, 0.5, 0.75).unwrap();
    let object = ObjectBox { category: "dog".into(), region, is_crowd: false };
    let pictures = vec![picture("x.jpg", Split::Test, &[object])];
    let annotations = Annotations { pictures, left_out: LeftOut::default() };
    let plan = Plan::new(annotations, &options(By::Crop { margin: 0.5 })).unwrap();
    assert_eq!(plan.pictures[0].files[0].region.unwrap().edges(), [0.125, 0.375, 0.625, 0.875]);
}

#[test]
fn classes_differ_in_more_than_letter_case_and_folders_in_any_case() {
    let pictures = ["dog", "Dog", "hot dog", "hot-dog"].map(|name| picture("x.jpg", Split::Test, &[object(name, 0.1)]));
    let annotations = Annotations { pictures: pictures.to_vec(), left_out: LeftOut::default() };
    let plan = Plan::new(annotations, &options(By::MainObject)).unwrap();
    let folders: Vec<_> = plan.classes.iter().map(|class| (class.folder.as_str(), class.caption.as_str())).collect();
    assert_eq!(folders, [("dog", "a dog"), ("hot-dog", "a hot dog"), ("hot-dog-2", "a hot-dog")]);
}

#[test]
fn nothing_left_and_options_out_of_range_are_refused() {
    let refusal = |options: &Options| Plan::new(pictures(), options).unwrap_err().to_string();
    let none = refusal(&Options { min_area: 0.9, ..options(By::Caption) });
    assert!(none.contains("got 4 without a box that counts") && none.contains("--min-area"), "{none}");
    assert!(refusal(&Options { min_area: f64::NAN, ..options(By::Caption) }).contains("--min-area is NaN; expected"));
    assert!(refusal(&options(By::Crop { margin: -1.0 })).contains("--margin is -1"));
    assert!(refusal(&Options { empty: Some(" ".into()), ..options(By::Caption) }).contains("--empty"));
}
