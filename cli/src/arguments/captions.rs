//! What `foray captions` is told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use foray_annotations::{By, Counts, Format, Options, Wording};

#[derive(Debug, Args)]
pub struct CaptionsArguments {
    /// How the boxes are described
    #[arg(value_enum)]
    pub format: FormatOfBoxes,
    /// The dataset's folder; for coco also its JSON file, for yolo also its YAML file
    #[arg(value_name = "SRC")]
    pub source: PathBuf,
    /// The folder to write, empty or not there yet; photos in it are hard links, or copies where these cannot be made
    #[arg(value_name = "DEST")]
    pub destination: PathBuf,
    /// How captions count: "2 dogs and 1 bicycle", "two dogs and a bicycle", or "bicycle and dog"
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub counts: CountsArgument,
    /// Say which objects are small (below 4 % of the photo) and which are large (25 % and more)
    #[arg(long)]
    pub areas: bool,
    /// Leave out boxes of a smaller share of the photo than this, 0 to 1
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0)]
    pub min_area: f64,
    /// What makes a class: the whole caption, or the kind of object that takes most of the photo
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub by: ByArgument,
    /// Cut every box out as a photo of its own; its kind of object is its class
    #[arg(long, conflicts_with_all = ["counts", "areas", "by", "empty"])]
    pub crops: bool,
    /// Cut so much more on each side, as a fraction of the box's width and height
    #[arg(long, value_name = "FRACTION", requires = "crops", default_value_t = 0.0)]
    pub margin: f64,
    /// Keep photos without boxes under this caption, such as "an empty street" [default: they are left out]
    #[arg(long, value_name = "CAPTION")]
    pub empty: Option<String>,
    /// Only say which classes there would be
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

impl CaptionsArguments {
    /// How the dataset is converted.
    pub fn options(&self) -> Options {
        let by = match self.by {
            _ if self.crops => By::Crop { margin: self.margin },
            ByArgument::Caption => By::Caption,
            ByArgument::MainObject => By::MainObject,
        };
        let wording = Wording { counts: self.counts.into(), areas: self.areas };
        Options { wording, by, min_area: self.min_area, empty: self.empty.clone() }
    }
}

/// How boxes are described.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FormatOfBoxes {
    /// COCO: annotations/instances_*.json, or _annotations.coco.json beside the photos as Roboflow exports it
    Coco,
    /// Pascal VOC: Annotations/*.xml and JPEGImages/, or XML files beside the photos
    Voc,
    /// YOLO: data.yaml or classes.txt, and labels/ beside images/
    Yolo,
}

impl From<FormatOfBoxes> for Format {
    fn from(argument: FormatOfBoxes) -> Self {
        match argument {
            FormatOfBoxes::Coco => Self::Coco,
            FormatOfBoxes::Voc => Self::Voc,
            FormatOfBoxes::Yolo => Self::Yolo,
        }
    }
}

/// How captions count.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum CountsArgument {
    /// In digits
    Exact,
    /// In words up to twenty
    #[default]
    Words,
    /// Not at all
    None,
}

impl From<CountsArgument> for Counts {
    fn from(argument: CountsArgument) -> Self {
        match argument {
            CountsArgument::Exact => Self::Exact,
            CountsArgument::Words => Self::Words,
            CountsArgument::None => Self::None,
        }
    }
}

/// What makes a class.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum ByArgument {
    /// All objects of a photo
    #[default]
    Caption,
    /// The kind of object that takes most of it
    MainObject,
}
