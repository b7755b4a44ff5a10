//! `foray reindex`: everything brought up to date, with a report and exit codes that cron can tell apart.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use foray_indexer::{IndexOptions, IndexSummary};
use foray_protocol::{Maintenance, PhotoPath, StopSignal};
use serde::Serialize;

use super::index;
use super::model_switch::ModelSwitch;
use crate::arguments::ReindexArguments;
use crate::connection::Connection;
use crate::logging;
use crate::output::{ATTENTION, print_json};
use crate::progress::IndexBar;
use crate::settings::Settings;
use crate::shutdown;

#[derive(Serialize)]
struct Report {
    /// How another model took over, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<ModelSwitch>,
    /// What the folders held.
    index: IndexSummary,
    /// What the library did to itself; nothing when the run was ended early.
    maintenance: Option<Maintenance>,
}

pub fn reindex(settings: &Settings, arguments: &ReindexArguments) -> Result<ExitCode> {
    let stop = StopSignal::default();
    shutdown::on_signal(&stop, || ())?;
    let _lock = match settings.server {
        None => Some(settings.reindex_lock()?),
        Some(_) => None,
    };
    let connection = Connection::open(settings, "reindex", false)?;
    let model =
        if settings.switches_model { ModelSwitch::make(settings, arguments, &connection, &stop)? } else { None };
    let index = if stop.is_stopped() {
        IndexSummary { stopped: true, ..IndexSummary::default() }
    } else {
        index_folders(settings, arguments, &connection, &stop)?
    };
    let maintenance = if stop.is_stopped() { None } else { Some(connection.maintain()?) };
    let needs_attention = !index.warnings.is_empty() || index.stopped;
    index.warnings.iter().for_each(logging::warning);
    let report = Report { model, index, maintenance };
    let printed = if arguments.json { print_json(&report) } else { print(&report) };
    printed?;
    Ok(if needs_attention { ExitCode::from(ATTENTION) } else { ExitCode::SUCCESS })
}

fn index_folders(
    settings: &Settings,
    arguments: &ReindexArguments,
    connection: &Connection,
    stop: &StopSignal,
) -> Result<IndexSummary> {
    let ReindexArguments { folders, verify, prune, .. } = arguments;
    let (folders, mut warnings) = match folders.as_slice() {
        [] => all_folders(settings, connection)?,
        given => (given.to_vec(), vec![]),
    };
    let options = IndexOptions { prune: *prune, verify: *verify, ..settings.index_options()? };
    let indexer = index::connect(connection, settings, options)?;
    let bar = IndexBar::new(settings.show_progress);
    let summary = indexer.index(&folders, stop, &|progress| bar.show(progress));
    bar.finish();
    let mut summary = summary?;
    warnings.append(&mut summary.warnings);
    Ok(IndexSummary { warnings, ..summary })
}

/// The folders of the configuration and those that were indexed before, and warnings about those that left nothing.
fn all_folders(settings: &Settings, connection: &Connection) -> Result<(Vec<PathBuf>, Vec<String>)> {
    let indexed = connection.status()?.roots;
    let mut folders: Vec<PathBuf> = indexed.iter().map(|root| root.as_path().to_owned()).collect();
    folders.extend(settings.roots.iter().cloned());
    if folders.is_empty() {
        bail!("which photo folders? None was indexed before; name them: `foray reindex ~/Pictures`");
    }
    let ingest = connection.ingest();
    let (mut usable, mut warnings) = (vec![], vec![]);
    for folder in folders {
        if folder.exists() || !ingest.files_under(&PhotoPath::from(&folder), None, 1)?.is_empty() {
            usable.push(folder);
        } else {
            warnings.push(format!("there is no folder {}, and the library has nothing of it", folder.display()));
        }
    }
    if usable.is_empty() {
        bail!("{}; name the photo folders: `foray reindex ~/Pictures`", warnings.join("; "));
    }
    Ok((usable, warnings))
}

fn print(report: &Report) -> Result<()> {
    report.model.iter().for_each(ModelSwitch::print);
    index::print_summary(&report.index)?;
    let Some(Maintenance { forgotten, waiting, compacted, graph, neighbourhoods, database_bytes, seconds }) =
        &report.maintenance
    else {
        return Ok(());
    };
    let graph = match graph {
        Some(graph) if graph.rebuilt => format!("search graph built over {} photos", graph.photos),
        Some(graph) => format!("search graph of {} photos as it was", graph.photos),
        None => "searched without a graph".to_owned(),
    };
    let size = indicatif::HumanBytes(*database_bytes);
    println!(
        "{forgotten} forgotten for good, {waiting} kept without a file, {compacted} rows given back; {graph}; neighbours of \
         {neighbourhoods} photos known; database {size}; {seconds:.1} s"
    );
    Ok(())
}
