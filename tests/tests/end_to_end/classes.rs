//! Labelled photos: evaluations, classifiers, sorting, and tags that searches filter by.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use foray_tests::{Sandbox, ServerProcess, get, post_json, test_data, wait_until};
use serde_json::{Value, json};

const CLASSES: [&str; 4] = ["Motorbikes", "airplanes", "butterfly", "pizza"];

/// Photos of four of Caltech 101's classes in a training and a test split; `None` where the test data are absent.
fn dataset(sandbox: &Sandbox, test: &str) -> Option<PathBuf> {
    let source = test_data(test, "caltech101")?;
    let dataset = sandbox.photos().join("classes");
    for class in CLASSES {
        for (number, photo) in photos_of(&source.join(class)).iter().enumerate() {
            let split = if number % 3 == 0 { "train" } else { "test" };
            let folder = dataset.join(split).join(class);
            fs::create_dir_all(&folder).unwrap();
            fs::copy(photo, folder.join(photo.file_name().unwrap())).unwrap();
        }
    }
    Some(dataset)
}

fn photos_of(folder: &Path) -> Vec<PathBuf> {
    let mut photos: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    photos.sort();
    photos
}

fn eval(sandbox: &Sandbox, dataset: &Path, arguments: &[&str]) -> Value {
    sandbox.run([&["eval", dataset.to_str().unwrap(), "--json"], arguments].concat()).json()
}

#[test]
fn wordings_are_compared_on_the_test_split_and_embeddings_remembered() {
    let sandbox = Sandbox::new();
    let Some(dataset) = dataset(&sandbox, "wordings_are_compared") else { return };
    let first = eval(&sandbox, &dataset, &["--template", "{}", "--template", "a photo of a {}"]);
    assert_eq!(
        (first["split"].as_str(), first["images"].as_u64(), first["embedded"].as_u64()),
        (Some("test"), Some(40), Some(40))
    );
    assert_eq!(first["classes"], json!(CLASSES));
    assert!(first["top1"].as_f64().unwrap() > 0.7, "{first}");
    assert_eq!(first["top5"], json!(1.0));
    assert_eq!(first["contenders"].as_array().unwrap().len(), 2);
    let again = eval(&sandbox, &dataset, &["--template", "{}"]);
    assert_eq!(again["embedded"], json!(0));
    let confusion = again["contenders"][0]["confusion"].as_array().unwrap();
    let sum: u64 = confusion.iter().flat_map(|row| row.as_array().unwrap()).map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(sum, 40);

    fs::write(dataset.join("_tokenization.txt"), "a motorbike\nan airplane\na butterfly\na pizza\n").unwrap();
    let page = sandbox.path().join("report.html");
    let run = sandbox.run(["eval", dataset.to_str().unwrap(), "--html", page.to_str().unwrap()]);
    assert!(
        run.text().contains("_tokenization.txt") && run.text().contains("40 photos of 4 classes"),
        "{}",
        run.text()
    );
    assert!(fs::read_to_string(&page).unwrap().contains("<svg"));
    let history = sandbox.run(["eval", "--history", "--json"]).json();
    assert_eq!(history["evaluations"].as_array().unwrap().len(), 3);

    fs::write(dataset.join("_tokenization.txt"), "one\ntwo\n").unwrap();
    sandbox.run(["eval", dataset.to_str().unwrap()]).fails_saying(&["2 captions for 4 classes", "Motorbikes to pizza"]);
    fs::remove_file(dataset.join("_tokenization.txt")).unwrap();
    sandbox
        .run(["eval", dataset.to_str().unwrap(), "--split", "dev"])
        .fails_saying(&["\"dev\"", "train, valid or test"]);
}

/// One photo of each of ImageNet's classes; the built-in model learned from these very photos, so that it must know them.
#[test]
fn a_file_of_labels_names_photos_and_classes() {
    let sandbox = Sandbox::new();
    let Some(source) = test_data("a_file_of_labels_names_photos", "imagenet1k_one") else { return };
    let photos = photos_of(&source);
    let row = |photo: &PathBuf| format!("{},{}\n", photo.display(), label_of(photo));
    let table = |rows: &mut dyn Iterator<Item = &PathBuf>| rows.map(row).collect::<String>();
    let labels = sandbox.path().join("labels.csv");
    fs::write(&labels, format!("path,label\n{}", table(&mut photos.iter().take(80)))).unwrap();
    let measured = eval(&sandbox, &labels, &[]);
    assert_eq!((measured["images"].as_u64(), measured["split"].as_str()), (Some(80), None));
    assert!(measured["top1"].as_f64().unwrap() > 0.9, "{}", measured["top1"]);
    let is_cardigan = |photo: &&PathBuf| label_of(photo).eq_ignore_ascii_case("cardigan");
    fs::write(&labels, format!("path,label\n{}", table(&mut photos.iter().filter(is_cardigan)))).unwrap();
    let refused = sandbox.run(["eval", labels.to_str().unwrap()]);
    refused.fails_saying(&["\"Cardigan\" and \"cardigan\"", "the same caption"]);
}

/// `n02124075_Egyptian_cat.jpg` is of the class `Egyptian_cat`.
fn label_of(photo: &Path) -> String {
    photo.file_stem().unwrap().to_str().unwrap().split_once('_').unwrap().1.to_owned()
}

#[test]
fn broken_photos_are_left_out_by_name_and_missing_datasets_refused() {
    let sandbox = Sandbox::new();
    let Some(dataset) = dataset(&sandbox, "broken_photos_are_left_out") else { return };
    fs::write(dataset.join("test/pizza/broken.jpg"), "no picture").unwrap();
    let measured = eval(&sandbox, &dataset, &[]);
    assert_eq!(measured["images"], json!(40));
    assert!(measured["failed"][0]["path"].as_str().unwrap().ends_with("broken.jpg"), "{measured}");
    sandbox.run(["eval", "/none/here"]).fails_saying(&["/none/here"]);
    fs::create_dir_all(dataset.join("test/empty")).unwrap();
    sandbox.run(["eval", dataset.to_str().unwrap()]).fails_saying(&["\"empty\" has no photos"]);
}

#[test]
fn what_learned_from_examples_tags_photos_and_sorts_them() {
    let sandbox = Sandbox::new();
    let Some(dataset) = dataset(&sandbox, "what_learned_from_examples") else { return };
    let measured = eval(&sandbox, &dataset, &["--suggest", "--few-shot", "5", "--save", "things"]);
    let names: Vec<_> =
        measured["contenders"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(
        names.contains(&"5 examples of each class") && names.iter().any(|name| name.starts_with("suggested: ")),
        "{names:?}"
    );
    assert!(measured["top1"].as_f64().unwrap() > 0.9, "{measured}");

    let labels = sandbox.path().join("labels.csv");
    let run = ["--few-shot", "3", "--split-to", labels.to_str().unwrap()];
    let first = eval(&sandbox, &dataset, &run);
    let again = eval(&sandbox, &labels, &["--few-shot", "3"]);
    assert_eq!(first["contenders"], again["contenders"]);
    assert_eq!(fs::read_to_string(&labels).unwrap().matches(",train\n").count(), 12);

    let test = dataset.join("test");
    let classified = sandbox.run(["classify", test.to_str().unwrap(), "--classifier", "things", "--json"]).json();
    let results = classified["results"].as_array().unwrap();
    let is_right =
        |hit: &&Value| hit["class"].as_str().is_some_and(|class| hit["path"].as_str().unwrap().contains(class));
    assert!(results.iter().filter(is_right).count() > 34, "{classified}");
    let sum: f64 = results[0]["probabilities"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-9);

    let sorted = sandbox.path().join("sorted");
    let link = ["classify", test.to_str().unwrap(), "--classifier", "things", "--link-to", sorted.to_str().unwrap()];
    assert!(sandbox.run(link).err.contains("--apply does it") && !sorted.exists());
    sandbox.run([link.as_slice(), &["--apply"]].concat());
    assert!(photos_of(&sorted.join("pizza")).len() > 7);

    sandbox.index();
    assert!(sandbox.run(["tags", "add", "things", "--only", "pizza"]).err.contains("photos have a tag"));
    let pizzas = sandbox.run(["search", "tag:pizza", "-n", "100", "--json"]).json();
    let found = pizzas["results"].as_array().unwrap();
    assert!(found.len() > 10 && found.len() < 20, "{}", found.len());
    assert_eq!(found[0]["tags"][0]["tag"], json!("pizza"));
    assert!(sandbox.run(["search", "tag:butterfly"]).text().is_empty());
    sandbox.run(["tags", "add", "things", "--only", "cake"]).fails_saying(&["no class \"cake\"", "pizza"]);

    // A photo that comes later gets its tag, too.
    let source = test_data("what_learned_from_examples", "caltech101").unwrap();
    let late = sandbox.photos().join("late.png");
    image::open(&photos_of(&source.join("pizza"))[0]).unwrap().crop_imm(2, 2, 150, 150).save(&late).unwrap();
    sandbox.index();
    let late = sandbox.run(["search", "tag:pizza in:late.png", "--json"]).json();
    let all = sandbox.run(["search", "tag:pizza", "-n", "100", "--json"]).json();
    assert_eq!(all["results"].as_array().unwrap().len(), found.len() + 1, "{late}");
    sandbox.run(["tags", "rm", "things"]);
    assert!(sandbox.run(["search", "tag:pizza"]).text().is_empty());
}

#[test]
fn labels_classify_without_a_library() {
    let sandbox = Sandbox::with_samples();
    let photos = sandbox.photos();
    let labels = ["--label", "a cat", "--label", "a cup of coffee"];
    let run = sandbox.run([&["classify", photos.to_str().unwrap(), "--csv"], labels.as_slice()].concat());
    let text = run.text();
    assert!(text.starts_with("path,class,probability,a cat,a cup of coffee\n"), "{text}");
    assert_eq!(text.lines().count(), sandbox.photo_files().len() + 1);
    assert!(!sandbox.library().exists());
    sandbox
        .run(["classify", photos.to_str().unwrap(), "--label", "a cat"])
        .fails_saying(&["got 1 labels", "at least two"]);
    let same = ["--label", "a cat", "--label", "A  cat"];
    sandbox.run([&["classify", photos.to_str().unwrap()], same.as_slice()].concat()).fails_saying(&["same caption"]);
}

#[test]
fn photos_that_show_none_of_the_labels_are_told() {
    let sandbox = Sandbox::new();
    let Some(dataset) = dataset(&sandbox, "photos_that_show_none_of_the_labels") else { return };
    let photos = dataset.join("test");
    let labels = ["--label", "motorcycle", "--label", "pizza", "--or-none", "--json"];
    let shown = sandbox.run([&["classify", photos.to_str().unwrap()], labels.as_slice()].concat()).json();
    let count = |class: &str, is_named: bool| {
        let results = shown["results"].as_array().unwrap().iter();
        results
            .filter(|hit| hit["path"].as_str().unwrap().contains(class) && hit["class"].is_null() != is_named)
            .count()
    };
    for (class, least) in [("Motorbikes", 8), ("pizza", 4)] {
        assert!(count(class, true) >= least, "{class} {shown}");
    }
    for class in ["airplanes", "butterfly"] {
        assert!(count(class, false) >= 8, "{class} {shown}");
    }
}

#[test]
fn the_server_makes_a_classifier_of_words_that_tags_photos() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let make = |body: Value| post_json(&server.url("/api/v1/classifiers"), &body);
    let labels = json!(["cat", "something else"]);
    let prompts = json!([["a cat", "a photo of a cat"], ["a landscape", "a building"]]);
    let made = make(json!({ "name": "pets", "labels": labels, "prompts": prompts }));
    assert_eq!(made.status, 201, "{made:?}");
    let classifier = made.json();
    assert_eq!((&classifier["classes"], &classifier["prompts"]), (&labels, &prompts));
    assert_eq!(server.api("/classifiers")["classifiers"], json!([classifier]));
    assert!(sandbox.run(["tags", "add", "pets", "--only", "cat"]).err.contains("photos have a tag"));
    let tagged = server.api("/search?q=tag:cat");
    let is_cat = |hit: &Value| hit["path"].as_str().unwrap().ends_with("/cat.jpg");
    assert!(tagged["results"].as_array().unwrap().iter().any(is_cat), "{tagged}");
    make(json!({ "name": "pets", "labels": ["cat"], "prompts": [["a cat"]] })).is_problem(400, "at least two");
    make(json!({ "name": "a/b", "labels": labels, "prompts": prompts })).is_problem(400, "a/b");
    let many = vec!["x"; 10_001];
    make(json!({ "name": "pets", "labels": labels, "prompts": [many, ["y"]] })).is_problem(413, "at most 10000");
}

#[test]
fn the_server_evaluates_datasets_in_its_folders_alone() {
    let sandbox = Sandbox::new();
    let Some(dataset) = dataset(&sandbox, "the_server_evaluates") else { return };
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let outside = post_json(&server.url("/api/v1/evaluations"), &json!({ "dataset": "/etc" }));
    outside.is_problem(403, "not in a folder of the library");
    let strays = sandbox.photos().join("strays.csv");
    fs::write(&strays, "path,label\n/etc/hostname,cat\n/etc/hosts,dog\n").unwrap();
    assert_eq!(post_json(&server.url("/api/v1/evaluations"), &json!({ "dataset": strays })).status, 202);
    wait_until("the evaluation is refused", Duration::from_secs(30), || {
        server.api("/evaluations/job")["running"] == json!(false)
    });
    let refused = server.api("/evaluations/job");
    assert!(refused["error"].as_str().unwrap().contains("/etc/host") && refused["evaluation"].is_null(), "{refused}");
    let begun = post_json(&server.url("/api/v1/evaluations"), &json!({ "dataset": dataset, "few_shot": 2 }));
    assert_eq!(begun.status, 202, "{begun:?}");
    wait_until("the evaluation is done", Duration::from_secs(120), || {
        server.api("/evaluations/job")["running"] == json!(false)
    });
    let job = server.api("/evaluations/job");
    assert_eq!(job["evaluation"]["images"], json!(40), "{job}");
    assert_eq!(server.api("/evaluations?confusion=true")["evaluations"][0], job["evaluation"]);
    let listed = server.api("/evaluations?limit=1");
    assert_eq!(listed["evaluations"][0]["contenders"][0]["confusion"], json!([]), "{listed}");
    get(&server.url("/api/v1/evaluations?limit=0")).is_problem(400, "limit: got 0");
    let too_many = json!({ "labels": vec!["x"; 1_001], "ids": [] });
    post_json(&server.url("/api/v1/classify"), &too_many).is_problem(413, "at most 1000");
    // The command asks the server for what it remembers, and has it keep what it makes.
    let measured = eval(&sandbox, &dataset, &["--save", "served"]);
    assert_eq!(measured["embedded"], json!(0));
    assert_eq!(server.api("/classifiers")["classifiers"][0]["name"], json!("served"));
    let id = get(&server.url("/api/v1/search?q=a%20pizza&limit=1")).json()["results"][0]["id"].clone();
    let request = json!({ "labels": ["a pizza", "a motorbike"], "ids": [id] });
    let shown = post_json(&server.url("/api/v1/classify"), &request).json();
    assert_eq!(shown["results"][0]["class"], json!("a pizza"), "{shown}");
    assert!(sandbox.run(["tags", "add", "served", "--min-probability", "0.1"]).err.contains("photos have a tag"));
    assert_eq!(server.api("/tag-rules")["rules"][0]["min_probability"], json!(0.1));
}
