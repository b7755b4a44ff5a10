//! What commands that look after a library are told.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct StatusArguments {
    /// List the files that could not be indexed, and why
    #[arg(long)]
    pub failed: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BackupArguments {
    /// The file to write, such as photos.foray.zst; an older one is replaced
    pub file: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// A file that `foray backup` wrote
    pub file: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ExportArguments {
    /// The folder to write, empty or not there yet
    pub folder: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ImportArguments {
    /// A folder that `foray export` wrote
    pub folder: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}
