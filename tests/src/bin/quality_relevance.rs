//! What the cut-off of weak matches is worth: 200 queries for what is in 2,515 photographs and 50 for what is not, asked over HTTP.
//!
//! F1 is the mean over the queries that have photos. The best fixed score and the best fixed number of results are chosen in
//! hindsight, on the very queries that they answer; Foray's cut-off was chosen on the other half of them (even places), and what
//! counts is the half that it has not seen (odd places). Writes `target/quality/relevance.json`.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the program")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use foray_tests::{Sandbox, ServerProcess, post_json, test_data};
use serde_json::{Value, json};

/// What the queries mean.
const CONCEPTS: &str = include_str!("../../data/concepts.tsv");
const FOLDERS: [&str; 2] = ["caltech101", "imagenet1k_one"];
/// The most results that one search gives; more than there are photos.
const ALL: usize = 10_000;

/// A query and the photos that it means, as `FOLDER/FILE`.
struct Question {
    text: String,
    meant: HashSet<String>,
}

/// All photos in the order of their scores, for one question.
struct Ranking {
    /// How many photos are meant.
    meant: usize,
    /// Score of each, and whether it is meant.
    hits: Vec<(f64, bool)>,
    /// How many of those that the cut-off leaves are meant, and how many it leaves.
    right: usize,
    shown: usize,
}

impl Ranking {
    /// F1 of showing the first `count`.
    fn f1_of_first(&self, count: usize) -> f64 {
        let right = self.hits.iter().take(count).filter(|(_, is_meant)| *is_meant).count();
        f1(right, count, self.meant)
    }

    fn above(&self, score: f64) -> usize {
        self.hits.partition_point(|(other, _)| *other >= score)
    }

    fn best_f1(&self) -> f64 {
        (1..=self.hits.len()).map(|count| self.f1_of_first(count)).fold(0.0, f64::max)
    }
}

fn f1(right: usize, shown: usize, meant: usize) -> f64 {
    if right == 0 { 0.0 } else { 2.0 * right as f64 / (shown + meant) as f64 }
}

fn main() {
    let folders = FOLDERS.map(|name| test_data("make quality", name));
    let [Some(_), Some(imagenet)] = &folders else { return };
    let questions = questions(imagenet, folders[0].as_ref().unwrap());
    let sandbox = Sandbox::new();
    let paths = folders.each_ref().map(|folder| folder.as_ref().unwrap().display().to_string());
    let run = sandbox.run(["index", &paths[0], &paths[1], "--json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let rankings: Vec<Ranking> = questions.iter().map(|question| ask(&server, question)).collect();
    let half = |parity: usize| rankings.iter().skip(parity).step_by(2).collect::<Vec<_>>();
    let report = json!({
        "photos": server.photos(), "questions": questions.len(),
        "unseen half": figures(&half(1)), "half of the choice": figures(&half(0)), "all": figures(&half(0).into_iter().chain(half(1)).collect::<Vec<_>>()),
    });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/quality/relevance.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, serde_json::to_string_pretty(&report).unwrap()).unwrap();
    print(&report);
}

fn questions(imagenet: &Path, caltech: &Path) -> Vec<Question> {
    let classes = file_names(imagenet);
    let lines = CONCEPTS.lines().filter(|line| !line.starts_with('#'));
    let question = |line: &str| {
        let [text, folders, names] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let mut meant = HashSet::new();
        for folder in listed(folders) {
            meant.extend(file_names(&caltech.join(folder)).into_iter().map(|file| format!("{folder}/{file}")));
        }
        for range in listed(names) {
            let (first, last) = range.split_once("..").unwrap_or((range, range));
            let (first, last) = (place_of(first, &classes), place_of(last, &classes));
            meant.extend(classes[first..=last].iter().map(|file| format!("imagenet1k_one/{file}")));
        }
        Question { text: text.to_owned(), meant }
    };
    lines.map(question).collect()
}

fn listed(names: &str) -> impl Iterator<Item = &str> {
    names.split(' ').filter(|name| *name != "-")
}

fn file_names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The place of a class, given by its name or by its file's.
fn place_of(class: &str, files: &[String]) -> usize {
    let is_it = |file: &String| {
        let stem = file.trim_end_matches(".jpg");
        stem == class || stem.split_once('_').is_some_and(|(_, name)| name == class)
    };
    files.iter().position(is_it).unwrap_or_else(|| panic!("no class {class}"))
}

fn ask(server: &ServerProcess, question: &Question) -> Ranking {
    let search = |min_relevance: f64| {
        let body = json!({ "query": question.text, "limit": ALL, "min_relevance": min_relevance });
        let reply = post_json(&server.url("/api/v1/search"), &body).json();
        reply["results"].as_array().unwrap_or_else(|| panic!("{}: {reply}", question.text)).clone()
    };
    let is_meant = |hit: &Value| {
        let path = Path::new(hit["path"].as_str().unwrap());
        let folder = path.parent().unwrap().file_name().unwrap();
        question.meant.contains(&format!("{}/{}", folder.display(), path.file_name().unwrap().display()))
    };
    let shown = search(0.5);
    let hits = search(0.0).iter().map(|hit| (hit["score"].as_f64().unwrap(), is_meant(hit))).collect();
    let right = shown.iter().filter(|hit| is_meant(hit)).count();
    Ranking { meant: question.meant.len(), hits, right, shown: shown.len() }
}

/// F1 of each way to cut off, and the share of empty answers to queries that have no photo.
fn figures(rankings: &[&Ranking]) -> Value {
    let (present, absent): (Vec<&Ranking>, Vec<&Ranking>) = rankings.iter().partition(|ranking| ranking.meant > 0);
    let mean = |of: &dyn Fn(&Ranking) -> f64, over: &[&Ranking]| {
        over.iter().map(|ranking| of(ranking)).sum::<f64>() / over.len() as f64
    };
    let by_score = |score: f64| mean(&|ranking| ranking.f1_of_first(ranking.above(score)), &present);
    let (score_f1, score) = best((200..900).map(|thousandths| f64::from(thousandths) / 1e3), by_score);
    let (count_f1, count) =
        best((1..=100u16).map(f64::from), |count| mean(&|ranking| ranking.f1_of_first(count as usize), &present));
    let is_empty = |shown: usize| if shown == 0 { 1.0 } else { 0.0 };
    json!({
        "with photos": present.len(), "without": absent.len(),
        "cut-off": { "f1": mean(&|ranking| f1(ranking.right, ranking.shown, ranking.meant), &present),
            "empty": mean(&|ranking| is_empty(ranking.shown), &absent),
            "wrongly empty": mean(&|ranking| is_empty(ranking.shown), &present) },
        "best score": { "f1": score_f1, "at": score, "empty": mean(&|ranking| is_empty(ranking.above(score)), &absent),
            "wrongly empty": mean(&|ranking| is_empty(ranking.above(score)), &present) },
        "best count": { "f1": count_f1, "at": count },
        "ten": { "f1": mean(&|ranking| ranking.f1_of_first(10), &present) },
        "ceiling": { "f1": mean(&Ranking::best_f1, &present) },
    })
}

/// The highest value of `of`, and where.
fn best(places: impl Iterator<Item = f64>, of: impl Fn(f64) -> f64) -> (f64, f64) {
    places.map(|place| (of(place), place)).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

fn print(report: &Value) {
    println!("relevance: {} queries over {} photos", report["questions"], report["photos"]);
    for part in ["unseen half", "all"] {
        let figures = &report[part];
        let f1 = |name: &str| figures[name]["f1"].as_f64().unwrap();
        let percent = |name: &str, figure: &str| 100.0 * figures[name][figure].as_f64().unwrap();
        let gain = |name: &str| 100.0 * (f1("cut-off") / f1(name) - 1.0);
        println!("  {part}: {} queries with photos, {} without", figures["with photos"], figures["without"]);
        let cut_off = |name: &str, label: &str| {
            println!(
                "    {label:<38} F1 {:.3}   empty where there is none {:>3.0} %, where there is some {:>3.0} %",
                f1(name),
                percent(name, "empty"),
                percent(name, "wrongly empty")
            );
        };
        cut_off("cut-off", "relevance 0.5");
        cut_off(
            "best score",
            &format!("best fixed score in hindsight, {:.3}", figures["best score"]["at"].as_f64().unwrap()),
        );
        println!(
            "    {:<38} F1 {:.3}",
            format!("best fixed number in hindsight, {}", figures["best count"]["at"]),
            f1("best count")
        );
        println!("    {:<38} F1 {:.3}", "the ten best", f1("ten"));
        println!("    {:<38} F1 {:.3}", "best score for each query in hindsight", f1("ceiling"));
        println!(
            "    gain over the best score {:+.1} %, the best number {:+.1} %",
            gain("best score"),
            gain("best count")
        );
    }
}
