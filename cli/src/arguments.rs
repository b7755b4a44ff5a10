//! The command line as it is typed.

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use foray_protocol::{DuplicateKind, GroupBy, LogFormat, SortOrder, UnusualKind};

use crate::commands::Target;
use crate::preview::Protocol;

const FIRST_STEPS: &str = "\
First steps:
  foray up ~/Pictures              index, watch, and serve a search page
  foray search \"a dog playing\"     in another shell
  foray COMMAND --help             more about a command, with examples";

const SEARCH_EXAMPLES: &str = "\
Examples:
  foray search \"mushroom on tree bark\" --preview
  foray search \"a dog in:Trips taken:2023 -tag:screenshot\"
  foray search \"beach + 2:sunset - people\" -n 50 --paths
  foray search photo.jpg --filter camera:canon
  foray search cat --paths -0 | xargs -0 ls -l";

const RANK_EXAMPLES: &str = "\
Examples:
  foray rank \"a red car\" *.jpg
  foray search \"a car\" -n 200 --paths -0 | foray rank \"a red car\" - -n 5";

const MCP_EXAMPLE: &str = "\
In the configuration of most clients of the protocol:
  { \"mcpServers\": { \"photos\": { \"command\": \"foray\", \"args\": [\"mcp\"] } } }";

/// Foray finds photographs by what is in them.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true, after_help = FIRST_STEPS)]
pub struct Arguments {
    #[command(flatten)]
    pub global: GlobalArguments,
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct GlobalArguments {
    /// The library's folder [default: foray in the user's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "FORAY_LIBRARY")]
    pub library: Option<PathBuf>,
    /// Talk to the server at this address instead of opening the library here
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// The server's token: what `up` and `serve` ask for, and what all other commands show; others can see it in the list of
    /// processes, unlike FORAY_TOKEN and the configuration's `token` or `token_file`
    #[arg(long, global = true, value_name = "TOKEN", env = "FORAY_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// The certificate (PEM) of the authority that vouches for an https server, where the system does not know it
    #[arg(long, global = true, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Configuration file [default: foray/config.toml in the user's configuration folder, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Model: "builtin", a name of `foray models list`, or a model's folder [default: the library's own, else builtin]
    #[arg(long, global = true, value_name = "NAME")]
    pub model: Option<String>,
    /// The folder that models are pulled into [default: foray-models in the user's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "FORAY_MODELS")]
    pub models: Option<PathBuf>,
    /// What computes embeddings: auto, ort (ONNX Runtime) or rten [default: auto]
    #[arg(long, global = true, value_name = "NAME")]
    pub backend: Option<String>,
    /// Where it computes: auto, cpu, cuda:0, tensorrt:0, coreml, directml:0 or openvino:GPU [default: auto]
    #[arg(long, global = true, value_name = "NAME")]
    pub device: Option<String>,
    /// The ONNX Runtime shared library
    #[arg(long, global = true, value_name = "FILE")]
    pub onnxruntime: Option<PathBuf>,
    /// When to colour what is printed; auto is in a terminal, unless NO_COLOR or CLICOLOR_FORCE say otherwise
    #[arg(long, global = true, value_name = "WHEN", default_value_t)]
    pub color: ColorChoice,
    /// Write logs and messages on standard error as lines of text or of JSON [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<LogFormatArgument>,
    /// Say only what is needed
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// What logs look like.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormatArgument {
    /// For people
    Text,
    /// For programs: one JSON object a line
    Json,
}

impl From<LogFormatArgument> for LogFormat {
    fn from(argument: LogFormatArgument) -> Self {
        match argument {
            LogFormatArgument::Text => Self::Text,
            LogFormatArgument::Json => Self::Json,
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Index photo folders, watch them, and serve the search page
    Up(UpArguments),
    /// Index photo folders once
    Index(IndexArguments),
    /// Bring a library up to date with all its folders and rebuild what searches stand on; for cron
    Reindex(ReindexArguments),
    /// Watch photo folders and feed the library of a server
    Indexer(IndexerArguments),
    /// Hold up the indexing of a running `foray up`; searches go on
    Pause(PauseArguments),
    /// Let indexing that was held up go on
    Resume,
    /// Serve the library without indexing
    Serve(ServeArguments),
    /// Find photos by what is in them
    #[command(after_help = SEARCH_EXAMPLES)]
    Search(SearchArguments),
    /// Find photos that look like a given one
    Similar(SimilarArguments),
    /// Put images in the order of how well they fit a query; needs no library
    #[command(after_help = RANK_EXAMPLES)]
    Rank(RankArguments),
    /// List photos, the most unusual first
    Unusual(UnusualArguments),
    /// Open a photo of the last results in the viewer of the desktop
    Open(OpenArguments),
    /// Find photos that are there more than once; deletes nothing
    Duplicates(DuplicatesArguments),
    /// Count photos by year, camera, lens, place, folder, type and tag
    Facets(FacetsArguments),
    /// List the searches that were saved with `foray search --save NAME`, or forget one
    Saved(SavedArguments),
    /// Show what the library holds
    Status(StatusArguments),
    /// Write the whole library into one file, also while it is in use
    Backup(BackupArguments),
    /// Make a library from a backup, in a folder that is empty or not there (see --library)
    Restore(RestoreArguments),
    /// Write photos, vectors and failures into a folder in open forms (JSON lines, NumPy)
    Export(ExportArguments),
    /// Add what an export holds and the library does not
    Import(ImportArguments),
    /// Let assistants search the library: a server of the Model Context Protocol on standard input and output
    #[command(after_help = MCP_EXAMPLE)]
    Mcp,
    /// Check what computes embeddings here, and how fast
    Doctor(DoctorArguments),
    /// Fetch, choose, check and remove models
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Print what a shell needs to complete commands and options
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page
    Man,
    /// Ask for a password and print its hash, for `[[users]]` in the configuration
    Password,
}

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

#[derive(Debug, Args)]
pub struct SearchArguments {
    /// What the photo shows, an image file, or id: with the first digits of a photo's id; terms can be joined by " + " and " - "
    /// and weighted like 2:cat, and filters such as in:Trips, taken:2023-06..2023-09, camera:"Pixel 7", near:Berlin,50km,
    /// rating:>=4, type:png, w:>4000 or -tag:screenshot added
    #[arg(required_unless_present_any = ["saved", "like", "unlike"], default_value = "", hide_default_value = true)]
    pub query: String,
    /// How many results at most [default: 10]
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<usize>,
    /// Only photos that fulfil filters, also beside a picture
    #[arg(long, value_name = "FILTERS")]
    pub filter: Option<String>,
    /// More like this photo of the library: the first digits of its id, or its file; may be given several times
    #[arg(long, value_name = "PHOTO")]
    pub like: Vec<String>,
    /// Less like this photo, which is left out; may be given several times
    #[arg(long, value_name = "PHOTO")]
    pub unlike: Vec<String>,
    /// Leave out photos of less relevance than this, 0 to 1
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    pub min_relevance: f32,
    /// Leave out what is probably not meant, as --min-relevance 0.5; the answer may be empty
    #[arg(long, conflicts_with = "min_relevance")]
    pub relevant: bool,
    /// Order of the photos that were found: the best first, or by when they were taken
    #[arg(long, value_enum, default_value_t)]
    pub sort: SortArgument,
    /// Show near-identical shots once
    #[arg(long)]
    pub dedupe: bool,
    /// Put the photos that were found together by what they share
    #[arg(long, value_enum)]
    pub group: Option<GroupArgument>,
    /// Go on after an earlier page: the `next` that --json showed
    #[arg(long, value_name = "CURSOR")]
    pub cursor: Option<String>,
    /// Keep this search under a name, as an album that fills itself
    #[arg(long, value_name = "NAME")]
    pub save: Option<String>,
    /// Ask the search that was saved under this name
    #[arg(long, value_name = "NAME", conflicts_with_all = [
        "query", "filter", "like", "unlike", "relevant", "min_relevance", "sort", "dedupe", "group", "save",
    ])]
    pub saved: Option<String>,
    /// Say how the photos were found, what each term adds to their scores, and what they look like
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub format: FormatArguments,
}

#[derive(Debug, Args)]
pub struct SavedArguments {
    /// Forget the search of this name
    #[arg(long, value_name = "NAME", conflicts_with = "json")]
    pub forget: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SimilarArguments {
    /// An image file, or id: with the first digits of a photo's id
    pub image: PathBuf,
    /// How many results at most
    #[arg(short = 'n', long, default_value_t = 10, value_name = "N")]
    pub limit: usize,
    /// Only photos that fulfil filters, such as "in:Trips taken:2023"
    #[arg(long, value_name = "FILTERS")]
    pub filter: Option<String>,
    /// Say how the photos were found: by an exact scan or through the search graph
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub format: FormatArguments,
}

#[derive(Debug, Args)]
pub struct RankArguments {
    /// What the images are compared with: words, or an image file
    pub query: String,
    /// Image files, or - to read their names from standard input
    #[arg(required = true, value_name = "IMAGE")]
    pub images: Vec<PathBuf>,
    /// How many of the best to print [default: all]
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<usize>,
    #[command(flatten)]
    pub format: FormatArguments,
}

/// In which order results stand.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum SortArgument {
    /// The best first; by path, for filters alone
    #[default]
    Best,
    /// Those that were taken last first
    Newest,
    /// Those that were taken first first
    Oldest,
}

impl From<SortArgument> for SortOrder {
    fn from(argument: SortArgument) -> Self {
        match argument {
            SortArgument::Best => Self::Best,
            SortArgument::Newest => Self::Newest,
            SortArgument::Oldest => Self::Oldest,
        }
    }
}

/// What photos of a group share.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum GroupArgument {
    /// The day on which they were taken
    Day,
    /// The month
    Month,
    /// The year
    Year,
    /// The folder
    Folder,
}

impl From<GroupArgument> for GroupBy {
    fn from(argument: GroupArgument) -> Self {
        match argument {
            GroupArgument::Day => Self::Day,
            GroupArgument::Month => Self::Month,
            GroupArgument::Year => Self::Year,
            GroupArgument::Folder => Self::Folder,
        }
    }
}

/// What unusual means.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum KindArgument {
    /// Far from its nearest distinct neighbours
    #[default]
    Unique,
    /// Far from the centre of its own cluster
    Atypical,
}

impl From<KindArgument> for UnusualKind {
    fn from(kind: KindArgument) -> Self {
        match kind {
            KindArgument::Unique => Self::Unique,
            KindArgument::Atypical => Self::Atypical,
        }
    }
}

#[derive(Debug, Args)]
pub struct UnusualArguments {
    /// How many results at most
    #[arg(short = 'n', long, default_value_t = 10, value_name = "N")]
    pub limit: usize,
    /// How many nearest neighbours a photo is compared with
    #[arg(short = 'k', long, default_value_t = 10, value_name = "K")]
    pub neighbours: usize,
    /// Like nothing else, or odd among photos of its kind
    #[arg(long, value_enum, default_value_t)]
    pub kind: KindArgument,
    /// Leave out black, blank, blurred and tiny photos, and screenshots
    #[arg(long)]
    pub hide_junk: bool,
    /// Only photos that fulfil filters, such as "in:Trips taken:2023"
    #[arg(long, value_name = "FILTERS")]
    pub filter: Option<String>,
    #[command(flatten)]
    pub format: FormatArguments,
}

#[derive(Debug, Args)]
pub struct OpenArguments {
    /// The number of a result of the last search, similar, unusual or rank, or id: with the first digits of a photo's id
    #[arg(value_name = "N|id:DIGITS", default_value = "1")]
    pub target: Target,
    /// Print its path instead
    #[arg(long)]
    pub print: bool,
}

#[derive(Debug, Args)]
pub struct DuplicatesArguments {
    /// Only this kind: exact (same content), near (versions of one picture), burst (shots within seconds) or similar
    /// [default: all but similar; for --plan: exact and near]
    #[arg(long, value_name = "KIND")]
    pub kind: Option<DuplicateKind>,
    /// How many groups at most
    #[arg(short = 'n', long, default_value_t = 10, value_name = "N", conflicts_with = "plan")]
    pub limit: usize,
    /// Write what to keep and what could be removed, of all groups, as JSON to this file, or to standard output for -
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub plan: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct FacetsArguments {
    /// Count only photos that fulfil filters, such as "in:Trips taken:2023"
    pub filter: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

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

/// How results are printed.
#[derive(Clone, Copy, Debug, Args)]
pub struct FormatArguments {
    /// Print paths alone, without scores
    #[arg(long)]
    pub paths: bool,
    /// End each line with a zero byte instead of a newline, for xargs -0
    #[arg(short = '0', long = "null")]
    pub null: bool,
    /// Print one JSON document
    #[arg(long, conflicts_with_all = ["paths", "null"])]
    pub json: bool,
    /// Show each picture above its line, in a terminal: in the way that it is known to take, or in the one given
    #[arg(
        long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "auto",
        conflicts_with_all = ["json", "null"],
    )]
    pub preview: Option<PreviewArgument>,
    /// Do not keep the list for `foray open`
    #[arg(long)]
    pub no_remember: bool,
}

/// How pictures are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PreviewArgument {
    /// As the terminal is known to take them; not at all where the output is none
    Auto,
    /// The graphics protocol of kitty, Ghostty and others
    Kitty,
    /// Inline images of iTerm2, WezTerm and others
    Iterm,
    /// Sixels, as foot, mlterm, xterm and others take them
    Sixel,
    /// Coloured half blocks, in any terminal with true colour
    Blocks,
}

impl PreviewArgument {
    /// The way that was named.
    pub fn protocol(self) -> Option<Protocol> {
        match self {
            Self::Auto => None,
            Self::Kitty => Some(Protocol::Kitty),
            Self::Iterm => Some(Protocol::Iterm),
            Self::Sixel => Some(Protocol::Sixel),
            Self::Blocks => Some(Protocol::Blocks),
        }
    }
}
