//! `foray saved`: the searches that are kept with the library.

use std::io::{self, Write};

use anyhow::Result;
use foray_protocol::SavedSearch;
use serde_json::json;

use crate::arguments::SavedArguments;
use crate::connection::Connection;
use crate::output::print_json;
use crate::settings::Settings;

pub fn saved(settings: &Settings, arguments: &SavedArguments) -> Result<()> {
    let connection = Connection::open(settings, "saved", false)?;
    if let Some(name) = &arguments.forget {
        return connection.forget_search(&name.parse()?);
    }
    let searches = connection.saved_searches()?;
    if arguments.json {
        return print_json(&json!({ "searches": searches }));
    }
    let mut out = io::stdout().lock();
    for SavedSearch { name, search } in &searches {
        writeln!(out, "{name}\t{}", search.query)?;
    }
    Ok(())
}
