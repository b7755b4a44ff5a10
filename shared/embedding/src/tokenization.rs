//! Text to token ids, as the model's own tokenizer does it.

use std::panic::{self, AssertUnwindSafe};

use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{PaddingParams, PaddingStrategy, Tokenizer, TruncationParams};

use crate::cleaning::clean;
use crate::manifest::{Manifest, TextConfig};
use crate::{EmbeddingError, Model};

/// Begins and ends texts for OpenAI's models; in the published files it fills up, too.
const END_OF_TEXT: &str = "<|endoftext|>";

/// A model's tokenizer with its rules for texts and their length.
#[derive(Debug)]
pub struct TextTokenizer {
    tokenizer: Tokenizer,
    text: TextConfig,
    /// The token that becomes a zero.
    stripped: Option<i64>,
}

/// The tokens of one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The ids.
    pub ids: Vec<i64>,
    /// 1 for each that is no filling, else 0.
    pub mask: Vec<i64>,
}

impl TextTokenizer {
    /// The tokenizer of `model`; texts are cut to the model's length, and filled up to it if `fill`.
    ///
    /// # Errors
    /// [`EmbeddingError::Tokenizer`] where its file is none, or lacks what the model's description names.
    pub fn of(model: &Model, fill: bool) -> Result<Self, EmbeddingError> {
        guarded(|| Self::new(&model.tokenizer, &model.manifest, fill))
    }

    /// The same of a file (`tokenizer.json`).
    fn new(file: &[u8], manifest: &Manifest, fill: bool) -> Result<Self, EmbeddingError> {
        let text = manifest.text.clone();
        let mut tokenizer = Tokenizer::from_bytes(file).map_err(failed)?;
        if let Some(language) = &text.tokenizer_kwargs.language {
            let language_first = begin_with(language, &tokenizer)?;
            tokenizer.with_post_processor(Some(language_first));
        }
        let truncation = TruncationParams { max_length: text.context_length, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(failed)?;
        let padding = if fill { Some(padding(&tokenizer, manifest)?) } else { None };
        tokenizer.with_padding(padding);
        let stripped =
            if text.tokenizer_kwargs.strip_sep_token { Some(separator(&tokenizer, manifest)?) } else { None };
        Ok(Self { tokenizer, text, stripped })
    }

    /// The tokens of `text`.
    ///
    /// # Errors
    /// [`EmbeddingError::Tokenizer`] with what the tokenizer says.
    pub fn encode(&self, text: &str) -> Result<Tokens, EmbeddingError> {
        let mut text = clean(text, self.text.cleaning());
        if self.text.is_openai() {
            text = without_special_tokens(&text);
        }
        let encoding = guarded(|| self.tokenizer.encode_fast(text, true).map_err(failed))?;
        let widen = |numbers: &[u32]| numbers.iter().map(|&number| i64::from(number)).collect::<Vec<_>>();
        let mut ids = widen(encoding.get_ids());
        ids.iter_mut().filter(|id| Some(**id) == self.stripped).for_each(|id| *id = 0);
        Ok(Tokens { ids, mask: widen(encoding.get_attention_mask()) })
    }
}

/// What `work` returns, or an error where it panics: the file may come from anywhere, and some of what can be wrong in it is an
/// error to the tokenizers' crate, and some a panic.
fn guarded<T>(work: impl FnOnce() -> Result<T, EmbeddingError>) -> Result<T, EmbeddingError> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(failed("it broke down over it")))
}

fn failed(error: impl std::fmt::Display) -> EmbeddingError {
    EmbeddingError::Tokenizer(error.to_string())
}

fn id_of(token: &str, tokenizer: &Tokenizer) -> Result<u32, EmbeddingError> {
    let unknown = || failed(format!("its vocabulary lacks the token {token:?}, which the model's description names"));
    tokenizer.token_to_id(token).ok_or_else(unknown)
}

fn separator(tokenizer: &Tokenizer, manifest: &Manifest) -> Result<i64, EmbeddingError> {
    let unnamed = || failed("its description asks for strip_sep_token, but tokenizer_config.json names no sep_token");
    id_of(manifest.sep_token.as_ref().ok_or_else(unnamed)?, tokenizer).map(i64::from)
}

/// NLLB's rule: the language, the text, the end.
fn begin_with(language: &str, tokenizer: &Tokenizer) -> Result<TemplateProcessing, EmbeddingError> {
    let end = "</s>";
    let tokens = [(language, id_of(language, tokenizer)?), (end, id_of(end, tokenizer)?)];
    TemplateProcessing::builder()
        .try_single(format!("{language} $A {end}"))
        .map_err(failed)?
        .special_tokens(tokens.to_vec())
        .build()
        .map_err(failed)
}

/// OpenAI's tokenizer fills up with zeros. The published files, whose format has no word for that, name the end token
/// instead, which towers that look at every place (MobileCLIP) take for something else.
fn padding(tokenizer: &Tokenizer, manifest: &Manifest) -> Result<PaddingParams, EmbeddingError> {
    let token = manifest.pad_token.clone().unwrap_or_else(|| END_OF_TEXT.to_owned());
    let pad_id = if manifest.text.is_openai() && token == END_OF_TEXT { 0 } else { id_of(&token, tokenizer)? };
    let strategy = PaddingStrategy::Fixed(manifest.text.context_length);
    Ok(PaddingParams { strategy, pad_id, pad_token: token, ..PaddingParams::default() })
}

/// What looks like one of CLIP's own tokens is text like any other to OpenAI's tokenizer, but not to the published files.
fn without_special_tokens(text: &str) -> String {
    text.replace("<|startoftext|>", "<| startoftext |>").replace(END_OF_TEXT, "<| endoftext |>")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::path::{Path, PathBuf};

    use flate2::read::GzDecoder;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Golden {
        text: String,
        ids: Vec<i64>,
    }

    /// What `tests/goldens/make_families.py` wrote of a reference tokenizer: ids without the filling at the end.
    #[derive(Deserialize)]
    struct Reference {
        filling: i64,
        ids: Vec<Vec<i64>>,
    }

    fn builtin() -> TextTokenizer {
        TextTokenizer::of(&Model::builtin().unwrap(), false).unwrap()
    }

    fn goldens() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens")
    }

    fn family(name: &str) -> Model {
        Model::from_folder(&goldens().join("families").join(name)).unwrap()
    }

    /// Made by `tests/goldens/make_goldens.py` with the reference tokenizer.
    #[test]
    fn ids_are_those_of_the_reference_tokenizer() {
        let goldens: Vec<Golden> = serde_json::from_str(include_str!("../tests/goldens/tokens.json")).unwrap();
        assert!(goldens.len() >= 40);
        let tokenizer = builtin();
        for Golden { text, ids } in goldens {
            assert_eq!(tokenizer.encode(&text).unwrap().ids, ids, "{text:?}");
        }
    }

    fn assert_equals_reference(name: &str, tokenizer: &TextTokenizer) {
        let read = |file: &str| fs::read(goldens().join("families").join(file)).unwrap();
        let texts: Vec<String> = serde_json::from_slice(&read("texts.json")).unwrap();
        let reference: Reference = serde_json::from_slice(&read(&format!("tokens/{name}.json"))).unwrap();
        assert_eq!((texts.len(), reference.ids.len()), (500, 500));
        for (text, mut expected) in texts.iter().zip(reference.ids) {
            expected.resize(tokenizer.text.context_length, reference.filling);
            assert_eq!(tokenizer.encode(text).unwrap().ids, expected, "{name}: {text:?}");
        }
    }

    #[test]
    fn nasty_texts_get_the_ids_of_openai_s_tokenizer() {
        let mut file = vec![];
        let packed = fs::File::open(goldens().join("families/tokens/ViT-B-32.tokenizer.json.gz")).unwrap();
        GzDecoder::new(packed).read_to_end(&mut file).unwrap();
        let tokenizer = TextTokenizer::new(&file, &family("ViT-B-32").manifest, true).unwrap();
        assert_equals_reference("ViT-B-32", &tokenizer);
    }

    #[test]
    fn nasty_texts_get_the_ids_of_the_hub_s_tokenizers() {
        for name in ["ViT-B-16-SigLIP2", "xlm-roberta-base-ViT-B-32", "nllb-clip-base-siglip"] {
            let tokenizer = TextTokenizer::of(&family(name), true).unwrap();
            assert_equals_reference(name, &tokenizer);
        }
    }

    fn with_arguments(model: &Model, arguments: &str) -> Result<TextTokenizer, EmbeddingError> {
        let mut manifest = model.manifest.clone();
        manifest.text.tokenizer_kwargs = serde_json::from_str(arguments).unwrap();
        TextTokenizer::new(&model.tokenizer, &manifest, true)
    }

    #[test]
    fn a_language_comes_first() {
        let model = family("nllb-clip-base-siglip");
        let ids = |arguments: &str| with_arguments(&model, arguments).unwrap().encode("a cat").unwrap().ids;
        let (english, german) = (ids("{}"), ids(r#"{"language": "deu_Latn"}"#));
        assert_ne!(english[0], german[0]);
        assert_eq!(english[1..], german[1..]);
        let error = with_arguments(&model, r#"{"language": "xyz_Latn"}"#).unwrap_err().to_string();
        assert!(error.contains("xyz_Latn"), "{error}");
    }

    #[test]
    fn separators_become_zeros_where_a_model_wants_that() {
        let mut model = family("xlm-roberta-base-ViT-B-32");
        let usual = with_arguments(&model, "{}").unwrap().encode("a cat").unwrap().ids;
        let stripped = with_arguments(&model, r#"{"strip_sep_token": true}"#).unwrap().encode("a cat").unwrap().ids;
        assert!(usual.contains(&2));
        assert_eq!(stripped, usual.iter().map(|&id| if id == 2 { 0 } else { id }).collect::<Vec<_>>());
        model.manifest.sep_token = None;
        let error = with_arguments(&model, r#"{"strip_sep_token": true}"#).unwrap_err().to_string();
        assert!(error.contains("sep_token"), "{error}");
    }

    /// The crate takes the table of this normalizer for granted.
    #[test]
    fn a_tokenizer_that_panics_is_an_error() {
        let mut model = Model::builtin().unwrap();
        model.tokenizer = br#"{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "decoder": null,
            "normalizer": {"type": "Precompiled", "precompiled_charsmap": ""}, "pre_tokenizer": null, "post_processor": null,
            "model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}"#
            .to_vec();
        let outcome = TextTokenizer::of(&model, false).and_then(|tokenizer| tokenizer.encode("a"));
        assert!(outcome.unwrap_err().to_string().contains("it broke down over it"));
    }

    #[test]
    fn a_long_text_is_cut_and_keeps_its_end_token() {
        let tokens = builtin().encode(&"mushroom ".repeat(200)).unwrap();
        assert_eq!((tokens.ids.len(), tokens.ids.last()), (64, Some(&102)));
    }
}
