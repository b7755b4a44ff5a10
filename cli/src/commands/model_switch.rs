//! `foray reindex --model NAME`: all photos get vectors of another model while the one before goes on serving, then it takes over.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use foray_indexer::{IndexOptions, Indexer, ReembedSummary};
use foray_protocol::{ProblemKind, ProtocolError, SpaceId, StopSignal};
use serde::Serialize;

use crate::arguments::ReindexArguments;
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

impl ModelSwitch {
    /// Goes over to the model of `settings`; `None` where the library has it already.
    pub fn make(
        settings: &Settings,
        arguments: &ReindexArguments,
        connection: &Connection,
        stop: &StopSignal,
    ) -> Result<Option<Self>> {
        let Some(from) = connection.space()? else { return Ok(None) };
        let embedder = settings.open_embedder()?;
        let to = embedder.space().clone();
        if to == from {
            return Ok(None);
        }
        let indexer = Indexer::new(connection.ingest(), Arc::new(embedder), IndexOptions::default());
        let mut switch = Self { from, to, done: false, dropped_old: false, summary: ReembedSummary::default() };
        while !switch.done {
            switch.embed_all(settings, &indexer, connection, stop)?;
            if switch.summary.stopped {
                return Ok(Some(switch));
            }
            switch.done = switch.take_over(settings, connection)?;
        }
        if arguments.drop_old {
            connection.spaces().drop_space(&switch.from)?;
            switch.dropped_old = true;
        }
        Ok(Some(switch))
    }

    /// Gives all photos vectors; those that came meanwhile in another round, until none is left.
    fn embed_all(
        &mut self,
        settings: &Settings,
        indexer: &Indexer,
        connection: &Connection,
        stop: &StopSignal,
    ) -> Result<()> {
        let bar = IndexBar::new(settings.show_progress);
        let total = &mut self.summary;
        let outcome = loop {
            match indexer.reembed(connection.spaces().as_ref(), stop, &|progress| bar.show(progress)) {
                Err(error) => break Err(error.into()),
                Ok(round) => {
                    total.embedded += round.embedded;
                    total.from_previews += round.from_previews;
                    total.seconds += round.seconds;
                    (total.unreadable, total.stopped) = (round.unreadable, round.stopped);
                    if round.embedded == 0 || round.stopped {
                        break Ok(());
                    }
                }
            }
        };
        bar.finish();
        outcome
    }

    /// Switches; `false` when a photo came in the last moment.
    fn take_over(&self, settings: &Settings, connection: &Connection) -> Result<bool> {
        let Self { from, to, summary: ReembedSummary { unreadable, .. }, .. } = self;
        if *unreadable > 0 {
            bail!(
                "{unreadable} photos have neither a file nor a preview to make vectors of {to} from, so the library stays with \
                 {from}: connect the disks that hold them and run this again, or let `foray reindex --prune` forget files that \
                 are gone"
            );
        }
        match connection.spaces().switch_space(to, &name_for_others(&settings.model)) {
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
