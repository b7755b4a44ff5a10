//! What commands about models are told.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with models.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models that are here, and those that can be pulled
    List(ModelListArguments),
    /// Fetch a model, or go on with one that was broken off
    Pull(PullArguments),
    /// Make a model the one that all commands use
    Use(ModelArguments),
    /// Compare models with what they were when they were pulled
    Verify(VerifyArguments),
    /// Remove a model
    Rm(ModelArguments),
}

#[derive(Debug, Args)]
pub struct ModelListArguments {
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ModelArguments {
    /// The model's name
    pub name: String,
}

#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The model's name [default: all that were pulled]
    pub name: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PullArguments {
    /// A name of `foray models list`, or a repository OWNER/NAME in the same layout
    pub name: String,
    /// Take it from this folder or tar archive instead of the hub
    #[arg(long, value_name = "PATH")]
    pub from: Option<PathBuf>,
    /// A branch, tag or commit of the repository
    #[arg(long, value_name = "REVISION", conflicts_with = "from")]
    pub revision: Option<String>,
    /// Use no network
    #[arg(long, env = "HF_HUB_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    pub offline: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}
