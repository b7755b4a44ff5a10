//! `foray tags`: rules by which photos get tags, and tags by hand.

use std::io::{self, Write};
use std::path::{self, PathBuf};

use anyhow::{Result, bail};
use foray_protocol::{HandTagging, ImageId, KnownFile, PhotoPath, SearchName, Tag, TagRule, TagRuleRequest};
use serde_json::json;

use crate::arguments::{TagsArguments, TagsCommand};
use crate::connection::Connection;
use crate::input::given_paths;
use crate::logging;
use crate::output::print_json;
use crate::settings::Settings;

pub fn tags(settings: &Settings, arguments: &TagsArguments) -> Result<()> {
    let connect = || Connection::open(settings, "tags", false);
    match &arguments.command {
        None => list(&connect()?, arguments.json),
        Some(TagsCommand::Add { classifier, only, min_probability }) => {
            let request = TagRuleRequest { only: only.clone(), min_probability: *min_probability };
            add(&connect()?, classifier, &request)
        }
        Some(TagsCommand::Rm { name }) => {
            let photos = connect()?.forget_tag_rule(name)?;
            logging::notice(format!("{name}: {photos} photos lost a tag"));
            Ok(())
        }
        Some(TagsCommand::Run) => run_all(&connect()?),
        Some(TagsCommand::Give { tag, paths }) => tag_by_hand(connect, tag, paths, false),
        Some(TagsCommand::Take { tag, paths }) => tag_by_hand(connect, tag, paths, true),
    }
}

fn add(connection: &Connection, classifier: &SearchName, request: &TagRuleRequest) -> Result<()> {
    if connection.tag_rules()?.iter().any(|rule| rule.classifier.name == *classifier) {
        logging::notice(format!("{classifier}: the rule that there was gives way to this one"));
    }
    apply(connection, classifier, request)
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

/// Connects when the paths are known: the command that lists them may have the library until its end.
fn tag_by_hand(connect: impl FnOnce() -> Result<Connection>, tag: &Tag, paths: &[PathBuf], remove: bool) -> Result<()> {
    let paths = given_paths(paths)?.iter().map(absolute).collect::<Result<Vec<_>>>()?;
    let connection = connect()?;
    let tagging = HandTagging { tag: tag.clone(), ids: photos_of(&connection, &paths)?, remove };
    let photos = connection.tag_by_hand(&tagging)?;
    let did = if remove { "lost" } else { "got" };
    logging::notice(format!("{tag}: {photos} photos {did} the tag"));
    Ok(())
}

fn absolute(path: &PhotoPath) -> Result<PhotoPath> {
    Ok(PhotoPath::from(path::absolute(path.as_path())?))
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
