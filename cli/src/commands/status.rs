//! `foray status`: what the library holds, and what could not be indexed.

use std::io::{self, Write};

use anyhow::Result;
use foray_protocol::{LibraryStatus, SearchStructure};
use serde_json::json;

use crate::arguments::StatusArguments;
use crate::connection::Connection;
use crate::output::print_json;
use crate::settings::Settings;

pub fn status(settings: &Settings, arguments: &StatusArguments) -> Result<()> {
    let connection = Connection::open(settings, "status", false)?;
    if arguments.failed {
        return failed(&connection, arguments.json);
    }
    let status = connection.status()?;
    if arguments.json { print_json(&status) } else { print(&status) }
}

fn failed(connection: &Connection, json: bool) -> Result<()> {
    let failures = connection.failures()?;
    if json {
        return print_json(&json!({ "failures": failures }));
    }
    let mut out = io::stdout().lock();
    for failure in failures {
        out.write_all(failure.path.as_bytes())?;
        writeln!(out, "\t{}", failure.reason)?;
    }
    Ok(())
}

fn print(status: &LibraryStatus) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "library   {} (format {})", status.library, status.format)?;
    for root in &status.roots {
        writeln!(out, "folder    {root}")?;
    }
    let copies = status.files.saturating_sub(status.photos);
    writeln!(out, "photos    {} in {} files ({copies} copies)", status.photos, status.files)?;
    let how = if status.failed > 0 { " (see `foray status --failed`)" } else { "" };
    writeln!(out, "failed    {}{how}", status.failed)?;
    writeln!(out, "vectors   {} of {}", status.space.vectors, status.space.space)?;
    match status.search {
        SearchStructure::Exact { rows } => writeln!(out, "search    exact scan of {rows} rows")?,
        SearchStructure::Graph { rows, tail } => {
            writeln!(out, "search    graph of {rows} rows, exact scan of {tail} newer ones")?;
        }
    }
    if let Some(backend) = &status.backend {
        writeln!(out, "backend   {} {} on {}", backend.backend, backend.version, backend.device)?;
        backend.warning.iter().try_for_each(|warning| writeln!(out, "warning   {warning}"))?;
    }
    Ok(())
}
