//! A model's description: the files `config.json`, `visual/preprocess_cfg.json` and `textual/tokenizer_config.json` of the
//! layout in which CLIP-family models are published for photo libraries.

use std::num::NonZero;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected};

/// The largest side that a visual tower may ask for, pixels; known ones stay below 1,000.
const LARGEST_SIZE: u32 = 4096;

/// What Foray reads of a model's description.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// Components of an embedding.
    pub dimension: usize,
    pub preprocessing: Preprocessing,
    pub text: TextConfig,
    /// The token that fills up short texts, for graphs of a fixed text length.
    pub pad_token: Option<String>,
}

/// `config.json`.
#[derive(Debug, Deserialize)]
pub(crate) struct Config {
    pub embed_dim: NonZero<usize>,
    #[serde(default)]
    pub text_cfg: TextConfig,
}

/// The text tower's part of `config.json`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TextConfig {
    /// Tokens that a text is cut to, and filled up to where the graph wants a fixed length.
    #[serde(default = "clip_context_length")]
    pub context_length: usize,
    #[serde(default)]
    pub tokenizer_kwargs: TokenizerArguments,
}

/// How texts are cleaned before they are split into tokens.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct TokenizerArguments {
    #[serde(default)]
    pub clean: Cleaning,
}

/// The cleanings that the CLIP family knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Cleaning {
    /// Runs of white space become one blank.
    #[default]
    Whitespace,
    /// The same, in lower case.
    Lower,
    /// The same, without punctuation (SigLIP).
    Canonicalize,
}

/// `textual/tokenizer_config.json`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct TokenizerConfig {
    pub pad_token: Option<Token>,
}

/// A token, plain or with its attributes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Token {
    Plain(String),
    Detailed { content: String },
}

/// `visual/preprocess_cfg.json`: how a picture becomes the visual tower's input.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Preprocessing {
    #[serde(deserialize_with = "square")]
    pub size: u32,
    /// Of each colour, on the scale 0..1.
    pub mean: [f32; 3],
    #[serde(deserialize_with = "positive")]
    pub std: [f32; 3],
    #[serde(default)]
    pub interpolation: Interpolation,
    #[serde(default)]
    pub resize_mode: ResizeMode,
}

/// The filter of the resize; both as Pillow has them, antialiased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Interpolation {
    #[default]
    Bicubic,
    Bilinear,
}

/// How a picture is made square.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ResizeMode {
    /// The short side is resized to the size, then the middle is cut out.
    #[default]
    Shortest,
    /// Both sides are resized to the size.
    Squash,
}

fn clip_context_length() -> usize {
    77
}

impl Default for TextConfig {
    fn default() -> Self {
        Self { context_length: clip_context_length(), tokenizer_kwargs: TokenizerArguments::default() }
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        match token {
            Token::Plain(content) | Token::Detailed { content } => content,
        }
    }
}

/// Pixels are divided by these.
fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[f32; 3], D::Error> {
    let values = <[f32; 3]>::deserialize(deserializer)?;
    match values.iter().find(|value| **value <= 0.0) {
        None => Ok(values),
        Some(&value) => Err(D::Error::invalid_value(Unexpected::Float(value.into()), &"numbers above 0")),
    }
}

/// A size is one number or two equal ones.
fn square<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Size {
        One(u32),
        Two([u32; 2]),
    }
    let (height, width) = match Size::deserialize(deserializer)? {
        Size::One(size) => (size, size),
        Size::Two([height, width]) => (height, width),
    };
    if height == width && (1..=LARGEST_SIZE).contains(&width) {
        return Ok(width);
    }
    Err(D::Error::custom(format!(
        "got size {width} x {height}; expected a square of 1 to {LARGEST_SIZE} pixels a side"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_both_kinds_are_read() {
        let parse = |size: &str| {
            serde_json::from_str::<Preprocessing>(&format!(r#"{{"size": {size}, "mean": [0,0,0], "std": [1,1,1]}}"#))
        };
        assert_eq!(parse("224").unwrap().size, 224);
        assert_eq!(parse("[384, 384]").unwrap().size, 384);
        for size in ["[384, 224]", "0", "1000000"] {
            assert!(parse(size).unwrap_err().to_string().contains("square"));
        }
    }

    #[test]
    fn numbers_that_would_break_the_arithmetic_are_refused() {
        let preprocessing = r#"{"size": 224, "mean": [0, 0, 0], "std": [1, 0, 1]}"#;
        assert!(serde_json::from_str::<Preprocessing>(preprocessing).unwrap_err().to_string().contains("above 0"));
        assert!(serde_json::from_str::<Config>(r#"{"embed_dim": 0}"#).is_err());
    }

    #[test]
    fn a_pad_token_may_have_attributes() {
        let config: TokenizerConfig =
            serde_json::from_str(r#"{"pad_token": {"content": "<pad>", "lstrip": false}}"#).unwrap();
        assert_eq!(config.pad_token.map(String::from).as_deref(), Some("<pad>"));
    }
}
