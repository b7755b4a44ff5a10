//! Changing the configuration file: one key, everything else left as its owner wrote it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use foray_library::{Durability, write_atomically};
use toml_edit::{DocumentMut, value};

/// Sets `model` in `file`, which is made if there is none.
pub fn set_model(file: &Path, model: &str) -> Result<()> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        text => text.with_context(|| format!("cannot read the configuration file {}", file.display()))?,
    };
    let mut document: DocumentMut =
        text.parse().with_context(|| format!("mistake in the configuration file {}", file.display()))?;
    document["model"] = value(model);
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
    fn a_mistake_is_not_made_worse() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, "roots = [").unwrap();
        assert!(set_model(&file, "builtin").is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "roots = [");
    }
}
