//! `foray index` and `foray indexer`: photo folders into a library, once or watching.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use foray_indexer::{IndexOptions, IndexSummary, Indexer};
use foray_library::{Library, OpenOptions};
use foray_protocol::{Another, Kept, Patience, ProtocolError, StopSignal, WatchList, Watched};

use crate::arguments::{IndexArguments, IndexerArguments};
use crate::config_file;
use crate::connection::Connection;
use crate::logging;
use crate::output::print_json;
use crate::progress::IndexBar;
use crate::settings::Settings;
use crate::shutdown;

pub fn index(settings: &Settings, arguments: &IndexArguments) -> Result<()> {
    let stop = StopSignal::default();
    shutdown::on_signal(&stop, || ())?;
    let options = IndexOptions { prune: arguments.prune, ..settings.index_options()? };
    let connection = if arguments.repair { repair(settings)? } else { Connection::open(settings, "index", true)? };
    let indexer = connect(&connection, settings, options)?;
    let bar = IndexBar::new(settings.show_progress);
    let summary = indexer.index(&arguments.folders, &stop, &|progress| bar.show(progress));
    bar.finish();
    let summary = summary?;
    summary.warnings.iter().for_each(logging::warning);
    if arguments.json { print_json(&summary) } else { print_summary(&summary) }
}

pub fn indexer(settings: &Settings, arguments: &IndexerArguments) -> Result<()> {
    if settings.server.is_none() {
        bail!("`foray indexer` feeds a server: name it with --server URL, or use `foray up` to do both in one process");
    }
    let stop = StopSignal::default();
    shutdown::on_signal(&stop, || ())?;
    let connection = Connection::open(settings, "indexer", true)?;
    // The server may be started after its indexers, as after a power cut.
    let space = Patience::FOR_EVER.retry(&stop, another, || connection.space());
    let Some(space) = unless_stopped(space, &stop)? else { return Ok(()) };
    let embedder = Arc::new(settings.open_embedder_for(space.as_ref())?);
    let options = IndexOptions { gate: settings.gate(arguments.hours.as_deref())?, ..settings.index_options()? };
    let indexer = Indexer::new(connection.ingest(), embedder, options);
    let bar = IndexBar::new(settings.show_progress);
    let list = watch_list(settings, arguments.folders.clone())?;
    let watched = indexer.watch(&list, &stop, &|progress| bar.show(progress));
    bar.finish();
    Ok(watched?)
}

/// The folders with the rules of the settings. What the list is changed to while it is followed is checked, and kept in the
/// configuration file.
pub(super) fn watch_list(settings: &Settings, roots: Vec<PathBuf>) -> Result<WatchList> {
    let watched = Watched { roots, rules: settings.index_options()?.rules };
    let config_file = settings.config_file.clone();
    let keep = move |watched: &Watched| keep(&config_file, watched).map_err(|error| format!("{error:#}"));
    Ok(WatchList::new(Kept::new(watched, keep)))
}

fn keep(config_file: &Path, watched: &Watched) -> Result<()> {
    if watched.roots.is_empty() {
        bail!("got no folder; at least one must stay");
    }
    for root in &watched.roots {
        if !root.is_absolute() || !root.is_dir() {
            bail!("{} is no folder; expected the absolute path of one", root.display());
        }
    }
    foray_indexer::check_rules(&watched.rules)?;
    config_file::set_watched(config_file, watched)
}

fn another(error: &anyhow::Error) -> Another {
    error.downcast_ref().map_or(Another::Never, ProtocolError::another)
}

/// Whoever stops a daemon that waits wants no error of it.
fn unless_stopped<T>(outcome: Result<T>, stop: &StopSignal) -> Result<Option<T>> {
    if stop.is_stopped() { Ok(outcome.ok()) } else { outcome.map(Some) }
}

/// Opens the library here, damaged or not: a server that has it would not run if it were.
fn repair(settings: &Settings) -> Result<Connection> {
    if let Some(store) = &settings.store {
        bail!("--repair is for a library in a folder; {} is repaired by indexing again: leave it out", store.address);
    }
    let options = OpenOptions { create: true, repair: true, ..OpenOptions::new(&settings.library, "index") };
    Ok(Connection::Here(Arc::new(Library::open(&options)?)))
}

pub(super) fn connect(connection: &Connection, settings: &Settings, options: IndexOptions) -> Result<Indexer> {
    let embedder = Arc::new(settings.open_embedder_for(connection.space()?.as_ref())?);
    Ok(Indexer::new(connection.ingest(), embedder, options))
}

pub(super) fn print_summary(summary: &IndexSummary) -> Result<()> {
    let IndexSummary { indexed, unchanged, moved, copied, removed, failed, seconds, .. } = summary;
    println!(
        "{indexed} indexed, {unchanged} unchanged, {moved} moved, {copied} copied, {removed} removed, {failed} failed in {seconds:.1} s{}",
        if summary.stopped { " (stopped early; run it again to go on)" } else { "" }
    );
    if *failed > 0 {
        println!("`foray status --failed` tells which files failed, and why");
    }
    Ok(())
}
