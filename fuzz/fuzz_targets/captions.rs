//! Feeds text to the readers of captions (`_tokenization.txt`) and of labels (CSV, JSON); the first byte tells which. Captions are read
//! as they stand, and labels that are written down again are the same.
#![no_main]

use std::path::Path;

use foray_evaluation::{Dataset, caption_lines, label_table};
use foray_fuzz::put;
use libfuzzer_sys::fuzz_target;

/// More would take as many folders.
const MOST_CLASSES: usize = 8;

fuzz_target!(|data: &[u8]| {
    let Some((&kind, text)) = data.split_first() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    match kind % 4 {
        0 => check_captions(folder.path(), text),
        1 => check_labels(folder.path(), "labels.csv", text),
        2 => check_labels(folder.path(), "labels.tsv", text),
        _ => check_labels(folder.path(), "labels.json", text),
    }
});

fn check_captions(folder: &Path, content: &[u8]) {
    let Ok(text) = std::str::from_utf8(content) else { return };
    let lines = caption_lines(text);
    assert_eq!(caption_lines(&lines.join("\n")), lines);
    assert!(lines.last().is_none_or(|last| !last.is_empty()));
    put(folder, "_tokenization.txt", content);
    (0..lines.len().clamp(2, MOST_CLASSES)).for_each(|class| put(folder, &format!("class {class}/1.jpg"), b""));
    if let Ok(dataset) = Dataset::read(folder) {
        assert_eq!(dataset.captions.as_ref(), Some(&lines));
        assert!(lines.iter().all(|line| !line.is_empty()));
    }
}

fn check_labels(folder: &Path, name: &str, content: &[u8]) {
    put(folder, name, content);
    let Ok(dataset) = Dataset::read(&folder.join(name)) else { return };
    // A name that ends with a blank loses it in CSV, where blanks stand round fields.
    if dataset.photos.iter().any(|photo| photo.path.to_str().is_none_or(|path| path.trim_end() != path)) {
        return;
    }
    let class = |number: usize| dataset.classes[number].clone();
    let photos = dataset.photos.iter().map(|photo| (photo.path.clone(), class(photo.class), photo.split));
    let table = label_table(photos).expect("JSON and CSV are UTF-8, and so are their paths");
    put(folder, "again.csv", table);
    let again = Dataset::read(&folder.join("again.csv")).expect("a table that was just written");
    assert_eq!((again.classes, again.photos), (dataset.classes, dataset.photos));
}
