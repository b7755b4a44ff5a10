//! `foray export` and `foray import`: photos in open forms, out of a library and into one.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use foray_library::backup::restore;
use foray_library::export::{Export, ImportSummary, Manifest};
use foray_library::{Library, OpenOptions};
use foray_protocol::Client;
use serde_json::json;

use crate::arguments::{ExportArguments, ImportArguments};
use crate::commands::backup::fetch;
use crate::connection::Connection;
use crate::output::print_json;
use crate::progress::ImportBar;
use crate::settings::Settings;

pub fn export(settings: &Settings, arguments: &ExportArguments) -> Result<()> {
    let folder = std::path::absolute(&arguments.folder)?;
    let manifest = match Connection::open(settings, "export", false)? {
        Connection::Here(library) => library.embedded_to_be("exported")?.export(&folder)?,
        Connection::Server(client) => export_from_server(&client, &folder)?,
    };
    if arguments.json {
        return print_json(&json!({ "folder": folder, "manifest": manifest }));
    }
    let Manifest { photos, files, failures, .. } = manifest;
    println!("{photos} photos in {files} files, and {failures} failures are in {}", folder.display());
    Ok(())
}

/// A server keeps its library to itself: what is exported is a backup of it.
fn export_from_server(client: &Client, folder: &Path) -> Result<Manifest> {
    let beside = folder.parent().unwrap_or(folder);
    let copy = tempfile::tempdir_in(beside).with_context(|| format!("cannot write to {}", beside.display()))?;
    let (backup, library) = (copy.path().join("backup"), copy.path().join("library"));
    fetch(client, &backup)?;
    restore(&backup, &library)?;
    fs::remove_file(&backup)?;
    Ok(Library::open(&OpenOptions::new(library, "export"))?.export(folder)?)
}

pub fn import(settings: &Settings, arguments: &ImportArguments) -> Result<()> {
    let export = Export::open(&arguments.folder)?;
    let connection = Connection::open(settings, "import", true)?;
    export.check_fits(&connection.status()?)?;
    let bar = ImportBar::new(settings.show_progress, export.manifest().photos);
    let summary = export.import(connection.ingest().as_ref(), &|done| bar.show(done));
    bar.finish();
    let summary = summary?;
    if arguments.json { print_json(&summary) } else { print_summary(&summary) }
}

fn print_summary(summary: &ImportSummary) -> Result<()> {
    let ImportSummary { photos_added, files_added, failures_added, files_kept } = summary;
    println!(
        "{photos_added} photos, {files_added} files and {failures_added} failures added; {files_kept} files were there and stay as they are"
    );
    Ok(())
}
