//! What commands that index and serve are told.

use std::path::PathBuf;

use clap::Args;

/// What is indexed, and how much of the machine that takes.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Indexing")]
pub struct IndexingArguments {
    /// Index only files that fit this pattern, or another one given; as in .gitignore, such as Trips or *.jpg
    #[arg(long, value_name = "PATTERN")]
    pub include: Vec<String>,
    /// Leave out files and folders that fit this pattern, such as private/ or *.tmp.jpg; also .forayignore files do that
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// Leave out files of less than so many bytes
    #[arg(long, value_name = "BYTES")]
    pub min_size: Option<u64>,
    /// Threads that decode, and threads of one inference [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// Memory for files that were read and pictures that were decoded, MiB [default: 1024]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(16..))]
    pub memory: Option<u64>,
    /// Yield to other programs, 0 (not at all) to 19
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=19))]
    pub nice: Option<u8>,
    /// Give up a picture that takes longer to decode [default: 120]
    #[arg(long, value_name = "SECONDS")]
    pub deadline: Option<f64>,
}

#[derive(Debug, Args)]
pub struct PauseArguments {
    /// Go on by itself after so many minutes [default: only after `foray resume`]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub minutes: Option<u32>,
}

#[derive(Debug, Args)]
pub struct UpArguments {
    /// Photo folders [default: those of the configuration, or those indexed before]
    pub folders: Vec<PathBuf>,
    /// Index only in these hours of the day, such as 22:00-06:00
    #[arg(long, value_name = "HH:MM-HH:MM")]
    pub hours: Option<String>,
    /// When to do what `foray reindex` does, as a cron expression by the local clock, such as "15 3 * * *"
    #[arg(long, value_name = "CRON")]
    pub reindex: Option<String>,
    #[command(flatten)]
    pub indexing: IndexingArguments,
    #[command(flatten)]
    pub serve: ServeArguments,
}

#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:7878]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub bind: Option<String>,
    /// Speak HTTPS with this certificate chain (PEM)
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct IndexArguments {
    /// Photo folders
    #[arg(required = true)]
    pub folders: Vec<PathBuf>,
    /// Forget files even of a folder that is gone or empty all at once
    #[arg(long)]
    pub prune: bool,
    /// Open a library whose database is damaged: what cannot be read is moved aside, what is missing is indexed again
    #[arg(long)]
    pub repair: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub indexing: IndexingArguments,
}

#[derive(Debug, Args)]
pub struct ReindexArguments {
    /// Photo folders [default: those of the configuration, and those indexed before]
    pub folders: Vec<PathBuf>,
    /// Read every file and compare its content with the library; try again what could not be indexed
    #[arg(long)]
    pub verify: bool,
    /// After going over to another model (--model), delete the vectors of the one before
    #[arg(long)]
    pub drop_old: bool,
    /// Forget files even of a folder that is gone or empty all at once
    #[arg(long)]
    pub prune: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub indexing: IndexingArguments,
}

#[derive(Debug, Args)]
pub struct IndexerArguments {
    /// Photo folders
    #[arg(required = true)]
    pub folders: Vec<PathBuf>,
    /// Index only in these hours of the day, such as 22:00-06:00
    #[arg(long, value_name = "HH:MM-HH:MM")]
    pub hours: Option<String>,
    #[command(flatten)]
    pub indexing: IndexingArguments,
}
