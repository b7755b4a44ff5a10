//! The subcommands, one file each.

mod backup;
mod captions;
mod classifiers;
mod classify;
mod doctor;
mod duplicates;
mod eval;
mod export;
mod facets;
mod index;
mod mcp;
mod migrate;
mod model_switch;
mod models;
mod open;
mod password;
mod pause;
mod rank;
mod reindex;
mod saved;
mod schedule;
mod search;
mod self_check;
mod serve;
mod shell;
mod status;
mod tags;
mod unusual;

use std::process::ExitCode;

use anyhow::Result;

pub use open::Target;

use crate::arguments::Command;
use crate::settings::Settings;

/// Runs the command that was typed.
pub fn run(settings: Settings, command: Command) -> Result<ExitCode> {
    settings.isolate_decoding()?;
    let done = match command {
        Command::Completions { shell } => shell::completions(shell),
        Command::Man => shell::man(),
        Command::Password => password::password(),
        Command::Reindex(arguments) => {
            return reindex::reindex(&settings.for_indexing(&arguments.indexing)?, &arguments);
        }
        Command::Up(arguments) => serve::up(&settings.for_indexing(&arguments.indexing)?, &arguments),
        Command::Index(arguments) => index::index(&settings.for_indexing(&arguments.indexing)?, &arguments),
        Command::Indexer(arguments) => index::indexer(&settings.for_indexing(&arguments.indexing)?, &arguments),
        Command::Pause(arguments) => pause::pause(&settings, &arguments),
        Command::Resume => pause::resume(&settings),
        Command::Serve(arguments) => serve::serve(&settings, &arguments),
        Command::Search(arguments) => search::search(&settings, &arguments),
        Command::Similar(arguments) => search::similar(&settings, &arguments),
        Command::Rank(arguments) => rank::rank(&settings, &arguments),
        Command::Unusual(arguments) => unusual::unusual(&settings, &arguments),
        Command::Classify(arguments) => classify::classify(&settings, &arguments),
        Command::Eval(arguments) => eval::eval(&settings, &arguments),
        Command::Captions(arguments) => return captions::captions(&settings, &arguments),
        Command::Classifiers(arguments) => classifiers::classifiers(&settings, &arguments),
        Command::Tags(arguments) => tags::tags(&settings, &arguments),
        Command::Open(arguments) => open::open(&settings, &arguments),
        Command::Duplicates(arguments) => duplicates::duplicates(&settings, &arguments),
        Command::Saved(arguments) => saved::saved(&settings, &arguments),
        Command::Facets(arguments) => facets::facets(&settings, &arguments),
        Command::Status(arguments) => status::status(&settings, &arguments),
        Command::Backup(arguments) => backup::backup(&settings, &arguments),
        Command::Restore(arguments) => backup::restore(&settings, &arguments),
        Command::Export(arguments) => export::export(&settings, &arguments),
        Command::Import(arguments) => export::import(&settings, &arguments),
        Command::Migrate(arguments) => migrate::migrate(&settings, &arguments),
        Command::Mcp => mcp::mcp(&settings),
        Command::SelfCheck(arguments) => self_check::self_check(&settings, &arguments),
        Command::Doctor(arguments) => doctor::doctor(&settings, &arguments),
        Command::Models(command) => models::models(&settings, command),
    };
    done.map(|()| ExitCode::SUCCESS)
}
