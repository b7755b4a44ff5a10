//! `foray duplicates`: groups of photos of which one is enough, and a plan of what could be removed. Deletes nothing.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use foray_library::{Durability, write_atomically};
use foray_protocol::{DuplicateGroup, DuplicateKind, DuplicateResults, DuplicatesRequest};

use crate::arguments::DuplicatesArguments;
use crate::connection::Connection;
use crate::output::print_json;
use crate::removal_plan::RemovalPlan;
use crate::settings::Settings;

/// Groups that are asked for at a time.
const PAGE: usize = 1_000;

pub fn duplicates(settings: &Settings, arguments: &DuplicatesArguments) -> Result<()> {
    let connection = Connection::open(settings, "duplicates", false)?;
    if let Some(file) = &arguments.plan {
        return plan(&connection, arguments.kind, file);
    }
    let request = DuplicatesRequest { kind: arguments.kind, limit: arguments.limit, offset: 0 };
    let results = connection.duplicates(&request)?;
    if arguments.json { print_json(&results) } else { print(&results) }
}

/// Only what is the same picture is planned to be removed, unless its owner asks for another kind.
fn plan(connection: &Connection, kind: Option<DuplicateKind>, file: &Path) -> Result<()> {
    let kinds = kind.map_or_else(|| vec![DuplicateKind::Exact, DuplicateKind::Near], |kind| vec![kind]);
    let mut groups = vec![];
    for kind in kinds {
        groups.extend(all_groups(connection, kind)?);
    }
    let plan = RemovalPlan::new(groups);
    if file == Path::new("-") {
        return print_json(&plan);
    }
    let json = serde_json::to_vec_pretty(&plan).context("cannot write the plan as JSON")?;
    let unwritable = || format!("cannot write the plan {}; choose another file for --plan", file.display());
    write_atomically(file, &json, Durability::Crash).with_context(unwritable)?;
    let (files, bytes) = (plan.files(), readable(plan.freed_bytes()));
    tracing::info!("planned: {files} files could be removed, {bytes}; nothing was deleted");
    Ok(())
}

fn all_groups(connection: &Connection, kind: DuplicateKind) -> Result<Vec<DuplicateGroup>> {
    let mut groups = vec![];
    loop {
        let request = DuplicatesRequest { kind: Some(kind), limit: PAGE, offset: groups.len() };
        let page = connection.duplicates(&request)?;
        groups.extend(page.groups);
        if groups.len() >= page.total || groups.len() % PAGE != 0 {
            return Ok(groups);
        }
    }
}

/// One line a file, `kind<TAB>keep or other<TAB>path<TAB>why or size`; an empty line between groups.
fn print(results: &DuplicateResults) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for (number, group) in results.groups.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let others = group.others.iter().map(|file| ("other", file, readable(file.bytes)));
        for (role, file, note) in std::iter::once(("keep", &group.keep, group.reason.to_string())).chain(others) {
            write!(out, "{}\t{role}\t", group.kind)?;
            out.write_all(file.photo_path().as_bytes())?;
            writeln!(out, "\t{note}")?;
        }
    }
    out.flush()?;
    let (shown, total, bytes) = (results.groups.len(), results.total, readable(results.freed_bytes));
    tracing::info!("{shown} of {total} groups; all of them could free {bytes}");
    Ok(())
}

fn readable(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable() {
        let sizes = [0, 999, 1_500, 2_500_000, 7_000_000_000].map(readable);
        assert_eq!(sizes, ["0 bytes", "999 bytes", "1.5 kB", "2.5 MB", "7.0 GB"]);
    }
}
