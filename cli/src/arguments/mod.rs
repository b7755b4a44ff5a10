//! The command line as it is typed.

mod captions;
mod format;
mod indexing;
mod keeping;
mod labelled;
mod models;
mod searching;

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use foray_protocol::LogFormat;

pub use captions::CaptionsArguments;
pub use format::FormatArguments;
pub use indexing::{
    IndexArguments, IndexerArguments, IndexingArguments, PauseArguments, ReindexArguments, ServeArguments, UpArguments,
};
pub use keeping::{
    BackupArguments, DoctorArguments, ExportArguments, ImportArguments, MigrateArguments, RestoreArguments,
    SelfCheckArguments, StatusArguments,
};
pub use labelled::{ClassifiersArguments, ClassifyArguments, EvalArguments, TagsArguments, TagsCommand};
pub use models::{ModelsCommand, PullArguments, VerifyArguments};
pub use searching::{
    DuplicatesArguments, FacetsArguments, KindArgument, OpenArguments, RankArguments, SavedArguments, SearchArguments,
    SimilarArguments, SortArgument, UnusualArguments,
};

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

const EVAL_EXAMPLES: &str = "\
Examples:
  foray eval flowers/                                        with the captions of flowers/_tokenization.txt, else the class names
  foray eval flowers/ --template \"{}\" --template \"a picture of a {} flower\" --html report.html
  foray eval flowers/ --suggest --few-shot 8 --save flowers  look for better wordings, learn from examples, keep the best";

const CAPTIONS_EXAMPLES: &str = "\
Examples:
  foray captions coco coco/ captions/ && foray eval captions/
  foray captions yolo data/ crops/ --crops --margin 0.1
  foray captions voc VOC2012/ kinds/ --by main-object --min-area 0.05";

const CLASSIFY_EXAMPLES: &str = "\
Examples:
  foray classify ~/Pictures/garden --label daisy --label dandelion --template \"a picture of a {} flower\"
  foray classify --query \"a flower\" --classifier flowers --csv
  foray classify inbox/ --classifier flowers --link-to sorted --apply";

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

impl Arguments {
    /// Those that this process was started with; ends it where they are wrong. A library's folder on the command line goes before a
    /// store in the environment.
    pub fn of_process() -> Self {
        let mut command = Self::command();
        let matches = command.get_matches_mut();
        let mut arguments = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit());
        if is_typed(&matches, "library") && !is_typed(&matches, "store") {
            arguments.global.store = None;
        }
        arguments
    }
}

/// Whether an option stands on the command line, before the subcommand or behind it.
fn is_typed(matches: &ArgMatches, option: &str) -> bool {
    let here = matches.value_source(option) == Some(ValueSource::CommandLine);
    here || matches.subcommand().is_some_and(|(_, below)| is_typed(below, option))
}

/// Options that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct GlobalArguments {
    /// The library's folder [default: foray in the user's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "FORAY_LIBRARY")]
    pub library: Option<PathBuf>,
    /// The library on Milvus at this address, milvus://host:19530/collection, instead of one in a folder; user and password
    /// are best given in FORAY_STORE_TOKEN=user:password
    #[arg(long, global = true, value_name = "URL", env = "FORAY_STORE", hide_env_values = true)]
    pub store: Option<String>,
    /// Where previews of a library on Milvus are: a folder that all its machines share, or s3://bucket/prefix [default: a folder
    /// of this machine]
    #[arg(long, global = true, value_name = "PLACE", env = "FORAY_PREVIEWS")]
    pub previews: Option<String>,
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
    /// Decode pictures in processes of their own, which can open no file and no connection (Linux)
    #[arg(long, global = true)]
    pub isolate: bool,
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
    /// Say which class photos show, by words or by a classifier
    #[command(after_help = CLASSIFY_EXAMPLES)]
    Classify(ClassifyArguments),
    /// Measure how well wordings tell the classes of labelled photos apart
    #[command(after_help = EVAL_EXAMPLES)]
    Eval(EvalArguments),
    /// Make a dataset of classes with captions out of one with boxes (COCO, Pascal VOC, YOLO), for `foray eval`
    #[command(after_help = CAPTIONS_EXAMPLES)]
    Captions(CaptionsArguments),
    /// List the classifiers that `foray eval --save NAME` kept, or forget one
    Classifiers(ClassifiersArguments),
    /// Tag photos, by hand or with the class that a classifier sees in them: list rules, add, remove and apply them
    Tags(TagsArguments),
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
    /// Copy the library to Milvus, or back into a folder, without embedding anything anew, and compare both
    Migrate(MigrateArguments),
    /// Let assistants search the library: a server of the Model Context Protocol on standard input and output
    #[command(after_help = MCP_EXAMPLE)]
    Mcp,
    /// Whether this installation works here: a photo's whole way, in a library that is thrown away
    SelfCheck(SelfCheckArguments),
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
