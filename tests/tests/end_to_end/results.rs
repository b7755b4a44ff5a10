//! What becomes of photos that were found: cut off, folded, sorted; and what shells are told of the command line.

use std::fs;
use std::process::Command;

use foray_tests::versions::{write_jpeg, write_shot};
use foray_tests::{Sandbox, ServerProcess, post_json};
use serde_json::{Value, json};

fn search(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    sandbox.run([&["search"], arguments, &["--json"]].concat()).json()
}

fn column<'a>(reply: &'a Value, name: &str) -> Vec<&'a Value> {
    reply["results"].as_array().unwrap().iter().map(|hit| &hit[name]).collect()
}

#[test]
fn weaker_matches_are_left_out_and_counted() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let cut = search(&sandbox, &["a cat", "-n", "20", "--relevant"]);
    // From now on the library knows the concepts that queries compete with.
    let all = search(&sandbox, &["a cat", "-n", "20"]);
    let is_strong = |hit: &&Value| hit["relevance"].as_f64().unwrap() >= 0.5;
    let strong: Vec<&Value> = all["results"].as_array().unwrap().iter().filter(is_strong).collect();
    assert!(!strong.is_empty() && strong.len() < 10, "{all}");
    assert_eq!(cut["results"].as_array().unwrap().iter().collect::<Vec<_>>(), strong);
    assert_eq!(cut["weaker"], json!(20 - strong.len()));
    let run = sandbox.run(["search", "a cat", "-n", "20", "--min-relevance", "0.5"]);
    assert_eq!(run.text().lines().count(), strong.len());
    assert!(run.err.contains(&format!("{} weaker matches", 20 - strong.len())), "{}", run.err);
    let absent = sandbox.run(["search", "a wedding cake", "--relevant"]);
    assert_eq!((absent.code, absent.text().as_str()), (Some(0), ""), "{absent:?}");
    assert!(absent.err.contains("10 weaker matches left out (without --relevant they are shown)"), "{}", absent.err);
    assert_eq!(sandbox.run(["search", "a wedding cake"]).text().lines().count(), 10);
    assert_eq!(sandbox.run(["search", "a cat", "--relevant", "--min-relevance", "0.3"]).code, Some(2));
    sandbox.run(["search", "a cat", "--min-relevance", "7"]).fails_saying(&["min_relevance", "0 to 1"]);
    let photo = sandbox.photo_files()[0].display().to_string();
    sandbox.run(["search", &photo, "--dedupe"]).fails_saying(&["--dedupe", "picture"]);
    sandbox.run(["search", &photo, "--relevant"]).fails_saying(&["--relevant", "picture"]);
}

#[test]
fn relevance_does_not_depend_on_the_page_or_the_rest_of_the_library() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let all = search(&sandbox, &["a cat", "-n", "20", "--relevant"]);
    let best = &all["results"][0];
    let folder = std::path::Path::new(best["path"].as_str().unwrap()).parent().unwrap();
    let within = search(&sandbox, &["a cat", "--relevant", "--filter", &format!("in:{}", folder.display())]);
    assert_eq!(within["results"][0]["relevance"], best["relevance"]);
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let page = server.api("/search?q=a%20cat&limit=1&min_relevance=0.5");
    assert_eq!(page["results"][0]["relevance"], best["relevance"]);
}

#[test]
fn near_identical_shots_are_one_result() {
    let sandbox = Sandbox::with_samples();
    let files = sandbox.photo_files();
    let photo = image::open(&files[0]).unwrap().into_rgb8();
    for quality in [90, 80, 70] {
        write_jpeg(&photo, quality, &sandbox.photos().join(format!("version {quality}.jpg")));
    }
    sandbox.index();
    let count =
        |arguments: &[&str]| column(&search(&sandbox, &[&["a photo", "-n", "100"], arguments].concat()), "path").len();
    assert_eq!(count(&[]), files.len() + 3);
    let folded = search(&sandbox, &["a photo", "-n", "100", "--dedupe"]);
    let stands_for: u64 = column(&folded, "folded").iter().filter_map(|folded| folded.as_u64()).sum();
    assert_eq!(column(&folded, "path").len() as u64 + stands_for, files.len() as u64 + 3, "{folded}");
    assert!(stands_for >= 3);
    // A page is full where there are enough distinct photos.
    assert_eq!(column(&search(&sandbox, &["a photo", "-n", "10", "--dedupe"]), "path").len(), 10);
    sandbox.run(["search", "a photo", "-n", "2000", "--dedupe"]).fails_saying(&["dedupe", "1,000"]);
}

#[test]
fn results_are_sorted_by_when_they_were_taken() {
    let sandbox = Sandbox::with_samples();
    let files = sandbox.photo_files();
    for (number, year) in [2019, 2024, 2021].into_iter().enumerate() {
        let photo = image::open(&files[number]).unwrap().into_rgb8();
        let file = sandbox.photos().join(format!("{year}.jpg"));
        write_shot(&photo, "A camera", &format!("{year}:05:01 12:00:00"), &file);
    }
    fs::remove_file(&files[5]).unwrap();
    sandbox.index();
    let names = |arguments: &[&str]| {
        let reply = search(&sandbox, arguments);
        let paths = column(&reply, "path");
        paths.iter().map(|path| path.as_str().unwrap().rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let newest = ["2024.jpg", "2021.jpg", "2019.jpg"];
    assert_eq!(names(&["has:date camera:\"a camera\"", "--sort", "newest"]), newest);
    assert_eq!(names(&["has:date camera:\"a camera\"", "--sort", "newest", "-n", "1"]), newest[..1]);
    let mut oldest = newest;
    oldest.reverse();
    assert_eq!(names(&["a photo camera:\"a camera\"", "--sort", "oldest"]), oldest);
    assert_eq!(names(&["type:jpeg", "--sort", "newest", "-n", "100"])[..3], newest);
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let reply = post_json(&server.url("/api/v1/search"), &json!({ "query": "camera:\"a camera\"", "sort": "newest" }));
    assert!(column(&reply.json(), "path")[0].as_str().unwrap().ends_with("2024.jpg"));
    let same = server.api("/search?q=camera:%22a%20camera%22&sort=newest&dedupe=true&min_relevance=0");
    assert_eq!(column(&same, "path").len(), 3);
    post_json(&server.url("/api/v1/search"), &json!({ "query": "x", "sort": "size" })).is_problem(400, "size");
}

#[test]
fn shells_and_manuals_know_all_commands() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = sandbox.run(["completions", shell]);
        assert!(script.code == Some(0) && script.text().contains("duplicates"), "{shell}");
    }
    let file = sandbox.path().join("foray.bash");
    fs::write(&file, sandbox.run(["completions", "bash"]).out).unwrap();
    assert!(Command::new("bash").arg("-n").arg(&file).status().unwrap().success());
    let page = sandbox.run(["man"]).text();
    for words in [".TH foray", "min\\-relevance", "foray reindex", "forayignore"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn facets_count_what_filters_find() {
    let sandbox = Sandbox::with_samples();
    let files = sandbox.photo_files();
    for (number, (camera, year)) in [("Canon R5", 2019), ("Canon R5", 2024), ("Pixel 7", 2024)].into_iter().enumerate()
    {
        let photo = image::open(&files[number]).unwrap().into_rgb8();
        let file = sandbox.photos().join(format!("shot {number}.jpg"));
        write_shot(&photo, camera, &format!("{year}:05:01 12:00:00"), &file);
    }
    sandbox.index();
    let facets = sandbox.run(["facets", "camera:canon camera:r5", "--json"]).json();
    assert_eq!(facets["photos"], 2);
    assert_eq!(facets["years"], json!([{ "value": "2024", "count": 1 }, { "value": "2019", "count": 1 }]));
    assert_eq!(facets["cameras"], json!([{ "value": "Canon R5", "count": 2 }]));
    let all = sandbox.run(["facets", "--json"]).json();
    assert_eq!(all["photos"], files.len() + 3);
    for (field, kind) in [("cameras", "camera"), ("types", "type"), ("folders", "in"), ("years", "taken")] {
        for facet in all[field].as_array().unwrap() {
            let filter = format!("{kind}:\"{}\"", facet["value"].as_str().unwrap());
            let filter = if kind == "taken" { filter.replace('"', "") } else { filter };
            let found = search(&sandbox, &[&filter, "-n", "100"]);
            assert_eq!(column(&found, "path").len(), facet["count"], "{filter}");
        }
    }
    assert!(sandbox.run(["facets"]).text().contains("camera:\"Canon R5\""));
    sandbox.run(["facets", "a cat"]).fails_saying(&["only filters can stand here"]);
    let server = ServerProcess::start(&sandbox, ["serve"]);
    assert_eq!(server.api("/facets?filter=taken:2024")["photos"], 2);
}

#[test]
fn results_are_grouped_by_day_and_folder() {
    let sandbox = Sandbox::with_samples();
    let files = sandbox.photo_files();
    for (number, day) in ["2024:05:01", "2023:07:09", "2024:05:01"].into_iter().enumerate() {
        let photo = image::open(&files[number]).unwrap().into_rgb8();
        write_shot(
            &photo,
            "A camera",
            &format!("{day} 12:00:00"),
            &sandbox.photos().join(format!("shot {number}.jpg")),
        );
    }
    sandbox.index();
    let query = "a photo camera:\"a camera\"";
    let reply = search(&sandbox, &[query, "--group", "day"]);
    let groups = reply["groups"].as_array().unwrap();
    let mut days: Vec<_> =
        groups.iter().map(|group| (group["value"].as_str().unwrap(), group["count"].as_u64().unwrap())).collect();
    let taken: Vec<String> =
        column(&reply, "taken_at").iter().map(|date| date.as_str().unwrap()[..10].to_owned()).collect();
    let in_order: Vec<&str> = days.iter().flat_map(|(day, count)| vec![*day; *count as usize]).collect();
    assert_eq!(taken, in_order);
    days.sort_unstable();
    assert_eq!(days, [("2023-07-09", 1), ("2024-05-01", 2)]);
    let text = sandbox.run(["search", query, "--group", "day"]).text();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.contains("2024-05-01 (2)\n"), "{text}");
    assert_eq!(sandbox.run(["search", query, "--group", "day", "--paths"]).text().lines().count(), 3);
    let folders = search(&sandbox, &["a photo", "-n", "100", "--group", "folder"]);
    let total: u64 = folders["groups"].as_array().unwrap().iter().map(|group| group["count"].as_u64().unwrap()).sum();
    assert_eq!(total as usize, files.len() + 3);
}

#[test]
fn pages_go_on_by_cursor_also_after_a_photo_came() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let all = search(&sandbox, &["a cat", "-n", "100"]);
    assert_eq!(all["next"], Value::Null);
    let first = search(&sandbox, &["a cat", "-n", "7"]);
    let file = sandbox.photo_files()[0].clone();
    let photo = image::open(&file).unwrap().into_rgb8();
    write_jpeg(&photo, 60, &sandbox.photos().join("newcomer.jpg"));
    sandbox.index();
    let rest = search(&sandbox, &["a cat", "-n", "100", "--cursor", first["next"].as_str().unwrap()]);
    let paths = |reply: &Value| column(reply, "path").iter().map(|path| path.to_string()).collect::<Vec<_>>();
    let mut both = [paths(&first), paths(&rest)].concat();
    both.retain(|path| !path.contains("newcomer"));
    assert_eq!(both, paths(&all));
    sandbox.run(["search", "a dog", "--cursor", first["next"].as_str().unwrap()]).fails_saying(&["another search"]);
    sandbox.run(["search", "a dog", "--cursor", "nonsense"]).fails_saying(&["cursor", "next"]);
}

#[test]
fn photos_that_are_liked_draw_the_search_and_those_that_are_not_vanish() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let plain = search(&sandbox, &["an animal", "-n", "100"]);
    let paths =
        |reply: &Value| column(reply, "path").iter().map(|path| path.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let (best, last) = (paths(&plain)[0].clone(), paths(&plain).last().unwrap().clone());
    let drawn = search(&sandbox, &["an animal", "-n", "100", "--like", &last, "--unlike", &best, "--explain"]);
    assert_eq!(paths(&drawn)[0], last);
    assert!(!paths(&drawn).contains(&best));
    let terms = drawn["results"][0]["explanation"]["terms"].as_array().unwrap();
    assert_eq!(terms.len(), 3);
    assert!(terms[1]["term"].as_str().unwrap().starts_with("like id:"), "{terms:?}");
    // Photos alone are a query, too.
    let id = column(&plain, "id")[3].as_str().unwrap().to_owned();
    assert_eq!(column(&search(&sandbox, &["--like", &id[..12]]), "id")[0].as_str().unwrap(), id);
    sandbox.run(["search", "--like", "no such photo"]).fails_saying(&["no photo"]);
    let told = sandbox.run(["search", "a cat + 2:a dog", "-n", "2", "--explain"]);
    assert!(told.err.contains("a dog (similarity") && told.err.contains("looks like /"), "{}", told.err);
}

#[test]
fn searches_are_saved_and_asked_again() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let asked = sandbox.run(["search", "a cat", "-n", "3", "--save", "Cats & co", "--paths"]);
    assert!(asked.err.contains("saved as \"Cats & co\""), "{}", asked.err);
    let asked_again =
        |more: &[&str]| sandbox.run([&["search", "--saved", "Cats & co", "--paths"], more].concat()).text();
    assert_eq!(asked_again(&[]), asked.text());
    assert_eq!(asked_again(&["-n", "1"]).lines().next(), asked.text().lines().next());
    assert_eq!(asked_again(&["-n", "1"]).lines().count(), 1);
    assert_eq!(sandbox.run(["saved"]).text(), "Cats & co\ta cat\n");
    sandbox.run(["search", "--saved", "Dogs"]).fails_saying(&["is called \"Dogs\"", "foray saved"]);
    sandbox.run(["search", "x", "--save", "a/b"]).fails_saying(&["a/b", "1 to 100"]);
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let one = server.api("/searches/Cats%20%26%20co?limit=1");
    let rest = server.api(&format!("/searches/Cats%20%26%20co?cursor={}", one["next"].as_str().unwrap()));
    assert_eq!((column(&one, "path").len(), column(&rest, "path").len()), (1, 3));
    assert_eq!(server.api("/searches")["searches"][0]["search"]["query"], "a cat");
    // They are part of a backup.
    let backup = sandbox.path().join("backup");
    sandbox.run(["backup", backup.to_str().unwrap()]);
    drop(server);
    let restored = sandbox.path().join("restored");
    assert_eq!(
        sandbox.run(["restore", backup.to_str().unwrap(), "--library", restored.to_str().unwrap()]).code,
        Some(0)
    );
    assert_eq!(sandbox.run(["saved", "--library", restored.to_str().unwrap()]).text(), "Cats & co\ta cat\n");
    assert_eq!(sandbox.run(["saved", "--forget", "Cats & co"]).code, Some(0));
    assert_eq!(sandbox.run(["saved", "--json"]).json(), json!({ "searches": [] }));
}

#[test]
fn figures_tell_how_long_the_work_took() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    for query in ["a%20cat", "a%20cat", "a%20dog"] {
        server.api(&format!("/search?q={query}"));
    }
    server.api("/facets");
    let figures = |path: &str| String::from_utf8(foray_tests::get(&server.url(path)).body).unwrap();
    let text = figures("/metrics");
    let search = "foray_request_duration_seconds_count{route=\"/api/v1/search\",method=\"GET\",status=\"200\"} 3";
    for line in [
        search,
        "foray_stage_duration_seconds_count{stage=\"search\"} 3",
        "foray_stage_duration_seconds_count{stage=\"facets\"} 1",
        "foray_text_cache_hits_total 1",
        "foray_text_cache_misses_total 2",
        "foray_recall_probe 1.0",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.ends_with("# EOF\n") && !text.contains("cat"), "{text}");
    assert!(figures("/api/v1/metrics").contains(search));
}
