//! Kill -9 at any moment: what was committed is there, and the work goes on where it was. `FORAY_KILLS` sets how often each test
//! kills; `make soak-hour` has 50.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use foray_tests::{Contents, Random, Sandbox, ServerProcess, foray_binary, get, test_data, wait_until};
use serde_json::{Value, json};

/// Photos that come before each kill of an indexer: more than it gets done until then, mostly.
const PHOTOS_A_ROUND: usize = 24;
/// Photos in the library that is imported, backed up and restored.
const MADE_PHOTOS: usize = 4_000;
const MADE_DIMENSION: usize = 384;

fn kills() -> usize {
    std::env::var("FORAY_KILLS").map_or(6, |kills| kills.parse().unwrap())
}

/// Starts `command`, does `meanwhile` again and again, and kills it after `delay` unless it has ended by then.
fn kill_after(delay: Duration, mut command: Command, mut meanwhile: impl FnMut()) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while begun.elapsed() < delay && child.try_wait().unwrap().is_none() {
        meanwhile();
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Runs `foray up`, and kills it after `delay`; returns the ids of the photos that it showed to searches.
fn kill_server_after(delay: Duration, sandbox: &Sandbox) -> BTreeSet<String> {
    let mut command = sandbox.command([OsStr::new("up"), sandbox.photos().as_os_str()]);
    command.args(["--bind", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let address = format!("{url}/api/v1/search?q=a+photo&limit=1000");
    let mut shown = BTreeSet::new();
    while begun.elapsed() < delay || shown.is_empty() {
        shown = get(&address).json()["results"].as_array().unwrap().iter().map(id_of).collect();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    shown
}

fn id_of(photo: &Value) -> String {
    photo["id"].as_str().unwrap().to_owned()
}

/// Photos of the collection, two of them as copies, a renamed one, and a broken file, put into the photo folder.
fn change_photos(sandbox: &Sandbox, round: usize, photos: &[PathBuf]) {
    let name = |number: usize| sandbox.photos().join(format!("{round:03}-{number:02}.jpg"));
    for (number, photo) in photos.iter().enumerate() {
        fs::copy(photo, name(number)).unwrap();
    }
    fs::copy(&photos[0], name(90)).unwrap();
    fs::rename(name(1), name(91)).unwrap();
    fs::write(name(92), format!("no picture {round}")).unwrap();
}

/// Checks that all of `shown` is there, and that whatever was there is as it was.
fn check(sandbox: &Sandbox, shown: &BTreeSet<String>, before: &Contents) -> Contents {
    let contents = Contents::of(sandbox, &sandbox.library());
    let missing: Vec<&String> = shown.iter().filter(|id| !contents.photos.contains_key(*id)).collect();
    assert!(missing.is_empty(), "shown, and lost: {missing:?}");
    for (id, (_, vector)) in &before.photos {
        assert_eq!(&contents.photos[id].1, vector, "photo {id}");
    }
    for id in contents.photos.keys() {
        let thumbnail = sandbox.library().join("thumbnails").join(&id[..2]).join(format!("{id}.jpg"));
        image::open(&thumbnail).unwrap_or_else(|error| panic!("{}: {error}", thumbnail.display()));
    }
    contents
}

#[test]
fn nothing_committed_is_lost_when_indexing_is_killed() {
    let Some(data) = test_data("nothing_committed_is_lost_when_indexing_is_killed", "caltech101") else { return };
    let sandbox = Sandbox::new();
    let mut photos: Vec<PathBuf> = fs::read_dir(&data)
        .unwrap()
        .flat_map(|class| fs::read_dir(class.unwrap().path()).unwrap().map(|photo| photo.unwrap().path()))
        .collect();
    photos.sort();
    let mut random = Random(1);
    let mut contents = Contents { photos: Default::default(), failures: vec![] };
    for (round, photos) in photos.chunks(PHOTOS_A_ROUND).take(kills()).enumerate() {
        change_photos(&sandbox, round, photos);
        let delay = Duration::from_secs_f64(0.1 + 2.4 * random.fraction());
        let shown = if round % 2 == 1 {
            kill_server_after(delay, &sandbox)
        } else {
            kill_after(delay, sandbox.command(["index".as_ref(), sandbox.photos().as_os_str()]), || ());
            BTreeSet::new()
        };
        if sandbox.library().join("library.json").exists() {
            contents = check(&sandbox, &shown, &contents);
        }
        eprintln!("round {round}: killed after {delay:.1?}, {} photos", contents.photos.len());
    }
    sandbox.index();
    let undisturbed = sandbox.path().join("undisturbed");
    let photos = sandbox.photos();
    timed(&sandbox, &["index".as_ref(), photos.as_os_str(), "--library".as_ref(), undisturbed.as_os_str()]);
    let expected = Contents::of(&sandbox, &undisturbed);
    let got = check(&sandbox, &expected.photos.keys().cloned().collect(), &contents);
    assert_eq!(got.failures, expected.failures);
    assert_eq!(got.photos.len(), expected.photos.len());
    for (id, (record, vector)) in &expected.photos {
        assert_eq!(got.photos[id].0, *record);
        // Batches of other sizes may be summed up in another order.
        let cosine: f32 = vector.iter().zip(&got.photos[id].1).map(|(a, b)| a * b).sum();
        assert!(cosine > 0.9999, "photo {id}: {cosine}");
    }
    let status = sandbox.run(["status", "--json"]).json();
    assert_eq!(status["space"]["vectors"], status["photos"], "nothing stands there twice");
}

/// An export of photos that never were, written by hand; its vectors are of length 1.
fn make_export(folder: &Path) {
    fs::create_dir(folder).unwrap();
    let mut random = Random(2);
    let mut vectors = vec![];
    let mut lines = String::new();
    for number in 0..MADE_PHOTOS {
        let vector: Vec<f64> = (0..MADE_DIMENSION).map(|_| random.fraction() - 0.5).collect();
        let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        vectors.extend(vector.iter().flat_map(|x| ((x / length) as f32).to_le_bytes()));
        let file = json!({"path": format!("/made/{number}.jpg"), "size": 1, "modified_ns": number});
        let photo = json!({"id": format!("{:016x}{number:016x}", random.number()), "files": [file],
            "width": 4, "height": 3, "format": "jpeg"});
        lines += &format!("{photo}\n");
    }
    let shape = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({MADE_PHOTOS}, {MADE_DIMENSION}), }}");
    let header = format!("{shape:<117}\n");
    let head = [b"\x93NUMPY\x01\x00".as_slice(), &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat();
    fs::write(folder.join("vectors.npy"), [head, vectors].concat()).unwrap();
    fs::write(folder.join("photos.jsonl"), lines).unwrap();
    fs::write(folder.join("failures.jsonl"), "").unwrap();
    let manifest = json!({"foray_export": 1, "written_by": "a test", "space": "made@000000000000",
        "dimension": MADE_DIMENSION, "photos": MADE_PHOTOS, "files": MADE_PHOTOS, "failures": 0, "roots": []});
    fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
}

/// Runs the binary to its end; returns how long that took.
#[track_caller]
fn timed(sandbox: &Sandbox, arguments: &[&OsStr]) -> Duration {
    // The first to ask waits until it is built.
    foray_binary();
    let begun = Instant::now();
    let run = sandbox.run(arguments);
    assert_eq!(run.code, Some(0), "{run:?}");
    begun.elapsed()
}

#[test]
fn an_import_that_is_killed_goes_on_where_it_was() {
    let sandbox = Sandbox::new();
    let export = sandbox.path().join("export");
    make_export(&export);
    let whole = Contents::read(&export);
    let arguments = [OsStr::new("import"), export.as_os_str()];
    let length = timed(&sandbox, &[arguments[0], arguments[1], "--library".as_ref(), "undisturbed".as_ref()]);
    let mut random = Random(3);
    let mut before = 0;
    for round in 0..kills() {
        let delay = length.mul_f64(0.05 + 0.3 * random.fraction());
        kill_after(delay, sandbox.command(arguments), || ());
        if !sandbox.library().join("library.json").exists() {
            continue;
        }
        let contents = Contents::of(&sandbox, &sandbox.library());
        contents.photos.iter().for_each(|(id, photo)| assert_eq!(whole.photos[id], *photo));
        assert!(contents.photos.len() >= before, "round {round}: {} of {before} photos", contents.photos.len());
        eprintln!("round {round}: killed after {delay:.1?}, {} photos", contents.photos.len());
        before = if contents.photos.len() < MADE_PHOTOS { contents.photos.len() } else { start_anew(&sandbox) };
    }
    timed(&sandbox, &arguments);
    assert_eq!(Contents::of(&sandbox, &sandbox.library()), whole);
}

/// Removes the library; returns how many photos it has then.
fn start_anew(sandbox: &Sandbox) -> usize {
    fs::remove_dir_all(sandbox.library()).unwrap();
    0
}

#[test]
fn backups_and_restores_that_are_killed_leave_all_or_nothing() {
    let sandbox = Sandbox::new();
    let export = sandbox.path().join("export");
    make_export(&export);
    timed(&sandbox, &["import".as_ref(), export.as_os_str()]);
    let whole = Contents::of(&sandbox, &sandbox.library());
    let (file, restored) = (sandbox.path().join("x.foray.zst"), sandbox.path().join("restored"));
    let backup = [OsStr::new("backup"), file.as_os_str()];
    let restore = [OsStr::new("restore"), file.as_os_str(), OsStr::new("--library"), restored.as_os_str()];
    let lengths = [timed(&sandbox, &backup), timed(&sandbox, &restore)];
    fs::remove_dir_all(&restored).unwrap();
    let mut random = Random(4);
    let mut finished = 0;
    for round in 0..kills() {
        let delays = lengths.map(|length| length.mul_f64(1.1 * random.fraction()));
        fs::remove_file(&file).unwrap();
        kill_after(delays[0], sandbox.command(backup), || ());
        if !file.exists() {
            timed(&sandbox, &backup);
        }
        kill_after(delays[1], sandbox.command(restore), || ());
        finished += usize::from(restored.exists());
        if !restored.exists() {
            timed(&sandbox, &restore);
        }
        assert_eq!(Contents::of(&sandbox, &restored), whole, "round {round}");
        assert!(!sandbox.path().join("restored.restoring").exists());
        fs::remove_dir_all(&restored).unwrap();
    }
    assert_eq!(Contents::of(&sandbox, &sandbox.library()), whole);
    timed(&sandbox, &backup);
    let left: Vec<_> = fs::read_dir(sandbox.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".tmp-")), "{left:?}");
    eprintln!("{finished} of {} restores were done before they were killed", kills());
}

#[test]
fn a_killed_server_starts_again_at_once() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let mut server = ServerProcess::start(&sandbox, ["serve"]);
    let photos = server.photos();
    server.signal("KILL");
    server.wait();
    let begun = Instant::now();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    assert_eq!(server.photos(), photos);
    assert!(begun.elapsed() < Duration::from_secs(10));
    let id = server.api("/search?q=a+cat&limit=1")["results"][0]["id"].as_str().unwrap().to_owned();
    wait_until("thumbnails are there", Duration::from_secs(5), || {
        get(&server.url(&format!("/api/v1/images/{id}/thumbnail"))).status == 200
    });
}
