//! Searching, ranking and the unusual through the command line, on real photographs.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use foray_tests::{Run, Sandbox, test_data};

#[test]
fn lines_are_score_tab_path_best_first() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let text = sandbox.run(["search", "a cat", "-n", "5"]).text();
    let rows: Vec<(f32, &str)> = text
        .lines()
        .map(|line| line.split_once('\t').unwrap())
        .map(|(score, path)| (score.parse().unwrap(), path))
        .collect();
    assert_eq!(rows.len(), 5);
    assert!(rows.windows(2).all(|pair| pair[0].0 >= pair[1].0));
    assert!(rows[0].1.contains("cat"), "{text}");
    let paths = sandbox.run(["search", "a cat", "-n", "1", "--paths"]).text();
    assert_eq!(paths.trim_end(), rows[0].1);
}

#[test]
fn json_has_the_fields_of_the_contract() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let json = sandbox.run(["search", "a cat", "-n", "3", "--json"]).json();
    for hit in json["results"].as_array().unwrap() {
        assert_eq!(hit["id"].as_str().unwrap().len(), 32);
        assert!(hit["path"].is_string() && hit["width"].as_u64() > Some(0) && hit["height"].as_u64() > Some(0));
        assert!((-1.0..=1.0).contains(&hit["score"].as_f64().unwrap()));
        assert!((0.0..=1.0).contains(&hit["relevance"].as_f64().unwrap()));
    }
}

#[test]
fn a_picture_that_is_not_there_is_not_taken_for_words() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let photo = sandbox.photo_files()[0].display().to_string();
    for run in [sandbox.run(["search", "nothere.jpg"]), sandbox.run(["rank", "nothere.jpg", &photo])] {
        run.fails_saying(&["there is no picture nothere.jpg", "name:nothere.jpg"]);
    }
    assert_eq!(sandbox.run(["search", "name:nothere.jpg", "--paths"]).text(), "");
}

#[test]
fn queries_can_be_sums_differences_pictures_and_names() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let first = |query: &str| sandbox.run(["search", query, "-n", "1", "--json"]).json()["results"][0].clone();
    let cat = first("a cat");
    let by_id = first(&format!("id:{}", &cat["id"].as_str().unwrap()[..12]));
    assert_eq!(by_id["id"], cat["id"]);
    assert!(by_id["score"].as_f64().unwrap() > 0.999);
    assert_eq!(first(cat["path"].as_str().unwrap())["id"], cat["id"], "a path is a picture");
    assert_ne!(first("an animal - 3:cat")["id"], cat["id"]);
    let name = fs::canonicalize(cat["path"].as_str().unwrap()).unwrap();
    let stem = name.file_stem().unwrap().to_str().unwrap();
    assert_eq!(first(&format!("\"{}\"", stem.to_uppercase()))["id"], cat["id"]);
}

#[test]
fn similar_leaves_the_photo_itself_out() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let photo = sandbox.photo_files()[0].display().to_string();
    let all = sandbox.run(["similar", &photo, "-n", "100", "--json"]).paths();
    assert_eq!(all.len(), sandbox.photo_files().len() - 1);
    assert!(!all.contains(&photo));
    let json = sandbox.run(["search", &photo, "-n", "1", "--json"]).json();
    let id = format!("id:{}", json["results"][0]["id"].as_str().unwrap());
    assert_eq!(sandbox.run(["similar", &id, "-n", "100", "--json"]).paths(), all);
    assert_eq!(sandbox.run(["similar", &id[..15], "-n", "100", "--json"]).paths(), all);
}

#[test]
fn rank_orders_loose_files_without_a_library() {
    let sandbox = Sandbox::with_samples();
    let files = sandbox.photo_files();
    let mut command = sandbox.command(["rank", "a cat", "--json"]);
    let run: Run = command.args(&files).output().unwrap().into();
    let ranked = run.paths();
    assert_eq!(ranked.len(), files.len());
    assert!(ranked[0].contains("cat"), "{ranked:?}");
    assert!(!sandbox.library().exists());

    let mut piped = sandbox.command(["rank", "a cat", "-", "--json", "-n", "3"]);
    let mut child = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    child.stdin.take().unwrap().write_all(names.join("\n").as_bytes()).unwrap();
    let piped: Run = child.wait_with_output().unwrap().into();
    assert_eq!(piped.paths(), ranked[..3]);
}

#[test]
fn search_and_rank_agree() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let searched = sandbox.run(["search", "a cup of coffee", "-n", "100", "--json"]).paths();
    let mut command = sandbox.command(["rank", "a cup of coffee", "--json"]);
    let ranked: Run = command.args(sandbox.photo_files()).output().unwrap().into();
    assert_eq!(ranked.paths()[..5], searched[..5]);
}

#[test]
fn a_search_explains_how_it_was_done() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let explained = sandbox.run(["search", "a dog", "--explain", "--paths"]);
    assert!(explained.err.contains("scan") && explained.err.contains("ms"), "{}", explained.err);
    assert!(!explained.text().contains("scan"), "results alone on standard output");
    let photo = sandbox.photo_files()[0].display().to_string();
    assert!(sandbox.run(["similar", &photo, "--explain"]).err.contains("scan"));
    let json = sandbox.run(["search", "a dog", "--json"]).json();
    assert!(json["plan"].as_str().unwrap().contains("scan"), "{json}");
    assert!(sandbox.run(["search", "\"jpg\"", "--explain"]).err.contains("by path"));
}

#[test]
fn the_odd_one_out_is_the_most_unusual() {
    let Some(data) = test_data("the_odd_one_out_is_the_most_unusual", "caltech101") else { return };
    let sandbox = Sandbox::new();
    sandbox.add_folder(&data.join("sunflower"));
    sandbox.add_folder(&data.join("lotus"));
    let odd = fs::read_dir(data.join("laptop")).unwrap().next().unwrap().unwrap().path();
    fs::copy(odd, sandbox.photos().join("odd.jpg")).unwrap();
    sandbox.index();
    let json = sandbox.run(["unusual", "-n", "3", "--json"]).json();
    let first = &json["results"][0];
    assert!(first["path"].as_str().unwrap().ends_with("odd.jpg"), "{json}");
    let neighbours = first["neighbours"].as_array().unwrap();
    assert_eq!(neighbours.len(), 10);
    let mean = neighbours.iter().map(|neighbour| neighbour["score"].as_f64().unwrap()).sum::<f64>() / 10.0;
    assert!((first["score"].as_f64().unwrap() - (1.0 - mean)).abs() < 1e-5);
    let atypical = sandbox.run(["unusual", "--kind", "atypical", "-n", "5", "--json"]).paths();
    assert!(atypical.iter().any(|path| path.ends_with("odd.jpg")), "{atypical:?}");
    sandbox.run(["unusual", "-k", "0"]).fails_saying(&["neighbours", "1 to 100"]);
}

#[test]
fn mushrooms_daisies_and_dogs_are_found() {
    let Some(data) = test_data("mushrooms_daisies_and_dogs_are_found", "imagenet1k_one") else { return };
    let sandbox = Sandbox::new();
    let indexed = sandbox.command(["index", "--json"]).arg(&data).output().unwrap();
    let indexed: Run = indexed.into();
    assert_eq!(indexed.json()["indexed"].as_u64().unwrap() + indexed.json()["copied"].as_u64().unwrap(), 1_000);
    let top = |query: &str| sandbox.run(["search", query, "-n", "5", "--json"]).paths();
    let fungi =
        ["mushroom", "bolete", "agaric", "gyromitra", "stinkhorn", "earthstar", "hen-of-the-woods", "coral_fungus"];
    let found = top("mushroom").iter().filter(|path| fungi.iter().any(|name| path.contains(name))).count();
    assert!(found >= 3, "{:?}", top("mushroom"));
    assert!(top("daisy flower").iter().any(|path| path.contains("daisy")), "{:?}", top("daisy flower"));
    // The classes of dogs are WordNet's n02085620 to n02113978.
    let is_dog = |path: &String| {
        let name = path.rsplit('/').next().unwrap();
        name.get(1..9)
            .and_then(|number| number.parse::<u32>().ok())
            .is_some_and(|n| (2_085_620..=2_113_978).contains(&n))
    };
    assert!(top("a dog playing").iter().filter(|path| is_dog(path)).count() >= 4, "{:?}", top("a dog playing"));
}

#[test]
fn doctor_runs_real_embeddings() {
    let json = Sandbox::new().run(["doctor", "--json"]).json();
    let rten = &json["backends"][1];
    assert_eq!(rten["backend"], "rten");
    assert!(rten["images_per_second"].as_f64() > Some(0.0) && rten["text_ms"].as_f64() > Some(0.0), "{json}");
    if json["backends"][0]["error"].is_null() {
        assert!(json["agreement"].as_f64() > Some(0.999), "{json}");
    } else {
        eprintln!("skipped: the comparison with ONNX Runtime, which is not here");
    }
}
