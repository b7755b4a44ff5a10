//! Tags that people give by hand. They stand beside those of rules in a photo's record, and stay when rules or models change.

use std::collections::BTreeSet;

use foray_protocol::{HandTagging, PhotoTag};
use sled::Batch;

use crate::LibraryError;
use crate::library::Library;
use crate::records::encode;

impl Library {
    /// Gives photos a tag, or takes it away; tells how many of them changed. A photo has a tag once, however it is capitalised.
    ///
    /// # Errors
    /// [`LibraryError::NoPhoto`] for a photo that is not here, and those of the database; then nothing is changed.
    pub fn tag_by_hand(&self, tagging: &HandTagging) -> Result<usize, LibraryError> {
        let _one_at_a_time = self.to_write()?;
        let (mut batch, mut changed) = (Batch::default(), vec![]);
        for id in BTreeSet::from_iter(tagging.ids.iter().copied()) {
            let mut record = self.catalogue.photo(id)?.ok_or_else(|| LibraryError::NoPhoto(id.to_string()))?;
            if apply_by_hand(tagging, &mut record.metadata.tags) {
                batch.insert(id.as_bytes().as_slice(), encode(&record)?);
                changed.push(id);
            }
        }
        self.write_tagged(batch, &changed)?;
        self.has_changed();
        Ok(changed.len())
    }
}

/// Changes one photo's tags; tells whether they are others now.
pub fn apply_by_hand(tagging: &HandTagging, tags: &mut Vec<PhotoTag>) -> bool {
    let wanted = tagging.tag.as_str().to_lowercase();
    let before = tags.len();
    let is_meant = |tag: &PhotoTag| tag.is_by_hand() && tag.tag.to_lowercase() == wanted;
    if tagging.remove {
        tags.retain(|tag| !is_meant(tag));
    } else if !tags.iter().any(is_meant) {
        let end_of_hand = tags.iter().take_while(|tag| tag.is_by_hand()).count();
        tags.insert(end_of_hand, PhotoTag::by_hand(&tagging.tag));
    }
    tags.len() != before
}
