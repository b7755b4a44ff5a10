//! `foray tags`: rules by which photos get tags, and tags by hand.

use std::io::{self, Write};
use std::path::{self, Path, PathBuf};

use anyhow::{Result, bail};
use foray_protocol::{HandTagging, ImageId, KnownFile, PhotoPath, SearchName, Tag, TagRule, TagRuleRequest};
use serde_json::json;

use crate::arguments::{TagsArguments, TagsCommand};
use crate::connection::Connection;
use crate::input::paths_on_stdin;
use crate::logging;
use crate::output::print_json;
use crate::settings::Settings;

/// As many as a server takes at once.
const PHOTOS_A_REQUEST: usize = 10_000;

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
        Some(TagsCommand::Give { tag, paths }) => tag_by_hand(&connection, tag, paths, false),
        Some(TagsCommand::Take { tag, paths }) => tag_by_hand(&connection, tag, paths, true),
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

fn tag_by_hand(connection: &Connection, tag: &Tag, paths: &[PathBuf], remove: bool) -> Result<()> {
    let ids = photos_of(connection, &given_paths(paths)?)?;
    let mut photos = 0;
    for ids in ids.chunks(PHOTOS_A_REQUEST) {
        photos += connection.tag_by_hand(&HandTagging { tag: tag.clone(), ids: ids.to_vec(), remove })?;
    }
    let did = if remove { "lost" } else { "got" };
    logging::notice(format!("{tag}: {photos} photos {did} the tag"));
    Ok(())
}

fn given_paths(paths: &[PathBuf]) -> Result<Vec<PhotoPath>> {
    let is_list = paths == [Path::new("-")];
    let given = if is_list { paths_on_stdin()? } else { paths.iter().map(PhotoPath::from).collect() };
    given.iter().map(|path| Ok(PhotoPath::from(path::absolute(path.as_path())?))).collect()
}

/// All must be in the library: a tag that reaches only some of the photos meant would go unnoticed.
fn photos_of(connection: &Connection, paths: &[PhotoPath]) -> Result<Vec<ImageId>> {
    let known = connection.ingest().known_files(paths)?;
    let id = |(path, file): (&PhotoPath, Option<KnownFile>)| match file.map(|file| file.outcome) {
        Some(Ok(id)) => Ok(id),
        Some(Err(reason)) => bail!("{path} could not be indexed ({reason}), so it has no tags"),
        None => bail!("{path} is not in the library; `foray index` its folder first"),
    };
    paths.iter().zip(known).map(id).collect()
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
