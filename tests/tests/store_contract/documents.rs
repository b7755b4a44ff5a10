//! Saved searches, classifiers, evaluations and tags.

use foray_protocol::{
    Change, Classifier, HandTagging, LinearLayer, SavedSearch, SearchName, SearchRequest, TagRule, UnitVector,
};

use crate::stage::{DIMENSION, Stage, add, added, commit, direction, filtered, id, path, space, vector};

crate::promises!(
    searches_are_saved_and_forgotten,
    large_classifiers_come_back_whole,
    rules_tag_what_is_there_and_what_comes,
    tags_by_hand_stay,
);

fn name(text: &str) -> SearchName {
    text.parse().unwrap()
}

fn searches_are_saved_and_forgotten(stage: &Stage) {
    let store = stage.open();
    let saved = |text: &str, query: &str| SavedSearch {
        name: name(text),
        search: SearchRequest { query: query.to_owned(), ..SearchRequest::default() },
    };
    for (text, query) in [("Zoo", "an elephant"), ("Ähren Feld", "wheat"), ("Zoo", "a giraffe")] {
        store.save_search(&saved(text, query)).unwrap();
    }
    drop(store);
    let store = stage.open();
    let all = store.saved_searches().unwrap();
    let all: Vec<_> = all.iter().map(|saved| (saved.name.to_string(), saved.search.query.as_str())).collect();
    assert_eq!(all, [("Zoo".to_owned(), "a giraffe"), ("Ähren Feld".to_owned(), "wheat")]);
    assert_eq!(store.saved_search(&name("Zoo")).unwrap().query, "a giraffe");
    store.forget_search(&name("Zoo")).unwrap();
    assert!(store.forget_search(&name("Zoo")).is_err());
    assert!(store.saved_search(&name("Zoo")).unwrap_err().to_string().contains("Zoo"));
    assert_eq!(store.saved_searches().unwrap().len(), 1);
}

fn classifier(text: &str, classes: usize, dimension: usize) -> Classifier {
    let vectors: Vec<UnitVector> = (0..classes).map(|class| direction(class, dimension)).collect();
    let layer = LinearLayer::zero_shot(space(), &vectors, 20.0);
    let classes = (0..classes).map(|class| format!("class {class}")).collect();
    Classifier { name: name(text), classes, prompts: vec![], layer, floors: vec![] }
}

fn large_classifiers_come_back_whole(stage: &Stage) {
    let store = stage.open();
    // More than a text of Milvus holds, and then less.
    let (large, small) = (classifier("birds", 200, 256), classifier("birds", 2, 4));
    store.keep_classifier(&large).unwrap();
    assert_eq!(store.classifier(&name("birds")).unwrap(), large);
    store.keep_classifier(&large).unwrap();
    store.keep_classifier(&small).unwrap();
    assert_eq!(store.classifiers().unwrap(), [small]);
    store.forget_classifier(&name("birds")).unwrap();
    assert!(store.classifier(&name("birds")).is_err());
}

fn rules_tag_what_is_there_and_what_comes(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..4);
    // Its classes are the photos' own directions: each photo is surely of its class.
    let rule = TagRule { classifier: classifier("kinds", 8, DIMENSION), only: vec![], min_probability: 0.5 };
    assert_eq!(store.keep_tag_rule(&rule).unwrap(), 4);
    assert_eq!(filtered(store.as_ref(), "tag:\"class 2\""), [id(2)]);
    commit(store.as_ref(), vec![added(5)]);
    assert_eq!(filtered(store.as_ref(), "tag:\"class 5\""), [id(5)]);
    assert_eq!(store.tag_rules().unwrap().len(), 1);
    assert_eq!(store.forget_tag_rule(&name("kinds")).unwrap(), 5);
    assert!(filtered(store.as_ref(), "tag:\"class 2\"").is_empty());
    assert!(store.forget_tag_rule(&name("kinds")).is_err());
    let mut strange = rule;
    strange.classifier.layer.space = foray_protocol::SpaceId::from("other@1".to_owned());
    assert!(store.keep_tag_rule(&strange).is_err());
}

fn tags_by_hand_stay(stage: &Stage) {
    let store = stage.open();
    add(store.as_ref(), 0..3);
    let tagging = |remove| HandTagging { ids: vec![id(1), id(2)], tag: "Grandma's".parse().unwrap(), remove };
    assert_eq!(store.tag_by_hand(&tagging(false)).unwrap(), 2);
    assert_eq!(store.tag_by_hand(&tagging(false)).unwrap(), 0);
    commit(store.as_ref(), vec![Change::Removed { path: path(2) }, added(2)]);
    let tagged = filtered(store.as_ref(), "tag:\"grandma's\"");
    assert_eq!(tagged.len(), 2);
    assert_eq!(store.tag_by_hand(&tagging(true)).unwrap(), 2);
    let missing = HandTagging { ids: vec![id(1), id(77)], ..tagging(false) };
    assert!(store.tag_by_hand(&missing).is_err());
    assert!(filtered(store.as_ref(), "tag:\"grandma's\"").is_empty());
    assert_eq!(store.vector(id(1)).unwrap(), vector(1));
}
