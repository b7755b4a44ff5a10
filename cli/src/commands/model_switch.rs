//! Going over to another model, by `foray reindex --model NAME` or on the page: all photos get vectors of it while the one before goes
//! on serving, then it takes over.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use foray_embedding::Embedder;
use foray_indexer::{IndexOptions, Indexer, ReembedSummary};
use foray_protocol::{IndexProgress, Ingest, ProblemKind, ProtocolError, SpaceId, Spaces, StopSignal};
use foray_server::SearchService;
use serde::Serialize;

use crate::arguments::ReindexArguments;
use crate::config_file::set_model;
use crate::connection::Connection;
use crate::progress::IndexBar;
use crate::settings::Settings;

/// What was done to make another model the one that is searched.
#[derive(Debug, Serialize)]
pub struct ModelSwitch {
    from: SpaceId,
    to: SpaceId,
    /// Whether the model took over; else the same command goes on where this one ended.
    done: bool,
    /// Whether the vectors of the one before were deleted.
    dropped_old: bool,
    #[serde(flatten)]
    summary: ReembedSummary,
}

/// A library that goes over to another model, and the model.
pub struct GoingOver<'a> {
    pub ingest: Arc<dyn Ingest>,
    pub spaces: Arc<dyn Spaces>,
    /// The space that is searched until then.
    pub from: SpaceId,
    pub embedder: Embedder,
    /// The model's name, or its folder.
    pub model: &'a str,
    pub stop: &'a StopSignal,
    /// Told how far it is.
    pub told: &'a (dyn Fn(&IndexProgress) + Sync),
}

impl GoingOver<'_> {
    /// Gives all photos vectors of the model and has it take over; `None` where the library has it already.
    pub fn finish(self) -> Result<Option<ModelSwitch>> {
        let Self { ingest, spaces, from, embedder, model, stop, told } = self;
        let to = embedder.space().clone();
        if to == from {
            return Ok(None);
        }
        let indexer = Indexer::new(ingest, Arc::new(embedder), IndexOptions::default());
        let mut switch = ModelSwitch { from, to, done: false, dropped_old: false, summary: ReembedSummary::default() };
        while !switch.done {
            switch.embed_all(|| Ok(indexer.reembed(spaces.as_ref(), stop, told)?))?;
            if switch.summary.stopped {
                break;
            }
            switch.done = switch.take_over(spaces.as_ref(), model)?;
        }
        Ok(Some(switch))
    }
}

impl ModelSwitch {
    /// Goes over to the model of `settings`; `None` where the library has it already.
    pub fn make(
        settings: &Settings,
        arguments: &ReindexArguments,
        connection: &Connection,
        stop: &StopSignal,
    ) -> Result<Option<Self>> {
        let Some(from) = connection.space()? else { return Ok(None) };
        let bar = IndexBar::new(settings.show_progress);
        let (ingest, spaces, embedder) = (connection.ingest(), connection.spaces(), settings.open_embedder()?);
        let told = |progress: &IndexProgress| bar.show(progress);
        let going = GoingOver { ingest, spaces, from, embedder, model: &settings.model, stop, told: &told };
        let switched = going.finish();
        bar.finish();
        let Some(mut switch) = switched? else { return Ok(None) };
        if switch.done && arguments.drop_old {
            connection.spaces().drop_space(&switch.from)?;
            switch.dropped_old = true;
        }
        Ok(Some(switch))
    }

    /// The same in the process that serves the library: a model of the store, whatever the command line named.
    pub fn beside_searches(
        settings: &Settings,
        service: &SearchService,
        model: &str,
        stop: &StopSignal,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<()> {
        let _lock = settings.reindex_lock()?;
        let embedder = settings.open_model(model)?;
        match service.library().space() {
            None => service.switch_space(embedder.space(), model)?,
            Some(from) => {
                let ingest = Arc::clone(service.library()) as Arc<dyn Ingest>;
                let spaces = Arc::new(service.clone());
                let told = |progress: &IndexProgress| {
                    // The last round finds nothing to do, which is no news of what was done.
                    if progress.found > 0 {
                        told(progress.done, progress.found);
                    }
                };
                let going = GoingOver { ingest, spaces, from, embedder, model, stop, told: &told };
                if going.finish()?.is_some_and(|switch| !switch.done) {
                    bail!("it was stopped; begun again, it goes on where it ended");
                }
            }
        }
        // A configuration that names the model before would have the next start refuse the library.
        if settings.names_model { set_model(&settings.config_file, model) } else { Ok(()) }
    }

    /// Adds up rounds until one finds nothing to embed: photos may come meanwhile.
    fn embed_all(&mut self, round: impl Fn() -> Result<ReembedSummary>) -> Result<()> {
        let total = &mut self.summary;
        loop {
            let round = round()?;
            total.embedded += round.embedded;
            total.from_previews += round.from_previews;
            total.seconds += round.seconds;
            (total.unreadable, total.stopped) = (round.unreadable, round.stopped);
            if round.embedded == 0 || round.stopped {
                return Ok(());
            }
        }
    }

    /// Switches; `false` when a photo came in the last moment.
    fn take_over(&self, spaces: &dyn Spaces, model: &str) -> Result<bool> {
        let Self { from, to, summary: ReembedSummary { unreadable, .. }, .. } = self;
        if *unreadable > 0 {
            bail!(
                "{unreadable} photos have neither a file nor a preview to make vectors of {to} from, so the library stays with \
                 {from}: connect the disks that hold them and run this again, or let `foray reindex --prune` forget files that \
                 are gone"
            );
        }
        match spaces.switch_space(to, &name_for_others(model)) {
            Ok(()) => Ok(true),
            Err(ProtocolError::Refused(problem)) if problem.kind == ProblemKind::Uncovered => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub fn print(&self) {
        let Self { from, to, done, dropped_old, summary } = self;
        let ReembedSummary { embedded, from_previews, seconds, .. } = summary;
        let from_previews = if *from_previews > 0 { format!(", {from_previews} of previews") } else { String::new() };
        let outcome = match (done, dropped_old) {
            (true, true) => format!("it is searched by {to} now; the vectors of {from} are deleted"),
            (true, false) => format!("it is searched by {to} now; `foray reindex --model {}` goes back", from.model()),
            (false, _) => format!("it is searched by {from} still; the same command goes on where this one ended"),
        };
        println!("{embedded} photos got vectors of {}{from_previews} in {seconds:.1} s; {outcome}", to.model());
    }
}

/// The model's name, or where its folder is, as a program in another folder finds it.
fn name_for_others(model: &str) -> String {
    let folder = fs::canonicalize(Path::new(model)).ok().filter(|path| path.is_dir());
    folder.map_or_else(|| model.to_owned(), |path| path.display().to_string())
}
