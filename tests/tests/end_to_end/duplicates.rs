//! Duplicates of real photographs through the real binary: copies, versions, bursts, the plan, and how right they are.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use foray_tests::versions::{VERSIONS, write_jpeg, write_shot, write_version};
use foray_tests::{Sandbox, ServerProcess, some_photos, test_data};
use image::{RgbImage, imageops};
use serde_json::Value;

fn open(file: &Path) -> RgbImage {
    image::open(file).unwrap().into_rgb8()
}

/// Writes all versions of a photo beside it, as `NAME@VERSION.jpg`.
fn add_versions(photo: &Path) {
    let (pixels, stem) = (open(photo), photo.file_stem().unwrap().to_str().unwrap());
    for version in VERSIONS {
        write_version(&pixels, version, &photo.with_file_name(format!("{stem}@{version}.jpg")));
    }
}

/// The photo that a file is a version of.
fn original(path: &str) -> &str {
    let stem = Path::new(path).file_stem().unwrap().to_str().unwrap();
    stem.split('@').next().unwrap()
}

fn files(group: &Value) -> Vec<&str> {
    let others = group["others"].as_array().unwrap();
    std::iter::once(&group["keep"]).chain(others).map(|file| file["path"].as_str().unwrap()).collect()
}

/// All groups of `kind`.
fn groups(sandbox: &Sandbox, kind: &str) -> Vec<Value> {
    let json = sandbox.run(["duplicates", "--kind", kind, "-n", "10000", "--json"]).json();
    let groups = json["groups"].as_array().unwrap().clone();
    assert_eq!(json["total"], groups.len());
    assert!(groups.iter().all(|group| group["kind"] == kind));
    groups
}

#[test]
fn versions_of_a_photo_are_near_and_other_photos_are_not() {
    let sandbox = Sandbox::with_samples();
    let originals: Vec<PathBuf> = sandbox.photo_files().into_iter().step_by(4).collect();
    originals.iter().for_each(|photo| add_versions(photo));
    sandbox.index();
    let near = groups(&sandbox, "near");
    assert_eq!(near.len(), originals.len());
    for group in &near {
        let keep = group["keep"]["path"].as_str().unwrap();
        let others = group["others"].as_array().unwrap();
        let better = |other: &&Value| {
            let more = |field: &str| other[field].as_u64().cmp(&group["keep"][field].as_u64());
            more("width").then(more("bytes")).is_gt()
        };
        assert_eq!(others.iter().find(better), None, "better than {keep}");
        assert_eq!(group["reason"], "size", "several have all pixels: {group}");
        assert_eq!(files(group).len(), VERSIONS.len() + 1, "{group}");
        assert!(files(group).iter().all(|file| original(file) == original(keep)), "{group}");
        assert!(group["others"].as_array().unwrap().iter().all(|file| file["similarity"].as_f64() > Some(0.2)));
    }
    let freed: Vec<u64> = near.iter().map(|group| group["freed_bytes"].as_u64().unwrap()).collect();
    assert!(freed.is_sorted_by(|a, b| a >= b), "{freed:?}");
    assert_eq!(groups(&sandbox, "exact"), Vec::<Value>::new());
}

#[test]
fn copies_are_exact_and_the_best_name_is_kept() {
    let sandbox = Sandbox::with_samples();
    let photo = &sandbox.photo_files()[0];
    let stem = photo.file_stem().unwrap().to_str().unwrap();
    fs::copy(photo, photo.with_file_name(format!("{stem} (1).jpg"))).unwrap();
    fs::copy(photo, photo.with_file_name(format!("{stem}-renamed.jpg"))).unwrap();
    sandbox.index();
    let exact = groups(&sandbox, "exact");
    assert_eq!(exact.len(), 1);
    assert_eq!(exact[0]["keep"]["path"], photo.to_str().unwrap());
    assert_eq!((files(&exact[0]).len(), exact[0]["reason"].as_str()), (3, Some("path")));
    assert_eq!(exact[0]["freed_bytes"].as_u64().unwrap(), 2 * fs::metadata(photo).unwrap().len());
    assert!(files(&exact[0])[2].ends_with(" (1).jpg"), "a copy's name comes last");
    let lines = sandbox.run(["duplicates"]).text();
    assert_eq!(lines.lines().next().unwrap(), format!("exact\tkeep\t{}\tshorter path", photo.display()));
}

#[test]
fn shots_within_seconds_are_a_burst() {
    let sandbox = Sandbox::with_samples();
    let scene = open(&sandbox.photo_files()[0]);
    let (width, height) = (scene.width() * 3 / 4, scene.height() * 3 / 4);
    for shot in 0..3u32 {
        let left = (scene.width() - width) / 2 * shot;
        let frame = imageops::crop_imm(&scene, left, scene.height() - height, width, height).to_image();
        let file = |name: &str| sandbox.photos().join(format!("{name}{shot}.jpg"));
        write_shot(&frame, "Nikon D750", &format!("2024:05:01 12:00:0{}", shot * 2), &file("burst"));
        let larger = imageops::resize(&frame, width + 9, height + 9, imageops::FilterType::Triangle);
        write_shot(&larger, "Nikon D750", &format!("2024:05:01 12:{}0:00", shot + 1), &file("hours"));
    }
    sandbox.index();
    let names = |group: &Value| -> BTreeSet<String> {
        files(group).iter().map(|file| Path::new(file).file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let burst: Vec<_> = groups(&sandbox, "burst").iter().map(names).collect();
    assert_eq!(burst, [(0..3).map(|shot| format!("burst{shot}")).collect::<BTreeSet<_>>()]);
    assert_eq!(groups(&sandbox, "near"), Vec::<Value>::new(), "the same view at another time is another shot");
    let of_burst = |group: &BTreeSet<String>| group.iter().filter(|name| name.starts_with("burst")).count() < 2;
    assert!(
        groups(&sandbox, "similar").iter().map(names).all(|group| of_burst(&group)),
        "a burst is not similar as well"
    );
}

#[test]
fn a_plan_names_what_could_go_and_deletes_nothing() {
    let sandbox = Sandbox::with_samples();
    let photo = sandbox.photo_files()[1].clone();
    add_versions(&photo);
    fs::copy(&photo, photo.with_extension("copy.jpg")).unwrap();
    sandbox.index();
    let before = sandbox.photo_files();
    let plan = sandbox.run(["duplicates", "--plan", "-"]).json();
    let groups = plan["groups"].as_array().unwrap();
    let removed: Vec<&Value> = groups.iter().flat_map(|group| group["remove"].as_array().unwrap()).collect();
    let paths: BTreeSet<&str> = removed.iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!((paths.len(), plan["files"].as_u64()), (VERSIONS.len() + 1, Some(VERSIONS.len() as u64 + 1)));
    assert!(groups.iter().all(|group| !paths.contains(group["keep"]["path"].as_str().unwrap())));
    let size = |file: &&str| fs::metadata(file).unwrap().len();
    assert_eq!(plan["freed_bytes"].as_u64().unwrap(), paths.iter().map(size).sum::<u64>());
    assert_eq!(sandbox.photo_files(), before);

    let file = sandbox.path().join("plan.json");
    let run = sandbox.run([OsStr::new("duplicates"), OsStr::new("--plan"), file.as_os_str()]);
    assert_eq!((run.code, run.out.len()), (Some(0), 0));
    assert_eq!(serde_json::from_slice::<Value>(&fs::read(&file).unwrap()).unwrap(), plan);
    sandbox.run(["duplicates", "--plan", "/no/such/folder/plan.json"]).fails_saying(&["/no/such/folder", "--plan"]);
}

#[test]
fn a_server_gives_the_same_groups_in_pages() {
    let sandbox = Sandbox::with_samples();
    let originals: Vec<PathBuf> = sandbox.photo_files().into_iter().step_by(7).collect();
    originals.iter().for_each(|photo| write_jpeg(&open(photo), 60, &photo.with_extension("again.jpg")));
    sandbox.index();
    let here = groups(&sandbox, "near");
    assert_eq!(here.len(), originals.len());
    let server = ServerProcess::start(&sandbox, ["serve"]);
    let page = |offset: usize| server.api(&format!("/duplicates?kind=near&limit=1&offset={offset}"));
    let paged: Vec<Value> = (0..here.len()).map(|offset| page(offset)["groups"][0].clone()).collect();
    assert_eq!(paged, here);
    assert_eq!(groups(&sandbox, "near"), here, "the command asks the server");
    assert_eq!(page(0)["total"], here.len());
    let refused = foray_tests::get(&server.url("/api/v1/duplicates?kind=twins"));
    assert_eq!(refused.status, 400, "{refused:?}");
}

/// Pairs of files that are in one group.
fn pairs(groups: &[Value]) -> BTreeSet<(String, String)> {
    let stem = |file: &&str| Path::new(file).file_stem().unwrap().to_str().unwrap().to_owned();
    let mut pairs = BTreeSet::new();
    for group in groups {
        let mut names: Vec<String> = files(group).iter().map(stem).collect();
        names.sort();
        for (at, a) in names.iter().enumerate() {
            pairs.extend(names[at + 1..].iter().map(|b| (a.clone(), b.clone())));
        }
    }
    pairs
}

#[test]
fn near_duplicates_of_hundreds_of_photos_are_found_and_others_are_not() {
    let Some(data) = test_data("near_duplicates_of_hundreds_of_photos_are_found", "flickr8k/images") else { return };
    let sandbox = Sandbox::new();
    let photos = some_photos(&data, 300);
    if let Some(others) = test_data("more photos without versions", "imagenet1k_one") {
        sandbox.add_folder(&others);
    }
    for (number, photo) in photos.iter().enumerate() {
        let copy = sandbox.photos().join(photo.file_name().unwrap());
        fs::copy(photo, &copy).unwrap();
        // The others have no versions: whatever they are grouped with is wrong.
        if number % 3 == 0 {
            add_versions(&copy);
        }
    }
    sandbox.index();
    let near = groups(&sandbox, "near");
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    let pairs = pairs(&near);
    let right: Vec<_> = pairs.iter().filter(|(a, b)| a.split('@').next() == b.split('@').next()).collect();
    for version in VERSIONS {
        let with_original =
            |pair: &&&(String, String)| !pair.0.contains('@') && pair.1.ends_with(&format!("@{version}"));
        found.insert(version, right.iter().filter(with_original).count());
    }
    let with_versions = photos.len().div_ceil(3);
    let recall = found.values().sum::<usize>() as f64 / (with_versions * VERSIONS.len()) as f64;
    let precision = right.len() as f64 / pairs.len().max(1) as f64;
    let wrong: Vec<_> = pairs.iter().filter(|pair| !right.contains(pair)).take(5).collect();
    println!("near: precision {precision:.4}, recall {recall:.4} of {with_versions} x {found:?}; wrong: {wrong:?}");
    assert!(precision >= 0.98, "precision {precision}");
    assert!(recall >= 0.9, "recall {recall}");
}
