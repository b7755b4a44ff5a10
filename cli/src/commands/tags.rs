//! `foray tags`: rules by which photos get tags.

use std::io::{self, Write};

use anyhow::{Result, bail};
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
            if connection.tag_rules()?.iter().any(|rule| rule.classifier.name == *classifier) {
                logging::notice(format!("{classifier}: the rule that there was gives way to this one"));
            }
            let request = TagRuleRequest { only: only.clone(), min_probability: *min_probability };
            apply(&connection, classifier, &request)
        }
        Some(TagsCommand::Rm { name }) => {
            let photos = connection.forget_tag_rule(name)?;
            logging::notice(format!("{name}: {photos} photos lost a tag"));
            Ok(())
        }
        Some(TagsCommand::Run) => run_all(&connection),
    }
}

/// One rule that cannot be applied, such as one of another model, is no reason to leave the others.
fn run_all(connection: &Connection) -> Result<()> {
    let (mut all, mut failed) = (0, 0);
    for TagRule { classifier, only, min_probability } in connection.tag_rules()? {
        all += 1;
        let request = TagRuleRequest { only, min_probability: Some(min_probability) };
        if let Err(error) = apply(connection, &classifier.name, &request) {
            failed += 1;
            logging::warning(format!("{}: {error}; its tags stay as they are", classifier.name));
        }
    }
    if failed > 0 {
        bail!("{failed} of {all} rules could not be applied; `foray tags rm NAME` forgets one");
    }
    Ok(())
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
