//! What commands that know classes are told.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use foray_protocol::{SearchName, Tag};

#[derive(Debug, Args)]
pub struct EvalArguments {
    /// A folder with one folder for each class, directly or in train/, valid/ and test/; or a file of labels, CSV or JSON
    #[arg(required_unless_present = "history", value_name = "DATASET")]
    pub dataset: Option<PathBuf>,
    /// A file of captions, one line for each class in alphabetical order; give several to compare them [default: the dataset's
    /// _tokenization.txt, else the names of the classes]
    #[arg(long, value_name = "FILE")]
    pub captions: Vec<PathBuf>,
    /// A sentence with {} where the class stands, such as "a photo of a {}"; give several to compare them
    #[arg(long, value_name = "TEXT")]
    pub template: Vec<String>,
    /// Measure the templates averaged, too: OpenAI's 80 where none is given
    #[arg(long)]
    pub ensemble: bool,
    /// Look for a better wording on the photos for training and validation, and measure it on those for the test
    #[arg(long)]
    pub suggest: bool,
    /// Learn from K examples of each class, which are not measured on
    #[arg(long, value_name = "K")]
    pub few_shot: Option<usize>,
    /// The split to measure on: train, valid or test [default: the last of these that there is]
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,
    /// What cosine similarities are multiplied with before the softmax [default: the model's own, 100 for
    /// most, 20 for the built-in one]
    #[arg(long, value_name = "X")]
    pub logit_scale: Option<f64>,
    /// Write a page with the confusion matrix and the worst mistakes to this file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Keep the best as a classifier of this name, for `foray classify` and `foray tags`
    #[arg(long, value_name = "NAME")]
    pub save: Option<SearchName>,
    /// Write the photos with their classes and splits to this file, as CSV: what was learned from and what was measured on, to train
    /// another model on the same and compare
    #[arg(long, value_name = "FILE", requires = "few_shot")]
    pub split_to: Option<PathBuf>,
    /// List the evaluations that were made before, those of this dataset where one is given
    #[arg(long, conflicts_with_all = ["captions", "template", "ensemble", "suggest", "few_shot", "split", "html", "save", "split_to"])]
    pub history: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ClassifyArguments {
    /// Image files and folders, or - to read their names from standard input
    #[arg(required_unless_present = "query", value_name = "PATH")]
    pub images: Vec<PathBuf>,
    /// Photos of the library that a search finds, instead of files
    #[arg(long, value_name = "QUERY", conflicts_with = "images")]
    pub query: Option<String>,
    /// How many photos the search shall find at most
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1000, requires = "query")]
    pub limit: usize,
    /// A class in words; give at least two
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["labels", "classifier"])]
    pub label: Vec<String>,
    /// A file of classes in words, one a line
    #[arg(long, value_name = "FILE", conflicts_with = "label")]
    pub labels: Option<PathBuf>,
    /// A sentence with {} where the label stands, such as "a photo of a {}"
    #[arg(long, value_name = "TEXT")]
    pub template: Option<String>,
    /// A classifier that `foray eval --save` kept
    #[arg(long, value_name = "NAME", conflicts_with_all = ["label", "labels", "template"])]
    pub classifier: Option<SearchName>,
    /// Photos whose most probable class is less probable than this, 0 to 1, show none of the classes
    #[arg(long, value_name = "P", default_value_t = 0.0)]
    pub min_probability: f64,
    /// Photos that everyday concepts explain as well as the labels do show none of the classes; a classifier has its own way to tell
    #[arg(long, conflicts_with = "classifier")]
    pub or_none: bool,
    /// Sort the photos into one folder for each class below DIR by moving them; only says so without --apply
    #[arg(long, value_name = "DIR", conflicts_with = "link_to")]
    pub move_to: Option<PathBuf>,
    /// Sort the photos into one folder for each class below DIR by hard links, or copies where these cannot be made; only says so
    /// without --apply
    #[arg(long, value_name = "DIR")]
    pub link_to: Option<PathBuf>,
    /// Really move or link
    #[arg(long)]
    pub apply: bool,
    /// Print CSV: path, class, probability, and the probability of each class
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ClassifiersArguments {
    /// Forget the classifier of this name
    #[arg(long, value_name = "NAME", conflicts_with = "json")]
    pub forget: Option<SearchName>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct TagsArguments {
    #[command(subcommand)]
    pub command: Option<TagsCommand>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// What to do with rules; without any, they are listed.
#[derive(Debug, Subcommand)]
pub enum TagsCommand {
    /// Tag all photos, and each that comes later, with the class that a classifier sees in it
    Add {
        /// The classifier, as `foray eval --save` named it
        classifier: SearchName,
        /// Only this class becomes a tag; may be given several times [default: all]
        #[arg(long, value_name = "CLASS")]
        only: Vec<String>,
        /// Less probable classes give no tag, 0 to 1 [default: 0.5]
        #[arg(long, value_name = "P")]
        min_probability: Option<f64>,
    },
    /// Forget a rule and take away the tags that it gave
    Rm {
        /// Its classifier's name
        name: SearchName,
    },
    /// Give photos a tag by hand
    Give {
        /// The tag
        tag: Tag,
        /// The photos' files, or `-` for a list on standard input
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Take a tag that was given by hand away from photos
    Take {
        /// The tag
        tag: Tag,
        /// The photos' files, or `-` for a list on standard input
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Apply all rules to all photos again, after their classifiers were made anew
    Run,
}
