//! `foray models`: fetch, choose, check and remove models.

use std::env;
use std::io::{self, Write};

use anyhow::{Result, bail};
use foray_embedding::{BUILTIN, CatalogueEntry, Fault, Hub, InstalledModel, PullRequest, Receipt, catalogue};
use foray_protocol::{SpaceCoverage, StopSignal};
use serde::Serialize;

use crate::arguments::{ModelsCommand, PullArguments, VerifyArguments};
use crate::config_file::set_model;
use crate::connection::Connection;
use crate::output::print_json;
use crate::progress::PullBar;
use crate::settings::Settings;
use crate::shutdown;

pub fn models(settings: &Settings, command: ModelsCommand) -> Result<()> {
    match command {
        ModelsCommand::List(arguments) => list(settings, arguments.json),
        ModelsCommand::Pull(arguments) => pull(settings, &arguments),
        ModelsCommand::Use(arguments) => choose(settings, &arguments.name),
        ModelsCommand::Verify(arguments) => verify(settings, &arguments),
        ModelsCommand::Rm(arguments) => remove(settings, &arguments.name),
    }
}

/// A model as `list` shows it.
#[derive(Serialize)]
struct Listed {
    name: String,
    /// Whether the commands use it now.
    in_use: bool,
    /// Whether it is here.
    installed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<&'static CatalogueEntry>,
}

#[derive(Serialize)]
struct List {
    folder: String,
    models: Vec<Listed>,
    /// How far the library is covered by each model that it has vectors of; nothing where there is no library.
    library: Vec<SpaceCoverage>,
}

fn list(settings: &Settings, json: bool) -> Result<()> {
    let installed = settings.models.installed();
    let listed = |name: &str, here: Option<&InstalledModel>| Listed {
        name: name.to_owned(),
        in_use: name == settings.model,
        installed: here.is_some() || name == BUILTIN,
        receipt: here.and_then(|model| model.receipt.clone()),
        published: CatalogueEntry::find(name),
    };
    let others = installed.iter().filter(|model| CatalogueEntry::find(&model.name).is_none());
    let known = catalogue().iter().map(|entry| {
        let here = installed.iter().find(|model| model.name == entry.name);
        listed(&entry.name, here)
    });
    let models = [listed(BUILTIN, None)]
        .into_iter()
        .chain(known)
        .chain(others.map(|model| listed(&model.name, Some(model))))
        .collect();
    let list = List { folder: settings.models.folder().display().to_string(), models, library: coverage(settings) };
    if json { print_json(&list) } else { print_list(&list) }
}

/// A library that is not there, or that another command has open, keeps nobody from listing models.
fn coverage(settings: &Settings) -> Vec<SpaceCoverage> {
    let connection = Connection::open(settings, "models", false);
    connection.ok().and_then(|connection| connection.spaces().spaces().ok()).unwrap_or_default()
}

fn print_list(list: &List) -> Result<()> {
    let mut out = io::stdout().lock();
    for model in &list.models {
        let mark = if model.in_use { '*' } else { ' ' };
        writeln!(out, "{mark} {:<46} {}", model.name, state(model))?;
        match model.published {
            Some(entry) => writeln!(
                out,
                "    {}\n    recall {:.1} %, {} components, {} MB of memory, languages: {}, {}",
                entry.choose, entry.recall, entry.dimension, entry.memory_mb, entry.languages, entry.licence
            )?,
            None if model.name == BUILTIN => writeln!(out, "    Part of the program; the models below find more.")?,
            None => {}
        }
    }
    writeln!(
        out,
        "\n{}`foray models pull NAME` fetches one into {}, `foray models use NAME` makes it the one.",
        list.library.iter().map(in_words).collect::<String>(),
        list.folder
    )?;
    Ok(())
}

fn in_words(coverage: &SpaceCoverage) -> String {
    let SpaceCoverage { space, searched, vectors, photos } = coverage;
    let role = if *searched { ", and is searched by them" } else { "" };
    format!("The library has vectors of {} for {} of {photos} photos{role}.\n", space.model(), vectors.min(photos))
}

fn state(model: &Listed) -> String {
    match (model.installed, &model.receipt, model.published) {
        (true, Some(receipt), _) => format!("here, {} MB", receipt.size().div_ceil(1_000_000)),
        (true, None, _) => "here".to_owned(),
        (false, _, Some(entry)) => format!("{} MB to pull", entry.download_mb),
        (false, _, None) => String::new(),
    }
}

fn pull(settings: &Settings, arguments: &PullArguments) -> Result<()> {
    let receipt = match &arguments.from {
        Some(path) => settings.models.import(&arguments.name, path)?,
        None => fetch(settings, arguments)?,
    };
    if arguments.json {
        return print_json(&receipt);
    }
    let name = arguments.name.rsplit('/').next().unwrap_or_default();
    println!("{name} is here: {} files, {} MB", receipt.files.len(), receipt.size().div_ceil(1_000_000));
    if settings.model != name {
        println!("`foray models use {name}` makes it the model of all commands; `--model {name}` that of one");
    }
    Ok(())
}

fn fetch(settings: &Settings, arguments: &PullArguments) -> Result<Receipt> {
    let mut request = PullRequest::of(&arguments.name)?;
    if arguments.offline {
        bail!(
            "--offline (or HF_HUB_OFFLINE) forbids to fetch {}; name a folder or archive of it with --from PATH, \
             or go on with the built-in model, which needs no download",
            request.name
        );
    }
    if let Some(revision) = &arguments.revision {
        request.revision.clone_from(revision);
    }
    let stop = StopSignal::default();
    shutdown::on_signal(&stop, || ())?;
    let bar = PullBar::new(settings.show_progress);
    let pulled = settings
        .models
        .pull(&Hub::from_environment(), &request, &stop, &|progress| bar.show(progress.done, progress.total));
    bar.finish();
    Ok(pulled?)
}

/// Whether the environment forbids the network, as `--offline` does.
pub(super) fn is_offline() -> bool {
    let says_no = |text: &str| matches!(text.to_lowercase().as_str(), "" | "0" | "f" | "false" | "n" | "no" | "off");
    env::var("HF_HUB_OFFLINE").is_ok_and(|text| !says_no(&text))
}

fn choose(settings: &Settings, name: &str) -> Result<()> {
    let model = settings.models.find(name)?;
    set_model(&settings.config_file, name)?;
    println!("{name} is the model of all commands now (written to {})", settings.config_file.display());
    println!(
        "A library keeps to the model that it was indexed with until `foray reindex --model {name}` gives its photos vectors of {}",
        model.space()
    );
    Ok(())
}

/// What `verify` found about one model.
#[derive(Serialize)]
struct Verified {
    name: String,
    faults: Vec<Fault>,
}

fn verify(settings: &Settings, arguments: &VerifyArguments) -> Result<()> {
    let all = || settings.models.installed().into_iter().filter(|model| model.receipt.is_some());
    let names = match &arguments.name {
        Some(name) if name == BUILTIN => {
            bail!("the built-in model is part of the program, and whole if the program is")
        }
        Some(name) => vec![name.clone()],
        None => all().map(|model| model.name).collect(),
    };
    let verified = names
        .into_iter()
        .map(|name| Ok(Verified { faults: settings.models.verify(&name)?, name }))
        .collect::<Result<Vec<_>>>()?;
    if arguments.json {
        print_json(&verified)?;
    } else if verified.is_empty() {
        println!("no model was pulled yet; `foray models list` names those that can be");
    } else {
        for Verified { name, faults } in &verified {
            println!("{name}: {}", if faults.is_empty() { "whole" } else { "damaged" });
            faults.iter().for_each(|fault| println!("  {}: {}", fault.path.display(), fault.reason));
        }
    }
    match verified.iter().find(|model| !model.faults.is_empty()) {
        None => Ok(()),
        Some(Verified { name, .. }) => {
            bail!("{name} is damaged; `foray models rm {name}` and `foray models pull {name}` fetch it anew")
        }
    }
}

fn remove(settings: &Settings, name: &str) -> Result<()> {
    if name == BUILTIN {
        bail!("the built-in model is part of the program");
    }
    if name == settings.model {
        bail!("{name} is in use; choose another first, such as `foray models use {BUILTIN}`");
    }
    settings.models.remove(name)?;
    println!("{name} is removed");
    Ok(())
}
