//! `foray unusual`.

use anyhow::Result;
use foray_protocol::UnusualRequest;

use crate::arguments::UnusualArguments;
use crate::connection::Connection;
use crate::output::{print_json, print_scored};
use crate::patience::wait_for;
use crate::settings::Settings;

pub fn unusual(settings: &Settings, arguments: &UnusualArguments) -> Result<()> {
    let search = Connection::open(settings, "unusual", false)?.search(settings)?;
    let UnusualArguments { limit, neighbours, kind, hide_junk, ref filter, format } = *arguments;
    let request = UnusualRequest { limit, offset: 0, neighbours, kind: kind.into(), hide_junk, filter: filter.clone() };
    let results = wait_for(|| search.unusual(&request))?;
    if format.json {
        return print_json(&results);
    }
    print_scored(format, results.results.iter().map(|hit| (hit.score, hit.photo.photo_path())))
}
