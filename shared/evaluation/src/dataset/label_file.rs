//! Files of labels: CSV with a header, or JSON; and Roboflow's CSV with one column for each class.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use foray_protocol::{PhotoPath, Split};
use serde::Deserialize;

use super::Found;
use crate::EvaluationError;
use crate::captions::read_text;

const PATH_COLUMNS: [&str; 5] = ["path", "file", "filename", "file_name", "image"];
const LABEL_COLUMNS: [&str; 3] = ["label", "class", "category"];
const SPLIT_COLUMNS: [&str; 2] = ["split", "set"];

/// The photos that `file` names; relative paths begin at its folder.
pub fn read(file: &Path) -> Result<Vec<Found>, EvaluationError> {
    let text = read_text(file)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let labels = Labels { file };
    match file.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase).as_deref() {
        Some("csv") => labels.read_csv(text, b','),
        Some("tsv") => labels.read_csv(text, b'\t'),
        Some("json") => labels.read_json(text),
        _ => Err(labels.wrong("its name", "expected a folder, or a file that ends with .csv, .tsv or .json")),
    }
}

/// Photos with their classes and splits as CSV, which [`crate::Dataset::read`] takes.
///
/// # Errors
/// [`EvaluationError::Shape`] for a path that is not UTF-8, which CSV cannot hold.
pub fn label_table(
    photos: impl IntoIterator<Item = (PhotoPath, String, Option<Split>)>,
) -> Result<String, EvaluationError> {
    let mut table = csv::Writer::from_writer(vec![]);
    let not_written = |error: csv::Error| EvaluationError::shape("a label", error, "one that CSV can hold");
    table.write_record([PATH_COLUMNS[0], LABEL_COLUMNS[0], SPLIT_COLUMNS[0]]).map_err(not_written)?;
    for (path, label, split) in photos {
        let text = path.as_path().to_str();
        let text = text.ok_or_else(|| EvaluationError::shape("a photo's path", &path, "UTF-8"))?;
        table.write_record([text, &label, split.map_or("", Split::name)]).map_err(not_written)?;
    }
    let written = table.into_inner().map_err(|error| EvaluationError::shape("labels", error, "memory for them"))?;
    String::from_utf8(written).map_err(|error| EvaluationError::shape("labels", error, "UTF-8"))
}

/// A photo as JSON names it.
#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(alias = "file", alias = "filename", alias = "file_name", alias = "image")]
    path: PathBuf,
    #[serde(alias = "class", alias = "category")]
    label: String,
    split: Option<String>,
}

/// Both shapes that JSON may have.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Entries {
    List(Vec<Entry>),
    ByPath(BTreeMap<PathBuf, String>),
}

struct Labels<'a> {
    file: &'a Path,
}

impl Labels<'_> {
    fn wrong(&self, place: impl ToString, reason: impl ToString) -> EvaluationError {
        EvaluationError::Labels { path: self.file.to_owned(), place: place.to_string(), reason: reason.to_string() }
    }

    fn found(&self, place: &str, path: &Path, label: &str, split: Option<&str>) -> Result<Found, EvaluationError> {
        let class = label.trim().to_owned();
        if class.is_empty() {
            return Err(self.wrong(place, format!("no label for {}", path.display())));
        }
        let unknown = |text: &str| self.wrong(place, format!("got the split {text:?}; expected train, valid or test"));
        let split = split.map(str::trim).filter(|split| !split.is_empty());
        let split = split.map(|text| text.parse::<Split>().map_err(|()| unknown(text))).transpose()?;
        let path = self.file.parent().unwrap_or(Path::new("")).join(path);
        Ok(Found { path: PhotoPath::from(path), class, split })
    }

    fn read_json(&self, text: &str) -> Result<Vec<Found>, EvaluationError> {
        let expected =
            "expected a list of {\"path\", \"label\"} with \"split\" where wanted, or an object of labels by path";
        let entries = serde_json::from_str(text).map_err(|error| self.wrong("JSON", format!("{error}; {expected}")))?;
        match entries {
            Entries::List(entries) => (1..)
                .zip(&entries)
                .map(|(number, entry)| {
                    self.found(&format!("entry {number}"), &entry.path, &entry.label, entry.split.as_deref())
                })
                .collect(),
            Entries::ByPath(labels) => {
                labels.iter().map(|(path, label)| self.found("an entry", path, label, None)).collect()
            }
        }
    }

    fn read_csv(&self, text: &str, delimiter: u8) -> Result<Vec<Found>, EvaluationError> {
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| self.wrong("line 1", error))?.clone();
        let column = |names: &[&str]| header.iter().position(|name| names.contains(&name.to_lowercase().as_str()));
        let Some(path) = column(&PATH_COLUMNS) else {
            let reason =
                format!("got the columns {header:?}; expected \"path\", \"label\" and, where wanted, \"split\"");
            return Err(self.wrong("line 1", reason));
        };
        let (label, split) = (column(&LABEL_COLUMNS), column(&SPLIT_COLUMNS));
        let mut found = vec![];
        for record in reader.records() {
            let record = record.map_err(|error| self.wrong("a line", error))?;
            let place = format!("line {}", record.position().map_or(0, csv::Position::line));
            let file = Path::new(record.get(path).unwrap_or_default());
            let class = match label {
                Some(label) => record.get(label).unwrap_or_default(),
                None => self.marked(&place, &header, &record, path)?,
            };
            found.push(self.found(&place, file, class, split.and_then(|split| record.get(split)))?);
        }
        Ok(found)
    }

    /// The one column that holds a 1: how Roboflow marks classes.
    fn marked<'a>(
        &self,
        place: &str,
        header: &'a csv::StringRecord,
        record: &csv::StringRecord,
        path: usize,
    ) -> Result<&'a str, EvaluationError> {
        let columns = record.iter().enumerate().filter(|&(column, mark)| column != path && mark == "1");
        match columns.collect::<Vec<_>>().as_slice() {
            [(column, _)] => Ok(header.get(*column).unwrap_or_default()),
            marked => {
                let count = marked.len();
                Err(self
                    .wrong(place, format!("got {count} classes marked with 1; expected one, or a column \"label\"")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Dataset;

    fn dataset(name: &str, text: &str) -> Result<Dataset, EvaluationError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        Dataset::read(&file)
    }

    fn refusal(name: &str, text: &str) -> String {
        dataset(name, text).unwrap_err().to_string()
    }

    #[test]
    fn labels_come_as_csv_or_json() {
        let files = [
            ("l.csv", "label,File,split\ncat,a.jpg,train\n\"dog\",\"b,c.jpg\",val\n"),
            ("l.tsv", "file\tlabel\tset\na.jpg\tcat\ttrain\nb,c.jpg\tdog\tvalid\n"),
            (
                "l.json",
                r#"[{"path":"a.jpg","label":"cat","split":"train"},{"file":"b,c.jpg","class":"dog","split":"valid"}]"#,
            ),
        ];
        for (name, text) in files {
            let dataset = dataset(name, text).unwrap();
            assert_eq!(dataset.classes, ["cat", "dog"], "{name}");
            assert_eq!(dataset.splits(), [Split::Train, Split::Valid], "{name}");
            assert!(dataset.photos[1].path.as_path().ends_with("b,c.jpg"), "{name}");
            assert!(dataset.photos[0].path.as_path().is_absolute(), "{name}");
        }
        assert_eq!(dataset("l.json", r#"{"a.jpg": "cat", "b.jpg": "dog"}"#).unwrap().photos.len(), 2);
        let marked = dataset("_classes.csv", "filename, cat, dog\na.jpg, 1, 0\nb.jpg, 0, 1\n").unwrap();
        assert_eq!((marked.classes, marked.photos[1].class), (vec!["cat".to_owned(), "dog".to_owned()], 1));
    }

    #[test]
    fn what_was_written_is_read_again() {
        let row = |path: &str, label: &str, split| (PhotoPath::from(path), label.to_owned(), split);
        let rows = [
            row("/p/a, \"b\".jpg", "cat, black", Some(Split::Train)),
            row("/p/c.jpg", "dog", Some(Split::Train)),
            row("/p/d\n.jpg", "dog", Some(Split::Test)),
        ];
        let dataset = dataset("l.csv", &label_table(rows.clone()).unwrap()).unwrap();
        let read =
            dataset.photos.iter().map(|photo| (photo.path.clone(), dataset.classes[photo.class].clone(), photo.split));
        assert_eq!(read.collect::<Vec<_>>(), rows);
        let odd = (PhotoPath::from_bytes(b"/p/\xff.jpg"), "cat".to_owned(), None);
        assert!(label_table([odd]).unwrap_err().to_string().contains("expected UTF-8"));
    }

    #[test]
    fn a_mistake_names_its_line() {
        assert!(refusal("l.csv", "name,kind\na,b\n").contains("line 1: got the columns"));
        assert!(refusal("l.csv", "path,label\na.jpg,\n").contains("line 2: no label for a.jpg"));
        assert!(refusal("l.csv", "path,label,split\na.jpg,cat,dev\n").contains("line 2: got the split \"dev\""));
        assert!(refusal("l.csv", "filename,cat,dog\na.jpg,1,1\n").contains("line 2: got 2 classes"));
        assert!(refusal("l.json", "{").contains("expected a list of"));
        assert!(refusal("l.txt", "").contains(".csv, .tsv or .json"));
    }
}
