//! Files of a library that were torn or changed: the search graph, the database, previews.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use foray_library::{Library, OpenOptions};
use foray_protocol::{Ingest, IngestBatch, SpaceId};
use foray_tests::embeddings::Embeddings;
use foray_tests::made_photos;
use foray_tests::{Contents, Random, Sandbox, ServerProcess, copy_folder, files_below, get, wait_until};

use crate::Outcome;
use crate::reference::{Compared, Reference};
use crate::stage::{check_nothing_lost, check_service, preview, said, sandbox_with, serve};

/// A little more than where a graph begins.
const GRAPH_PHOTOS: usize = 52_000;
const PHOTOS_A_COMMIT: usize = 500;
const TORN: usize = 12;
const LEAST_RECALL: f64 = 0.95;
const GRAPH_TIME: Duration = Duration::from_secs(600);
const DAMAGED: usize = 40;
const PHOTOS: usize = 120;

/// `whole` cut off at a random place, or with a bit there turned over.
fn damaged(whole: &[u8], random: &mut Random, cut: bool) -> Vec<u8> {
    let at = random.below(whole.len());
    let mut bytes = whole.to_vec();
    bytes[at] ^= 1 << random.below(8);
    bytes.truncate(if cut { at } else { whole.len() });
    bytes
}

pub fn tear_graph() -> Outcome {
    let sandbox = Sandbox::new();
    fill(&sandbox);
    let contents = Contents::of(&sandbox, &sandbox.library());
    let reference = Reference(&contents);
    let mut server = serve(&sandbox);
    wait_for_graph(&server);
    let whole = recall(&reference.compare(&server));
    stop(&mut server);
    let file = graph_file(&sandbox.library());
    let bytes = fs::read(&file).unwrap();
    let mut random = Random(21);
    let (mut worst, mut again) = (1.0f64, vec![]);
    for round in 0..TORN {
        fs::write(&file, damaged(&bytes, &mut random, round % 2 == 0)).unwrap();
        let mut server = serve(&sandbox);
        let begun = Instant::now();
        worst = worst.min(recall(&reference.compare(&server)));
        if round % 4 == 3 {
            wait_for_graph(&server);
            again.push(begun.elapsed().as_secs_f64());
            worst = worst.min(recall(&reference.compare(&server)));
        }
        stop(&mut server);
    }
    assert!(worst >= LEAST_RECALL, "recall {worst}");
    let noticed = said(&sandbox, "graph is damaged");
    assert!(noticed >= TORN, "{noticed} of {TORN} torn graphs were noticed");
    Ok(vec![
        format!(
            "{GRAPH_PHOTOS} photos; the graph's file cut or a bit of it turned over {TORN} times: noticed each time, answered by scanning"
        ),
        format!("recall@20 against the exact answer: {whole:.3} with the whole graph, {worst:.3} at worst afterwards"),
        format!(
            "a new graph was there after {:.0} s (longest of {})",
            again.iter().copied().fold(0.0, f64::max),
            again.len()
        ),
    ])
}

fn recall(compared: &Compared) -> f64 {
    compared.best as f64 / compared.hits as f64
}

fn stop(server: &mut ServerProcess) {
    server.signal("TERM");
    assert!(server.wait().success());
}

fn wait_for_graph(server: &ServerProcess) {
    wait_until("the search graph is built", GRAPH_TIME, || server.api("/status")["search"]["kind"] == "graph");
}

fn graph_file(library: &Path) -> PathBuf {
    let files = fs::read_dir(library.join("rows")).unwrap().map(|entry| entry.unwrap().path());
    let mut graphs = files.filter(|file| file.extension().is_some_and(|extension| extension == "graph"));
    graphs.next().unwrap_or_else(|| panic!("no graph in {}", library.display()))
}

/// Photos that never were, in the space of the built-in model.
fn fill(sandbox: &Sandbox) {
    let model = foray_embedding::Model::builtin().unwrap();
    let space = SpaceId::clone(model.space());
    let embeddings = Embeddings::new(model.dimension(), 1);
    let options = OpenOptions { create: true, ..OpenOptions::new(sandbox.library(), "soak") };
    let library = Library::open(&options).unwrap();
    for first in (0..GRAPH_PHOTOS).step_by(PHOTOS_A_COMMIT) {
        let vectors = embeddings.vectors(first, PHOTOS_A_COMMIT.min(GRAPH_PHOTOS - first));
        let changes =
            (first..).zip(vectors).map(|(number, vector)| made_photos::photo(number, vector, vec![])).collect();
        library.commit(&IngestBatch { space: space.clone(), changes }).unwrap();
    }
}

/// Each damage is either without effect or told of; then one command brings everything back.
pub fn damage_database() -> Outcome {
    let sandbox = sandbox_with(PHOTOS);
    sandbox.index();
    let whole = Contents::of(&sandbox, &sandbox.library());
    let kept = sandbox.path().join("kept");
    copy_folder(&sandbox.library(), &kept);
    let mut files = files_below(&kept.join("db"));
    files.retain(|file| file.metadata().unwrap().len() > 0);
    let mut random = Random(31);
    let (mut unharmed, mut refused) = (0, 0);
    for round in 0..DAMAGED {
        fs::remove_dir_all(sandbox.library()).unwrap();
        copy_folder(&kept, &sandbox.library());
        let whole_file = random.pick(&files).unwrap();
        let bytes = fs::read(whole_file).unwrap();
        let file = sandbox.library().join(whole_file.strip_prefix(&kept).unwrap());
        fs::write(&file, damaged(&bytes, &mut random, round % 3 == 2)).unwrap();
        let run = sandbox.run(["search", "a cat"]);
        if run.code == Some(0) {
            unharmed += 1;
        } else {
            run.fails_saying(&["foray index --repair", "foray restore"]);
            let photos = sandbox.photos();
            let repaired = sandbox.run(["index".as_ref(), "--repair".as_ref(), photos.as_os_str()]);
            assert_eq!(repaired.code, Some(0), "{repaired:?}");
            refused += 1;
        }
        let contents = Contents::of(&sandbox, &sandbox.library());
        assert_eq!(
            contents.photos.keys().collect::<Vec<_>>(),
            whole.photos.keys().collect::<Vec<_>>(),
            "round {round}"
        );
        check_service(&sandbox, &contents);
    }
    assert!(refused > 0, "no damage was noticed");
    Ok(vec![
        format!(
            "a file of the database cut or a bit of it turned over {DAMAGED} times: {unharmed} without effect, {refused} told of"
        ),
        format!(
            "after those, `foray index --repair` brought all {} photos back; answers as the exact ones each time",
            whole.photos.len()
        ),
    ])
}

/// Previews that are cut, empty or gone are made anew from their photos when they are asked for.
pub fn damage_thumbnails() -> Outcome {
    let sandbox = sandbox_with(PHOTOS);
    sandbox.index();
    let contents = Contents::of(&sandbox, &sandbox.library());
    for (number, id) in contents.photos.keys().enumerate() {
        let file = preview(&sandbox.library(), id);
        let whole = fs::read(&file).unwrap();
        match number % 4 {
            0 => fs::remove_file(&file).unwrap(),
            1 => fs::write(&file, "").unwrap(),
            2 => fs::write(&file, &whole[..whole.len() / 2]).unwrap(),
            _ => fs::write(&file, vec![0; whole.len()]).unwrap(),
        }
    }
    let server = serve(&sandbox);
    for id in contents.photos.keys() {
        let reply = get(&server.url(&format!("/api/v1/images/{id}/thumbnail")));
        assert_eq!(reply.status, 200, "{reply:?}");
        let shown = image::load_from_memory(&reply.body).unwrap();
        assert!(shown.width().max(shown.height()) <= 400);
    }
    drop(server);
    check_nothing_lost(&sandbox, &contents);
    Ok(vec![format!(
        "all previews of {} photos removed, emptied, cut or overwritten: each was made anew when it was asked for",
        contents.photos.len()
    )])
}
