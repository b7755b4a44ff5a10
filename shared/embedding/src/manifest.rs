//! A model's description: the files `config.json`, `visual/preprocess_cfg.json` and `textual/tokenizer_config.json` of the
//! layout in which CLIP-family models are published for photo libraries.

use std::num::NonZero;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected};

/// The largest side that a visual tower may ask for, pixels; known ones stay below 1,000.
const LARGEST_SIZE: u32 = 4096;

/// The longest text that a text tower may ask for, tokens; each text may be filled up to it, and known ones stay below 10,000.
const LONGEST_TEXT: usize = 1 << 16;

/// What Foray reads of a model's description.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// Components of an embedding.
    pub dimension: usize,
    pub preprocessing: Preprocessing,
    pub text: TextConfig,
    /// The token that fills up short texts, for graphs of a fixed text length.
    pub pad_token: Option<String>,
    /// The token between two texts.
    pub sep_token: Option<String>,
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
    #[serde(default = "clip_context_length", deserialize_with = "some_tokens")]
    pub context_length: usize,
    /// Whose tokenizer it is; OpenAI's own where none is named.
    #[serde(default)]
    hf_tokenizer_name: Option<String>,
    #[serde(default)]
    pub tokenizer_kwargs: TokenizerArguments,
    #[serde(default, rename = "tokenizer_mode", deserialize_with = "no_mode")]
    _tokenizer_mode: (),
}

/// How texts become tokens, where it is not as usual.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct TokenizerArguments {
    #[serde(default)]
    clean: Option<Cleaning>,
    /// The separator's tokens become zeros (CLIPA).
    #[serde(default)]
    pub strip_sep_token: bool,
    /// The token that says in which language a text is (NLLB), if not the one that the tokenizer begins with by itself.
    #[serde(default)]
    pub language: Option<String>,
}

impl TextConfig {
    /// Whether the reference splits texts with the tokenizer that came with OpenAI's models, not with one of the hub's.
    pub fn is_openai(&self) -> bool {
        self.hf_tokenizer_name.as_ref().is_none_or(String::is_empty)
    }

    /// How texts are cleaned; OpenAI's models know no capitals.
    pub fn cleaning(&self) -> Cleaning {
        let usual = if self.is_openai() { Cleaning::Lower } else { Cleaning::Whitespace };
        self.tokenizer_kwargs.clean.unwrap_or(usual)
    }
}

/// The cleanings that the CLIP family knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Cleaning {
    /// Mended, and runs of white space become one blank.
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
    pub sep_token: Option<Token>,
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
    /// Of the borders that [`ResizeMode::Longest`] leaves, 0 (black) to 255.
    #[serde(default)]
    pub fill_color: u8,
    /// Named in every description; there is no other.
    #[serde(default, rename = "mode")]
    _colours: Colours,
}

/// The colours that a visual tower takes.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
enum Colours {
    #[default]
    #[serde(rename = "RGB")]
    Rgb,
}

/// The filter of the resize; both as Pillow has them, antialiased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Interpolation {
    /// What open_clip takes outside of training where a description says `random`, too.
    #[default]
    #[serde(alias = "random")]
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
    /// The long side is resized to the size, then the short one is filled up.
    Longest,
}

fn clip_context_length() -> usize {
    77
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            context_length: clip_context_length(),
            hf_tokenizer_name: None,
            tokenizer_kwargs: TokenizerArguments::default(),
            _tokenizer_mode: (),
        }
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        match token {
            Token::Plain(content) | Token::Detailed { content } => content,
        }
    }
}

/// A mode is another order of a text's tokens, which no model of the hub layout is known to use.
fn no_mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match Option::<String>::deserialize(deserializer)?.filter(|mode| !mode.is_empty()) {
        None => Ok(()),
        Some(mode) => {
            Err(D::Error::custom(format!("got tokenizer_mode {mode:?}, which is not supported; expected none")))
        }
    }
}

fn some_tokens<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let length = usize::deserialize(deserializer)?;
    match (1..=LONGEST_TEXT).contains(&length) {
        true => Ok(length),
        false => Err(D::Error::custom(format!("got context_length {length}; expected 1 to {LONGEST_TEXT} tokens"))),
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
    fn texts_that_would_fill_the_memory_are_refused() {
        let read = |length: &str| serde_json::from_str::<TextConfig>(&format!(r#"{{"context_length": {length}}}"#));
        assert_eq!(read("8192").unwrap().context_length, 8_192);
        for length in ["0", "65537", "1000000000000"] {
            assert!(read(length).unwrap_err().to_string().contains("expected 1 to 65536 tokens"), "{length}");
        }
    }

    #[test]
    fn a_pad_token_may_have_attributes() {
        let config: TokenizerConfig =
            serde_json::from_str(r#"{"pad_token": {"content": "<pad>", "lstrip": false}}"#).unwrap();
        assert_eq!(config.pad_token.map(String::from).as_deref(), Some("<pad>"));
    }

    /// Of the published folders of each family, shortened where they are only numbers.
    #[test]
    fn descriptions_of_all_families_are_read() {
        let read = |text: &str| serde_json::from_str::<Config>(text).unwrap().text_cfg;
        let clip = read(
            r#"{"embed_dim": 512, "quick_gelu": true, "vision_cfg": {"image_size": 224, "layers": 12},
            "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}}"#,
        );
        assert!(clip.is_openai());
        assert_eq!((clip.context_length, clip.cleaning()), (77, Cleaning::Lower));
        let siglip2 = read(
            r#"{"embed_dim": 768, "init_logit_bias": -10, "custom_text": true,
            "vision_cfg": {"image_size": 224, "timm_model_name": "vit_base_patch16_siglip_224", "timm_pool": "map"},
            "text_cfg": {"context_length": 64, "vocab_size": 256000, "hf_tokenizer_name": "timm/ViT-B-16-SigLIP2",
            "tokenizer_kwargs": {"clean": "canonicalize"}, "no_causal_mask": true, "pool_type": "last",
            "norm_kwargs": {"eps": 1e-06}, "act_kwargs": {"approximate": "tanh"}}}"#,
        );
        assert!(!siglip2.is_openai());
        assert_eq!((siglip2.context_length, siglip2.cleaning()), (64, Cleaning::Canonicalize));
        let nllb = read(
            r#"{"embed_dim": 512, "vision_cfg": {}, "text_cfg": {"hf_model_name": "facebook/nllb-200-distilled-600M",
            "hf_tokenizer_name": "facebook/nllb-200-distilled-600M", "hf_proj_type": "linear", "hf_pooler_type": "cls_pooler"}}"#,
        );
        assert_eq!((nllb.context_length, nllb.cleaning()), (77, Cleaning::Whitespace));
        let clipa = read(
            r#"{"embed_dim": 768, "text_cfg": {"context_length": 32, "hf_tokenizer_name": "bert-base-uncased",
            "tokenizer_kwargs": {"strip_sep_token": true}, "tokenizer_mode": null, "pool_type": "last"}}"#,
        );
        assert!(clipa.tokenizer_kwargs.strip_sep_token);
    }

    #[test]
    fn pictures_of_all_families_are_described() {
        let preprocessing: Preprocessing = serde_json::from_str(
            r#"{"size": [224, 224], "mode": "RGB", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
            "interpolation": "random", "resize_mode": "longest", "fill_color": 255}"#,
        )
        .unwrap();
        assert_eq!(preprocessing.resize_mode, ResizeMode::Longest);
        assert_eq!((preprocessing.interpolation, preprocessing.fill_color), (Interpolation::Bicubic, 255));
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_by_name() {
        let text = |text: &str| serde_json::from_str::<TextConfig>(text).unwrap_err().to_string();
        assert!(text(r#"{"tokenizer_mode": "clips"}"#).contains("clips"));
        assert!(text(r#"{"tokenizer_kwargs": {"clean": "upper"}}"#).contains("upper"));
        let picture = |key: &str| {
            let text = format!(r#"{{"size": 224, "mean": [0, 0, 0], "std": [1, 1, 1], {key}}}"#);
            serde_json::from_str::<Preprocessing>(&text).unwrap_err().to_string()
        };
        assert!(picture(r#""mode": "L""#).contains('L'));
        assert!(picture(r#""resize_mode": "naflex""#).contains("naflex"));
        assert!(picture(r#""interpolation": "lanczos""#).contains("lanczos"));
    }
}
