//! `foray tags`: rules by which photos get tags.

use std::io::{self, Write};

use anyhow::Result;
use foray_protocol::{SearchName, TagRule, TagRuleRequest};
use serde_json::json;

use crate::arguments::{TagsArguments, TagsCommand};
use crate::connection::Connection;
use crate::logging;
use crate::output::print_json;
use crate::settings::Settings;

pub fn tags(settings: &Settings, arguments: &TagsArguments) -> Result<()> {
    let connection = Connection::open(settings, "tags", false)?;
    match &arguments.command {
        None => list(&connection, arguments.json),
        Some(TagsCommand::Add { classifier, only, min_probability }) => {
            let request = TagRuleRequest { only: only.clone(), min_probability: *min_probability };
            apply(&connection, classifier, &request)
        }
        Some(TagsCommand::Rm { name }) => {
            let photos = connection.forget_tag_rule(name)?;
            logging::notice(format!("{name}: {photos} photos lost a tag"));
            Ok(())
        }
        Some(TagsCommand::Run) => connection.tag_rules()?.into_iter().try_for_each(|rule| {
            let TagRule { classifier, only, min_probability } = rule;
            apply(&connection, &classifier.name, &TagRuleRequest { only, min_probability: Some(min_probability) })
        }),
    }
}

fn apply(connection: &Connection, name: &SearchName, request: &TagRuleRequest) -> Result<()> {
    let photos = connection.keep_tag_rule(name, request)?;
    logging::notice(format!("{name}: {photos} photos have a tag; `foray search tag:CLASS` finds them"));
    Ok(())
}

fn list(connection: &Connection, json: bool) -> Result<()> {
    let rules = connection.tag_rules()?;
    if json {
        return print_json(&json!({ "rules": rules }));
    }
    let mut out = io::stdout().lock();
    for TagRule { classifier, only, min_probability } in &rules {
        let classes = if only.is_empty() { &classifier.classes } else { only };
        writeln!(out, "{}\tfrom {min_probability}: {}", classifier.name, classes.join(", "))?;
    }
    Ok(())
}
