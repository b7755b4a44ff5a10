//! `foray classifiers`: what `foray eval --save` kept.

use std::io::{self, Write};

use anyhow::Result;
use foray_protocol::Classifier;
use serde_json::json;

use crate::arguments::ClassifiersArguments;
use crate::connection::Connection;
use crate::output::print_json;
use crate::settings::Settings;

pub fn classifiers(settings: &Settings, arguments: &ClassifiersArguments) -> Result<()> {
    let connection = Connection::open(settings, "classifiers", false)?;
    if let Some(name) = &arguments.forget {
        return connection.forget_classifier(name);
    }
    let classifiers = connection.classifiers()?;
    if arguments.json {
        return print_json(&json!({ "classifiers": classifiers }));
    }
    let mut out = io::stdout().lock();
    for Classifier { name, classes, prompts, layer, .. } in &classifiers {
        let how = prompts.first().and_then(|prompts| prompts.first()).map(|prompt| format!("such as {prompt:?}"));
        let how = how.unwrap_or_else(|| "learned from examples".to_owned());
        writeln!(out, "{name}\t{} classes, {how}, for {}", classes.len(), layer.space)?;
    }
    Ok(())
}
