//! Tags of rules and of hands, in the photos' records.

use std::collections::BTreeSet;

use foray_library::{DocumentKind, Documents, LibraryError, apply_by_hand, replace_tag, tag_by_rules};
use foray_protocol::{HandTagging, ImageId, PhotoTag, SearchName, TagRule, UnitVector};

use crate::MilvusError;
use crate::store::{META, MilvusLibrary, Part};

/// Is there while tags are not yet what the rules say.
const TAGGING: &[u8] = b"tagging";
/// Photos whose tags are changed in one step, while commits of this process wait.
const STEP: usize = 256;

impl MilvusLibrary {
    pub(crate) fn keep_rule(&self, rule: &TagRule) -> Result<usize, LibraryError> {
        let space = &rule.classifier.layer.space;
        if let Some((expected, _)) = self.searched().filter(|(searched, _)| searched != space) {
            return Err(LibraryError::WrongSpace { expected, got: space.clone() });
        }
        let _alone = self.tagging.lock();
        self.mark_tagging()?;
        self.put_tag_rule(rule)?;
        let tagged = self.retag(|vector, tags| replace_tag(tags, &rule.classifier.name, rule.tag(vector)))?;
        self.unmark_tagging()?;
        Ok(tagged)
    }

    pub(crate) fn forget_rule(&self, name: &SearchName) -> Result<usize, LibraryError> {
        let _alone = self.tagging.lock();
        self.mark_tagging()?;
        let was_there = self.remove_document(DocumentKind::TagRule, name.as_str().as_bytes())?;
        let mut lost = 0;
        self.retag(|_, tags| {
            let before = tags.len();
            replace_tag(tags, name, None);
            lost += usize::from(tags.len() < before);
            false
        })?;
        self.unmark_tagging()?;
        if lost == 0 && !was_there { Err(LibraryError::NoTagRule(name.to_string())) } else { Ok(lost) }
    }

    /// Gives and takes all tags as the rules say, where that was begun and not ended, or the model changed.
    pub(crate) fn complete_tags(&self) -> Result<(), LibraryError> {
        let _alone = self.tagging.lock();
        let Some((space, _)) = self.searched() else { return Ok(()) };
        if self.shelves().get(META, TAGGING)?.is_none() {
            return Ok(());
        }
        let rules = self.tag_rules()?;
        self.retag(|vector, tags| tag_by_rules(tags, &rules, (&space, vector)))?;
        Ok(self.unmark_tagging()?)
    }

    /// Notes that tags have yet to become what the rules say.
    pub(crate) fn mark_tagging(&self) -> Result<(), MilvusError> {
        self.shelves().put_small(META, TAGGING, &[])
    }

    fn unmark_tagging(&self) -> Result<(), MilvusError> {
        self.shelves().remove(META, TAGGING)
    }

    pub(crate) fn tag_photos(&self, tagging: &HandTagging) -> Result<usize, LibraryError> {
        let ids: Vec<ImageId> = BTreeSet::from_iter(tagging.ids.iter().copied()).into_iter().collect();
        let missing = |id: &ImageId| LibraryError::NoPhoto(id.to_string());
        let Some((_, collection)) = self.searched() else { return ids.first().map_or(Ok(0), |id| Err(missing(id))) };
        let _one_at_a_time = self.writing.lock();
        let mut rows = self.photo_rows(&collection, &ids, Part::Whole)?;
        if let Some(id) = ids.iter().find(|id| rows.iter().all(|row| row.id != **id)) {
            return Err(missing(id));
        }
        rows.retain_mut(|row| apply_by_hand(tagging, &mut row.record.metadata.tags));
        self.write_photos(&collection, &rows)?;
        self.pulse.beat()?;
        Ok(rows.len())
    }

    /// Changes the tags of every photo as `change` does, which tells whether the photo has one of those that it is about; tells how
    /// many do.
    fn retag(&self, mut change: impl FnMut(&UnitVector, &mut Vec<PhotoTag>) -> bool) -> Result<usize, LibraryError> {
        let Some((_, collection)) = self.searched() else { return Ok(0) };
        let (mut after, mut tagged) = (None, 0);
        loop {
            let _one_at_a_time = self.writing.lock();
            let mut step = self.photo_page(&collection, ("id != \"\"", after), Part::Whole, STEP)?;
            let Some(last) = step.last() else { break };
            after = Some(last.id);
            step.retain_mut(|row| {
                let Some(vector) = &row.vector else { return false };
                let before = row.record.metadata.tags.clone();
                tagged += usize::from(change(vector, &mut row.record.metadata.tags));
                row.record.metadata.tags != before
            });
            self.write_photos(&collection, &step)?;
        }
        self.pulse.beat()?;
        Ok(tagged)
    }
}
