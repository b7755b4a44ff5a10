//! What the files of a photo say of it, apart from its pixels.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a photo's EXIF block, its XMP packet and the sidecar beside it say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Description {
    /// When it was taken by the camera's clock: `2023-06-01T12:00:00`, with the offset where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// Camera make and model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// The lens's model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lens: Option<String>,
    /// Latitude and longitude in degrees, north and east positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<(f64, f64)>,
    /// The town nearest to the position, such as `Kreuzberg, Germany`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Stars, 1 to 5, that somebody gave it; -1 for a photo marked as rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<i8>,
    /// Words that somebody gave it, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// A sentence that somebody wrote about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

impl Description {
    /// This, and what `other` says where this is silent.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            taken_at: self.taken_at.or(other.taken_at),
            camera: self.camera.or(other.camera),
            lens: self.lens.or(other.lens),
            position: self.position.or(other.position),
            place: self.place.or(other.place),
            rating: self.rating.or(other.rating),
            keywords: if self.keywords.is_empty() { other.keywords } else { self.keywords },
            caption: self.caption.or(other.caption),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_goes_before_what_others_say() {
        let ours = Description { rating: Some(5), keywords: vec!["cat".into()], ..Description::default() };
        let others = Description { rating: Some(1), caption: Some("A cat".into()), ..Description::default() };
        let both = ours.or(others);
        assert_eq!((both.rating, both.caption.as_deref(), both.keywords.len()), (Some(5), Some("A cat"), 1));
    }

    /// As exports write it, and imports read it.
    #[test]
    fn a_position_comes_back_from_json_to_its_last_digit() {
        let position = Some((-1.9390527744280006, 13.4));
        let described = Description { position, ..Description::default() };
        let json = serde_json::to_string(&described).unwrap();
        assert_eq!(serde_json::from_str::<Description>(&json).unwrap(), described);
    }
}
