//! Changing the configuration file: some keys, everything else left as its owner wrote it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use foray_library::{Durability, write_atomically};
use foray_protocol::Watched;
use toml_edit::{Array, DocumentMut, value};

/// Sets `model` in `file`, which is made if there is none.
pub fn set_model(file: &Path, model: &str) -> Result<()> {
    edit(file, |document| document["model"] = value(model))
}

/// Sets the folders and rules of an indexer.
pub fn set_watched(file: &Path, watched: &Watched) -> Result<()> {
    let roots = watched.roots.iter().map(|root| root.to_str()).collect::<Option<Array>>();
    let roots = roots.context("a folder whose name is not UTF-8 has no place in the configuration file")?;
    let list = |patterns: &[String]| value(Array::from_iter(patterns.iter().map(String::as_str)));
    let min_size = i64::try_from(watched.rules.min_size).context("min_size is too large")?;
    edit(file, |document| {
        document["roots"] = value(roots);
        document["include"] = list(&watched.rules.include);
        document["exclude"] = list(&watched.rules.exclude);
        document["min_size"] = value(min_size);
    })
}

/// Sets when a server reindexes, as a cron expression; `None` for never.
pub fn set_schedule(file: &Path, cron: Option<&str>) -> Result<()> {
    edit(file, |document| match cron {
        Some(cron) => document["reindex"] = value(cron),
        None => drop(document.remove("reindex")),
    })
}

fn edit(file: &Path, change: impl FnOnce(&mut DocumentMut)) -> Result<()> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        text => text.with_context(|| format!("cannot read the configuration file {}", file.display()))?,
    };
    let mut document: DocumentMut =
        text.parse().with_context(|| format!("mistake in the configuration file {}", file.display()))?;
    change(&mut document);
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| write_atomically(file, document.to_string().as_bytes(), Durability::PowerCut))
        .with_context(|| format!("cannot write the configuration file {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_other_keys_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/config.toml");
        set_model(&file, "builtin").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "model = \"builtin\"\n");
        fs::write(&file, "# mine\nroots = [\"/a\"]  # all of it\nmodel = \"old\"\n").unwrap();
        set_model(&file, "ViT-B-32__openai").unwrap();
        let expected = "# mine\nroots = [\"/a\"]  # all of it\nmodel = \"ViT-B-32__openai\"\n";
        assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    }

    #[test]
    fn a_schedule_is_set_and_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, "# mine\nroots = [\"/a\"]\n").unwrap();
        set_schedule(&file, Some("15 3 * * *")).unwrap();
        assert!(fs::read_to_string(&file).unwrap().ends_with("reindex = \"15 3 * * *\"\n"));
        set_schedule(&file, None).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "# mine\nroots = [\"/a\"]\n");
    }

    #[test]
    fn a_mistake_is_not_made_worse() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, "roots = [").unwrap();
        assert!(set_model(&file, "builtin").is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "roots = [");
    }
}
