//! `foray serve` and `foray up`: the query server, alone or with the watching indexer in the same process.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use foray_embedding::Hub;
use foray_indexer::{IndexOptions, Indexer};
use foray_library::Store;
use foray_protocol::{DEFAULT_BIND, IndexerControl, Ingest, StopSignal, WatchList};
use foray_server::{AccessRules, ModelControl, SearchService, Server, ServerHandle};

use super::index;
use super::model_switch::ModelSwitch;
use super::models;
use super::schedule::{self, ScheduledReindex};
use crate::arguments::{ServeArguments, UpArguments};
use crate::logging;
use crate::output;
use crate::page_key::PageKey;
use crate::progress::IndexBar;
use crate::settings::Settings;
use crate::shutdown;

/// How often a server looks whether the visual tower is still used.
const UNLOAD_CHECK: Duration = Duration::from_secs(30);

pub fn serve(settings: &Settings, arguments: &ServeArguments) -> Result<()> {
    run(start(settings, arguments, "serve")?, &StopSignal::default())
}

pub fn up(settings: &Settings, arguments: &UpArguments) -> Result<()> {
    let stop = StopSignal::default();
    let gate = settings.gate(arguments.hours.as_deref())?;
    let times = schedule::times(settings, arguments.reindex.as_deref())?;
    let options = IndexOptions { gate: gate.clone(), ..settings.index_options()? };
    let started = start(settings, &arguments.serve, "up")?;
    let library = Arc::clone(started.service.library());
    let list = index::watch_list(settings, folders_to_watch(settings, arguments, library.as_ref())?)?;
    let control = IndexerControl { gate, list: list.clone(), schedule: times.clone() };
    let started = started.beside_indexer(control);
    let ingest = Arc::clone(&library) as Arc<dyn Ingest>;
    let indexer = Arc::new(Indexer::new(ingest, started.service.embedder().clone(), options));
    let scheduled = ScheduledReindex {
        times,
        library,
        settings: settings.clone(),
        indexer: Arc::clone(&indexer),
        list: list.clone(),
        stop: stop.clone(),
    };
    let scheduled = thread::spawn(move || scheduled.run());
    let watching = watch_in_background(indexer, list, stop.clone(), settings.show_progress)?;
    let served = run(started, &stop);
    stop.stop();
    let watched = watching.join().map_err(|_| anyhow::anyhow!("the indexer broke down; start again to go on"))?;
    // It logs its own trouble, and a panic was told of where it happened.
    drop(scheduled.join());
    served.and(watched)
}

/// A server that listens, and the model that is being made ready for it.
struct Started {
    server: Server,
    service: SearchService,
    /// The page's key, where there is no token.
    page_key: Option<PageKey>,
    warming_up: thread::JoinHandle<()>,
}

impl Started {
    /// The same with an indexer in this process, which the server can hold up and change.
    fn beside_indexer(self, control: IndexerControl) -> Self {
        Self { server: self.server.with_indexer(control), ..self }
    }
}

/// Opens library and model, and listens; the address is announced to other processes.
fn start(settings: &Settings, arguments: &ServeArguments, command: &str) -> Result<Started> {
    if let Some(url) = &settings.server {
        bail!("`foray {command}` is a server itself; leave out --server {url}");
    }
    let library = settings.open_store(command, true, true)?;
    let embedder = settings.open_embedder_for(library.space().as_ref())?;
    let models = settings.clone();
    let open_model = move |name: &str| models.open_model(name).map_err(|error| output::message(&error));
    let service = SearchService::new(library, Arc::new(embedder)).with_models(Arc::new(open_model));
    let bind = arguments.bind.as_deref().or(settings.bind.as_deref()).unwrap_or(DEFAULT_BIND);
    let tls = settings.tls_files(arguments)?;
    let rules = settings.access_rules()?;
    let page_key = rules.is_open().then(|| PageKey::of(&settings.library)).transpose()?;
    let rules = AccessRules { page_key: page_key.as_ref().map(PageKey::token).transpose()?, ..rules };
    let server = Server::bind(service.clone(), bind, rules, tls.as_ref())?;
    let server = server.with_models(model_control(settings, &service));
    if let Some(library) = service.library().embedded() {
        library.announce(server.local_url())?;
    }
    let warming_up = warm_up_in_background(&service);
    if let Some(idle) = settings.unload_after {
        unload_in_background(&service, idle);
    }
    Ok(Started { server, service, page_key, warming_up })
}

/// What the server may do with models: only this program knows both how photos are searched and how they are indexed.
fn model_control(settings: &Settings, service: &SearchService) -> ModelControl {
    let hub = (!models::is_offline()).then(Hub::from_environment);
    let (store, settings, service) = (settings.models.clone(), settings.clone(), service.clone());
    let go_over = move |model: &str, stop: &StopSignal, told: &(dyn Fn(usize, usize) + Sync)| {
        ModelSwitch::beside_searches(&settings, &service, model, stop, told).map_err(|error| output::message(&error))
    };
    ModelControl { store, hub, go_over: Arc::new(go_over) }
}

/// So that the first query does not wait for the model.
fn warm_up_in_background(service: &SearchService) -> thread::JoinHandle<()> {
    let embedder = service.embedder().get();
    thread::spawn(move || {
        if let Err(error) = embedder.warm_up() {
            tracing::error!("the model cannot be used: {error}");
        }
    })
}

/// So that a server without work does not hold the memory of the visual tower. Ends with the process.
fn unload_in_background(service: &SearchService, idle: Duration) {
    let embedder = service.embedder().clone();
    thread::spawn(move || {
        loop {
            thread::sleep(idle.min(UNLOAD_CHECK));
            if embedder.get().unload_visual_after(idle) {
                tracing::debug!("the visual tower was not used for {} s and is let go", idle.as_secs());
            }
        }
    });
}

fn run(started: Started, stop: &StopSignal) -> Result<()> {
    let Started { server, page_key, warming_up, .. } = started;
    let handle: Arc<OnceLock<ServerHandle>> = Arc::default();
    let to_stop = Arc::clone(&handle);
    shutdown::on_signal(stop, move || to_stop.get().into_iter().for_each(ServerHandle::stop))?;
    announce(server.url(), page_key.as_ref());
    server.run(|started| {
        // Set once: this server runs once.
        let _ = handle.set(started);
    })?;
    // A process that ends while ONNX Runtime loads a graph ends with a segmentation fault. A failure was logged there.
    let _ = warming_up.join();
    Ok(())
}

/// Tells people where to go. Both lines are written at once, and a reader that took the first one and went away is no trouble.
fn announce(url: &str, page_key: Option<&PageKey>) {
    let mut lines = format!("Foray serves {url} (Ctrl-C stops it)\n");
    if let Some(key) = page_key {
        lines += &format!("To change folders and models on the page, too, open {}\n", key.link(url));
    }
    let _ = io::stdout().write_all(lines.as_bytes());
}

fn folders_to_watch(settings: &Settings, arguments: &UpArguments, library: &dyn Store) -> Result<Vec<PathBuf>> {
    let known = || -> Result<Vec<PathBuf>> {
        Ok(library.status()?.roots.iter().map(|root| root.as_path().to_owned()).collect())
    };
    let folders = match (arguments.folders.is_empty(), settings.roots.is_empty()) {
        (false, _) => arguments.folders.clone(),
        (true, false) => settings.roots.clone(),
        (true, true) => known()?,
    };
    if folders.is_empty() {
        logging::warning(
            "no photo folder is known yet: add one on the page, under Library, or name it: `foray up ~/Pictures`",
        );
    }
    if let Some(missing) = arguments.folders.iter().find(|folder| !folder.exists()) {
        bail!("there is no folder {}", missing.display());
    }
    // The page shows them, and gives them back when others are added.
    folders.iter().map(|folder| Ok(std::path::absolute(folder)?)).collect()
}

fn watch_in_background(
    indexer: Arc<Indexer>,
    list: WatchList,
    stop: StopSignal,
    show_progress: bool,
) -> Result<thread::JoinHandle<Result<()>>> {
    let watch = move || {
        let bar = IndexBar::new(show_progress);
        let watched = indexer.watch(&list, &stop, &|progress| bar.show(progress));
        bar.finish();
        if let Err(error) = &watched {
            tracing::error!("the indexer stopped: {error}; searches go on");
        }
        Ok(watched?)
    };
    thread::Builder::new().name("indexer".to_owned()).spawn(watch).context("cannot start the indexer")
}
