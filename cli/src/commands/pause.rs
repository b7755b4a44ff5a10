//! `foray pause` and `foray resume`: holding up the indexing of a running server.

use anyhow::{Result, bail};
use foray_protocol::{Client, GateState};

use crate::arguments::PauseArguments;
use crate::connection::Connection;
use crate::settings::Settings;

pub fn pause(settings: &Settings, arguments: &PauseArguments) -> Result<()> {
    tell(&server(settings, "pause")?.pause_indexer(arguments.minutes)?);
    Ok(())
}

pub fn resume(settings: &Settings) -> Result<()> {
    tell(&server(settings, "resume")?.resume_indexer()?);
    Ok(())
}

fn server(settings: &Settings, command: &str) -> Result<Client> {
    match Connection::open(settings, command, false)? {
        Connection::Server(client) => Ok(client),
        Connection::Here(_) => bail!("no `foray up` runs with the library {}", settings.library.display()),
    }
}

fn tell(state: &GateState) {
    match &state.reason {
        Some(reason) => println!("indexing is held up: {reason}"),
        None => println!("indexing goes on"),
    }
}
