//! Filters: each field, alone, denied and joined, over photos that have it and photos that do not.

use foray_library::PhotoQuery;
use foray_protocol::{Change, Condition, Filter, ImageId, PhotoMetadata, TextField, TextTest};

use crate::stage::{Stage, commit, described, file_at, filtered, found, id, in_path_order, metadata};

crate::promises!(each_field_filters, odd_texts_filter_as_they_are);

/// Photo 0 has nothing; the others have what their number says.
fn photo(number: usize) -> PhotoMetadata {
    let mut photo = metadata();
    if number == 0 {
        return photo;
    }
    (photo.width, photo.height) = (1_000 * number as u32, 2_000);
    let description = &mut photo.description;
    description.camera = Some(["Canon EOS R5", "Nikon Z 6"][number % 2].to_owned());
    description.lens = Some(format!("EF {number}0mm"));
    description.place = Some("München, Germany".to_owned());
    description.caption = Some(format!("A \"quoted\" day\n{number} 100%"));
    description.rating = Some(number as i8);
    description.taken_at = Some(format!("2023-0{number}-15T10:00:00"));
    description.position = Some((48.0 + 0.1 * number as f64, 11.5));
    description.keywords = vec![format!("word{number}"), "Red".to_owned()];
    photo
}

fn each_field_filters(stage: &Stage) {
    let store = stage.open();
    commit(store.as_ref(), (0..5).map(|number| described(number, photo(number))).collect());
    commit(store.as_ref(), vec![Change::Linked { file: file_at("/photos/Home/copy.jpg"), image: id(4) }]);
    let cases: [(&str, &[usize]); 38] = [
        ("camera:canon", &[2, 4]),
        ("-camera:canon", &[0, 1, 3]),
        ("camera:nothing", &[]),
        ("lens:\"EF 10mm\"", &[1]),
        ("lens:mm", &[1, 2, 3, 4]),
        ("type:jpeg", &[0, 1, 2, 3, 4]),
        ("place:münchen", &[1, 2, 3, 4]),
        ("caption:quoted", &[1, 2, 3, 4]),
        ("caption:100%", &[1, 2, 3, 4]),
        ("tag:red", &[1, 2, 3, 4]),
        ("tag:re", &[]),
        ("tag:word3", &[3]),
        ("-tag:word3", &[0, 1, 2, 4]),
        ("w:>=3000", &[3, 4]),
        ("w:<1000", &[0]),
        ("mp:>4", &[3, 4]),
        ("rating:3..4", &[3, 4]),
        ("rating:<3", &[1, 2]),
        ("-rating:<3", &[0, 3, 4]),
        ("taken:2023", &[1, 2, 3, 4]),
        ("taken:2023-02", &[2]),
        ("taken:>2023-02", &[3, 4]),
        ("taken:<2000", &[]),
        ("indexed:<1d", &[0, 1, 2, 3, 4]),
        ("near:48.2,11.5,5km", &[2]),
        ("-near:48.2,11.5,5km", &[0, 1, 3, 4]),
        ("near:48.2,11.5,12km", &[1, 2, 3]),
        ("has:gps", &[1, 2, 3, 4]),
        ("-has:date", &[0]),
        ("has:camera", &[1, 2, 3, 4]),
        ("has:rating", &[1, 2, 3, 4]),
        ("has:tags", &[1, 2, 3, 4]),
        ("has:caption", &[1, 2, 3, 4]),
        ("has:copies", &[4]),
        ("orientation:portrait", &[1]),
        ("orientation:square", &[2]),
        ("in:Trips", &[0, 3]),
        ("in:/photos/Home", &[1, 4]),
    ];
    for (filter, expected) in cases {
        assert_eq!(sorted(filtered(store.as_ref(), filter)), numbers(expected), "{filter}");
    }
    let joined: [(&str, &[usize]); 6] = [
        ("camera:canon rating:>2", &[4]),
        ("in:/photos -in:Trips", &[1, 2, 4]),
        ("in:/photo", &[]),
        ("\"IMG_0003\"", &[3]),
        ("name:img_000", &[0, 1, 2, 3, 4]),
        ("name:copy", &[4]),
    ];
    for (filter, expected) in joined {
        assert_eq!(sorted(filtered(store.as_ref(), filter)), numbers(expected), "{filter}");
    }
    let any = Filter::Any(vec!["camera:nikon".parse().unwrap(), "rating:>=4".parse().unwrap()]);
    let neither = Filter::Not(Box::new(any.clone()));
    for (filter, expected) in [(any, &[1, 3, 4][..]), (neither, &[0, 2]), (Filter::Any(vec![]), &[])] {
        let query = PhotoQuery { filter: Some(&filter), limit: 100, ..PhotoQuery::default() };
        assert_eq!(sorted(found(store.as_ref(), &query)), numbers(expected), "{filter:?}");
    }
}

fn odd_texts_filter_as_they_are(stage: &Stage) {
    let store = stage.open();
    let texts = ["50%_off", "a\\b", "tab\there", "{brace}", "it's", "\u{1f344} mushroom", "ÄÖÜ", "line\nbreak"];
    let photo = |(number, text): (usize, &&str)| {
        let mut photo = metadata();
        photo.description.caption = Some((*text).to_owned());
        photo.description.keywords = vec![(*text).to_owned()];
        described(number, photo)
    };
    commit(store.as_ref(), texts.iter().enumerate().map(photo).collect());
    for (number, text) in texts.iter().enumerate() {
        let lower = text.to_lowercase();
        for condition in [
            Condition::Text(TextField::Caption, TextTest::Contains(lower.clone())),
            Condition::Text(TextField::Caption, TextTest::Equals(lower.clone())),
            Condition::Text(TextField::Caption, TextTest::StartsWith(lower.clone())),
            Condition::Tag(lower.clone()),
        ] {
            let filter = Filter::Is(condition);
            let query = PhotoQuery { filter: Some(&filter), ..PhotoQuery::default() };
            assert_eq!(found(store.as_ref(), &query), [id(number)], "{filter:?}");
        }
    }
    // Neither % nor _ stands for anything but itself.
    let wild = Filter::Is(Condition::Text(TextField::Caption, TextTest::Contains("5%_".to_owned())));
    assert!(found(store.as_ref(), &PhotoQuery { filter: Some(&wild), ..PhotoQuery::default() }).is_empty());
    assert_eq!(sorted(filtered(store.as_ref(), "in:50%_off")), numbers(&[2, 5]));
}

fn sorted(mut ids: Vec<ImageId>) -> Vec<ImageId> {
    ids.sort();
    ids
}

fn numbers(numbers: &[usize]) -> Vec<ImageId> {
    sorted(in_path_order(numbers.iter().copied()))
}
