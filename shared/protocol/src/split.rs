//! Parts of labelled datasets.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A part of a dataset with a purpose of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// To learn from, and to try wordings on.
    Train,
    /// To try wordings on.
    Valid,
    /// To measure on, and for nothing else.
    Test,
}

impl Split {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// What its folder is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }

    /// The split that one of the words in a name of a file or folder means, as in `instances_val2017`.
    pub fn in_name(name: &str) -> Option<Self> {
        name.split(|letter: char| !letter.is_alphabetic()).find_map(|word| word.parse().ok())
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Split {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_lowercase().as_str() {
            "train" | "training" => Ok(Self::Train),
            "valid" | "val" | "validation" => Ok(Self::Valid),
            "test" | "testing" => Ok(Self::Test),
            _ => Err(()),
        }
    }
}
