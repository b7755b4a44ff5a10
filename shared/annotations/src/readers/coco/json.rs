//! COCO's JSON, as much of it as is used.

use std::fmt;

use serde::Deserialize;

/// Numbers mostly; some programs write text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
pub enum Id {
    Number(i64),
    Text(String),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

/// A file.
#[derive(Debug, Deserialize)]
pub struct Instances {
    pub images: Vec<Image>,
    #[serde(default)]
    pub annotations: Vec<Instance>,
    #[serde(default)]
    pub categories: Vec<Category>,
}

/// A picture.
#[derive(Debug, Deserialize)]
pub struct Image {
    pub id: Id,
    pub file_name: String,
    pub width: f64,
    pub height: f64,
}

/// An object.
#[derive(Debug, Deserialize)]
pub struct Instance {
    pub id: Option<Id>,
    pub image_id: Id,
    pub category_id: Id,
    /// Left edge, top edge, width and height in pixels.
    pub bbox: Option<Vec<f64>>,
    #[serde(default)]
    pub iscrowd: Flag,
}

/// A kind of object.
#[derive(Debug, Deserialize)]
pub struct Category {
    pub id: Id,
    pub name: String,
}

/// 0 or 1 mostly; some programs write true and false.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Flag {
    Number(i64),
    Bool(bool),
}

impl Default for Flag {
    fn default() -> Self {
        Self::Bool(false)
    }
}
