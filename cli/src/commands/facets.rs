//! `foray facets`: how the photos of a library divide.

use std::io::{self, Write};

use anyhow::Result;
use foray_protocol::{Facet, Facets, FacetsRequest};

use crate::arguments::FacetsArguments;
use crate::connection::Connection;
use crate::output::print_json;
use crate::settings::Settings;

/// Of each kind, so many values are shown to people.
const SHOWN: usize = 10;

pub fn facets(settings: &Settings, arguments: &FacetsArguments) -> Result<()> {
    let connection = Connection::open(settings, "facets", false)?;
    let facets = connection.facets(&FacetsRequest { filter: arguments.filter.clone() })?;
    if arguments.json { print_json(&facets) } else { print(&facets) }
}

fn print(facets: &Facets) -> Result<()> {
    let Facets { photos, years, cameras, lenses, places, folders, types, tags } = facets;
    let mut out = io::stdout().lock();
    writeln!(out, "{photos} photos")?;
    let kinds: [(&str, &[Facet]); 7] = [
        ("taken", years),
        ("camera", cameras),
        ("lens", lenses),
        ("place", places),
        ("in", folders),
        ("type", types),
        ("tag", tags),
    ];
    for (kind, values) in kinds {
        for Facet { value, count } in values.iter().take(SHOWN) {
            writeln!(out, "{count:>8}  {kind}:{}", quoted(value))?;
        }
        if values.len() > SHOWN {
            writeln!(out, "          {} more (--json)", values.len() - SHOWN)?;
        }
    }
    Ok(())
}

/// As a query takes it.
fn quoted(value: &str) -> String {
    if value.contains(char::is_whitespace) { format!("\"{value}\"") } else { value.to_owned() }
}
