//! Text to token ids, as the model's own tokenizer does it.

use tokenizers::{PaddingParams, PaddingStrategy, Tokenizer, TruncationParams};

use crate::EmbeddingError;
use crate::manifest::{Cleaning, Manifest};

/// A model's tokenizer with its rules for length.
#[derive(Debug)]
pub(crate) struct TextTokenizer {
    tokenizer: Tokenizer,
    cleaning: Cleaning,
}

/// The tokens of one text: ids, and 1 for each that is no filling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub ids: Vec<i64>,
    pub mask: Vec<i64>,
}

impl TextTokenizer {
    /// The tokenizer in `file` (`tokenizer.json`); texts are cut to the model's length, and filled up to it if `fill`.
    pub fn new(file: &[u8], manifest: &Manifest, fill: bool) -> Result<Self, EmbeddingError> {
        let failed = |error: tokenizers::Error| EmbeddingError::Tokenizer(error.to_string());
        let mut tokenizer = Tokenizer::from_bytes(file).map_err(failed)?;
        let length = manifest.text.context_length;
        let truncation = TruncationParams { max_length: length, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(failed)?;
        let padding = if fill { Some(padding(&tokenizer, manifest)?) } else { None };
        tokenizer.with_padding(padding);
        Ok(Self { tokenizer, cleaning: manifest.text.tokenizer_kwargs.clean })
    }

    /// The tokens of `text`.
    pub fn encode(&self, text: &str) -> Result<Tokens, EmbeddingError> {
        let failed = |error: tokenizers::Error| EmbeddingError::Tokenizer(error.to_string());
        let encoding = self.tokenizer.encode_fast(clean(text, self.cleaning), true).map_err(failed)?;
        let widen = |numbers: &[u32]| numbers.iter().map(|&number| i64::from(number)).collect();
        Ok(Tokens { ids: widen(encoding.get_ids()), mask: widen(encoding.get_attention_mask()) })
    }
}

fn padding(tokenizer: &Tokenizer, manifest: &Manifest) -> Result<PaddingParams, EmbeddingError> {
    let token = manifest.pad_token.clone().unwrap_or_else(|| "<|endoftext|>".to_owned());
    let unknown = || EmbeddingError::Tokenizer(format!("its vocabulary lacks the filling token {token:?}"));
    let pad_id = tokenizer.token_to_id(&token).ok_or_else(unknown)?;
    let strategy = PaddingStrategy::Fixed(manifest.text.context_length);
    Ok(PaddingParams { strategy, pad_id, pad_token: token, ..PaddingParams::default() })
}

fn clean(text: &str, cleaning: Cleaning) -> String {
    let kept = match cleaning {
        Cleaning::Whitespace => text.to_owned(),
        Cleaning::Lower => text.to_lowercase(),
        Cleaning::Canonicalize => text.to_lowercase().replace('_', " ").replace(|c: char| c.is_ascii_punctuation(), ""),
    };
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::Model;

    #[derive(Deserialize)]
    struct Golden {
        text: String,
        ids: Vec<i64>,
    }

    fn builtin() -> TextTokenizer {
        let model = Model::builtin().unwrap();
        TextTokenizer::new(&model.tokenizer, &model.manifest, false).unwrap()
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

    #[test]
    fn a_long_text_is_cut_and_keeps_its_end_token() {
        let tokens = builtin().encode(&"mushroom ".repeat(200)).unwrap();
        assert_eq!((tokens.ids.len(), tokens.ids.last()), (64, Some(&102)));
    }

    #[test]
    fn cleanings_are_those_of_the_clip_family() {
        assert_eq!(clean("  A  Cat's_tail!\n", Cleaning::Canonicalize), "a cats tail");
        assert_eq!(clean(" A\tCat ", Cleaning::Lower), "a cat");
        assert_eq!(clean(" A\tCat ", Cleaning::Whitespace), "A Cat");
    }
}
