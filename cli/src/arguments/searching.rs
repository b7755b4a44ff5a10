//! What commands that find photos are told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use foray_protocol::{DuplicateKind, GroupBy, SortOrder, UnusualKind};
use schemars::JsonSchema;
use serde::Deserialize;

use super::FormatArguments;
use crate::commands::Target;

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
#[derive(Clone, Copy, Debug, Default, ValueEnum, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
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
#[derive(Clone, Copy, Debug, Default, ValueEnum, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
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
