//! `foray backup` and `foray restore`: a whole library into one file, and back.

use std::fs;
use std::io::{self, Seek};
use std::path::Path;

use anyhow::{Context, Result, bail};
use foray_library::backup::{Header, restore as restore_library, verify};
use foray_library::{Durability, fill_atomically, remove_leftovers};
use foray_protocol::Client;
use serde_json::json;

use crate::arguments::{BackupArguments, RestoreArguments};
use crate::connection::Connection;
use crate::output::print_json;
use crate::settings::Settings;

pub fn backup(settings: &Settings, arguments: &BackupArguments) -> Result<()> {
    let BackupArguments { file, json } = arguments;
    let header = match Connection::open(settings, "backup", false)? {
        Connection::Here(library) => library.embedded_to_be("backed up")?.backup_to(file)?,
        Connection::Server(client) => fetch(&client, file)?,
    };
    let bytes = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    if *json {
        return print_json(&json!({ "file": file, "bytes": bytes, "backup": header }));
    }
    let size = indicatif::HumanBytes(bytes);
    println!("{} are in {} ({size}), read back and found whole", contents(&header), file.display());
    Ok(())
}

pub fn restore(settings: &Settings, arguments: &RestoreArguments) -> Result<()> {
    if let Some(url) = &settings.server {
        bail!("a library is restored on its own machine; leave out --server {url}");
    }
    let header = restore_library(&arguments.file, &settings.library)?;
    if arguments.json {
        return print_json(&json!({ "library": settings.library, "backup": header }));
    }
    println!("{} are in the library at {}", contents(&header), settings.library.display());
    println!("`foray index DIR` brings it up to date with the photo folders");
    Ok(())
}

/// Writes the server's backup to `file`, which is there only when it is complete and was read again without fault.
pub fn fetch(client: &Client, file: &Path) -> Result<Header> {
    let mut backup = client.backup()?;
    remove_leftovers(file);
    fill_atomically(file, Durability::PowerCut, |handle| {
        io::copy(&mut backup, handle).with_context(|| format!("cannot write {} from the server", file.display()))?;
        handle.rewind()?;
        anyhow::Ok(verify(&*handle, file)?)
    })
    .with_context(|| format!("no backup was written to {}", file.display()))
}

fn contents(header: &Header) -> String {
    let Header { photos, files, failed, .. } = header;
    format!("{photos} photos in {files} files, and {failed} failures")
}
