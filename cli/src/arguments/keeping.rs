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
pub struct MigrateArguments {
    /// Where to: milvus://host:19530/collection, or a folder
    #[arg(long, value_name = "PLACE")]
    pub to: String,
    /// Queries that both libraries are asked in the end, to compare their answers
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub queries: usize,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SelfCheckArguments {
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
