//! `foray unusual`.

use anyhow::Result;
use foray_protocol::UnusualRequest;

use crate::arguments::UnusualArguments;
use crate::connection::Connection;
use crate::listing::{self, Line};
use crate::output::print_json;
use crate::patience::wait_for;
use crate::settings::Settings;

pub fn unusual(settings: &Settings, arguments: &UnusualArguments) -> Result<()> {
    let connection = Connection::open(settings, "unusual", false)?;
    let library = connection.spaces();
    let search = connection.search(settings)?;
    let UnusualArguments { limit, neighbours, kind, hide_junk, ref filter, format } = *arguments;
    let request = UnusualRequest { limit, offset: 0, neighbours, kind: kind.into(), hide_junk, filter: filter.clone() };
    let results = wait_for(|| search.unusual(&request))?;
    if format.json {
        return print_json(&results);
    }
    let lines = results.results.iter().map(|hit| Line::of_photo(&hit.photo, hit.score, library.as_ref()));
    listing::print(settings, format, lines)
}
