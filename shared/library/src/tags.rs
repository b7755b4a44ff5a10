//! Tags that rules give to photos: to those that are here when a rule comes, and to each that comes later.

use foray_protocol::{ImageId, PhotoTag, SearchName, SpaceId, TagRule, UnitVector};
use sled::{Batch, Tree};

use crate::LibraryError;
use crate::library::{ActiveSpace, Library};
use crate::records::{PhotoRecord, decode, encode};

/// Photos whose tags are changed in one step, while commits wait.
const PHOTOS_A_STEP: usize = 1_000;

impl Library {
    /// The rules by which photos get tags, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn tag_rules(&self) -> Result<Vec<TagRule>, LibraryError> {
        self.tag_rule_tree()?.iter().values().map(|value| decode(&value?)).collect()
    }

    /// Keeps a rule, instead of one that had its name before, and gives all photos the tags that they get by it; tells how many got
    /// one.
    ///
    /// # Errors
    /// [`LibraryError::WrongSpace`] for a classifier of another model than the library's, and those of the database.
    pub fn keep_tag_rule(&self, rule: &TagRule) -> Result<usize, LibraryError> {
        let space = &rule.classifier.layer.space;
        if let Some(active) = self.active().filter(|active| active.id != *space) {
            return Err(LibraryError::WrongSpace { expected: active.id, got: space.clone() });
        }
        {
            let _one_at_a_time = self.writing.lock();
            let tree = self.tag_rule_tree()?;
            tree.insert(rule.classifier.name.as_str(), encode(rule)?)?;
            tree.flush()?;
        }
        self.retag(&rule.classifier.name, |vector| rule.tag(vector))
    }

    /// Forgets a rule, and takes away the tags that it gave; tells how many photos lost one.
    ///
    /// # Errors
    /// [`LibraryError::NoTagRule`], and those of the database.
    pub fn forget_tag_rule(&self, name: &SearchName) -> Result<usize, LibraryError> {
        let before = self.photos_tagged_by(name)?;
        {
            let _one_at_a_time = self.writing.lock();
            let tree = self.tag_rule_tree()?;
            if tree.remove(name.as_str())?.is_none() {
                return Err(LibraryError::NoTagRule(name.to_string()));
            }
            tree.flush()?;
        }
        self.retag(name, |_| None)?;
        Ok(before)
    }

    /// The rules whose classifiers are for embeddings of `space`.
    pub(crate) fn tag_rules_of(&self, space: &SpaceId) -> Result<Vec<TagRule>, LibraryError> {
        let mut rules = self.tag_rules()?;
        rules.retain(|rule| rule.classifier.layer.space == *space);
        Ok(rules)
    }

    /// Gives every photo the tag of the rule `name` that `tag` says, and none where it says none; tells how many have one then.
    fn retag(&self, name: &SearchName, tag: impl Fn(&UnitVector) -> Option<PhotoTag>) -> Result<usize, LibraryError> {
        let Some(active) = self.active() else { return Ok(0) };
        let photos = active.index.read().photos();
        let mut tagged = 0;
        for step in photos.chunks(PHOTOS_A_STEP) {
            tagged += self.retag_step(&active, step, name, &tag)?;
        }
        self.has_changed();
        Ok(tagged)
    }

    fn retag_step(
        &self,
        active: &ActiveSpace,
        photos: &[ImageId],
        name: &SearchName,
        tag: impl Fn(&UnitVector) -> Option<PhotoTag>,
    ) -> Result<usize, LibraryError> {
        let _one_at_a_time = self.writing.lock();
        let (mut batch, mut touched, mut tagged) = (Batch::default(), vec![], 0);
        for &id in photos {
            let Some((row, vector)) = row_and_vector(active, id)? else { continue };
            let Some(mut record) = self.catalogue.photo(id)? else { continue };
            let given = tag(&vector);
            tagged += usize::from(given.is_some());
            if replace_tag(&mut record, name, given) {
                batch.insert(id.as_bytes().as_slice(), encode(&record)?);
                touched.push((id, row));
            }
        }
        self.catalogue.photos.apply_batch(batch)?;
        self.catalogue.photos.flush()?;
        self.facts.follow(&self.catalogue, &active.id, &touched)?;
        Ok(tagged)
    }

    fn photos_tagged_by(&self, name: &SearchName) -> Result<usize, LibraryError> {
        let mut count = 0;
        for entry in self.catalogue.all_photos() {
            count += usize::from(entry?.1.metadata.tags.iter().any(|tag| tag.rule == *name));
        }
        Ok(count)
    }

    /// Name -> [`TagRule`].
    fn tag_rule_tree(&self) -> Result<Tree, LibraryError> {
        Ok(self.db.open_tree("tag_rules")?)
    }
}

fn row_and_vector(active: &ActiveSpace, id: ImageId) -> Result<Option<(u32, UnitVector)>, LibraryError> {
    let index = active.index.read();
    let Some(row) = index.row(id) else { return Ok(None) };
    Ok(Some((row, UnitVector::from_components(index.vectors.vector(row).to_vec())?)))
}

/// Tells whether the record is another then.
fn replace_tag(record: &mut PhotoRecord, rule: &SearchName, tag: Option<PhotoTag>) -> bool {
    let tags = &mut record.metadata.tags;
    let before = tags.clone();
    tags.retain(|tag| tag.rule != *rule);
    tags.extend(tag);
    tags.sort_by(|a, b| a.rule.cmp(&b.rule));
    *tags != before
}
