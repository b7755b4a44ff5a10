//! Tags that rules give to photos: to those that are here when a rule comes, and to each that comes later.

use foray_protocol::{ImageId, PhotoTag, SearchName, SpaceId, TagRule, UnitVector};
use sled::Batch;

use crate::LibraryError;
use crate::disk_room::make_room;
use crate::documents::{DocumentKind, Documents};
use crate::library::{ActiveSpace, Library};
use crate::records::encode;

/// Photos whose tags are changed in one step, while commits wait.
const PHOTOS_A_STEP: usize = 1_000;
/// Is among the library's own facts while tags are not yet what the rules say.
const TAGGING: &str = "tagging";

impl Library {
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
        let _alone = self.tagging.lock();
        self.mark_tagging()?;
        self.put_tag_rule(rule)?;
        let tagged = self.retag(|vector, tags| replace_tag(tags, &rule.classifier.name, rule.tag(vector)))?;
        self.unmark_tagging()?;
        Ok(tagged)
    }

    /// Forgets a rule, and takes away the tags that it gave, also where it was forgotten before and only they are left; tells how
    /// many photos lost one.
    ///
    /// # Errors
    /// [`LibraryError::NoTagRule`], and those of the database.
    pub fn forget_tag_rule(&self, name: &SearchName) -> Result<usize, LibraryError> {
        let _alone = self.tagging.lock();
        let before = self.photos_tagged_by(name)?;
        let key = name.as_str().as_bytes();
        if before == 0 && self.document(DocumentKind::TagRule, key)?.is_none() {
            return Err(LibraryError::NoTagRule(name.to_string()));
        }
        self.mark_tagging()?;
        self.remove_document(DocumentKind::TagRule, key)?;
        self.retag(|_, tags| replace_tag(tags, name, None))?;
        self.unmark_tagging()?;
        Ok(before)
    }

    /// Gives and takes all tags as the rules say, where that was begun and not ended, or the model changed. Tags by rules for another
    /// model than the one that is searched stay: they are right as long as their photos are.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn complete_tags(&self) -> Result<(), LibraryError> {
        let _alone = self.tagging.lock();
        let Some(active) = self.active().filter(|_| self.is_tagging_marked()) else { return Ok(()) };
        let rules = self.tag_rules()?;
        self.retag(|vector, tags| tag_by_rules(tags, &rules, (&active.id, vector)))?;
        self.unmark_tagging()
    }

    /// Notes that tags have yet to become what the rules say.
    pub(crate) fn mark_tagging(&self) -> Result<(), LibraryError> {
        make_room(&self.path())?;
        self.catalogue.meta.insert(TAGGING, &[])?;
        self.catalogue.meta.flush()?;
        Ok(())
    }

    fn unmark_tagging(&self) -> Result<(), LibraryError> {
        self.catalogue.meta.remove(TAGGING)?;
        Ok(())
    }

    fn is_tagging_marked(&self) -> bool {
        self.catalogue.meta.contains_key(TAGGING).unwrap_or(true)
    }

    /// The rules whose classifiers are for embeddings of `space`.
    pub(crate) fn tag_rules_of(&self, space: &SpaceId) -> Result<Vec<TagRule>, LibraryError> {
        let mut rules = self.tag_rules()?;
        rules.retain(|rule| rule.classifier.layer.space == *space);
        Ok(rules)
    }

    /// Changes the tags of every photo as `change` does, which tells whether the photo has one of those that it is about.
    fn retag(&self, change: impl Fn(&UnitVector, &mut Vec<PhotoTag>) -> bool) -> Result<usize, LibraryError> {
        let Some(active) = self.active() else { return Ok(0) };
        let photos = active.index.read().photos();
        let mut tagged = 0;
        for step in photos.chunks(PHOTOS_A_STEP) {
            tagged += self.retag_step(&active, step, &change)?;
        }
        self.has_changed();
        Ok(tagged)
    }

    fn retag_step(
        &self,
        active: &ActiveSpace,
        photos: &[ImageId],
        change: impl Fn(&UnitVector, &mut Vec<PhotoTag>) -> bool,
    ) -> Result<usize, LibraryError> {
        let _one_at_a_time = self.to_write()?;
        let (mut batch, mut touched, mut tagged) = (Batch::default(), vec![], 0);
        for &id in photos {
            let Some(vector) = active.embedding(id)? else { continue };
            let Some(mut record) = self.catalogue.photo(id)? else { continue };
            let before = record.metadata.tags.clone();
            tagged += usize::from(change(&vector, &mut record.metadata.tags));
            if record.metadata.tags != before {
                batch.insert(id.as_bytes().as_slice(), encode(&record)?);
                touched.push(id);
            }
        }
        self.write_tagged(batch, &touched)?;
        Ok(tagged)
    }

    /// Writes the records in `batch`, which are those of `photos`, and lets what filters ask follow; commits wait meanwhile.
    pub(crate) fn write_tagged(&self, batch: Batch, photos: &[ImageId]) -> Result<(), LibraryError> {
        self.catalogue.photos.apply_batch(batch)?;
        self.catalogue.photos.flush()?;
        let Some(active) = self.active() else { return Ok(()) };
        let rows: Vec<_> = {
            let index = active.index.read();
            photos.iter().filter_map(|&id| Some((id, index.row(id)?))).collect()
        };
        self.facts.follow(&self.catalogue, &active.id, &rows)
    }

    fn photos_tagged_by(&self, name: &SearchName) -> Result<usize, LibraryError> {
        let mut count = 0;
        for entry in self.catalogue.all_photos() {
            count += usize::from(entry?.1.metadata.tags.iter().any(|tag| tag.rule.as_ref() == Some(name)));
        }
        Ok(count)
    }
}

/// Makes a photo's tags what the rules say of its embedding in `space`; tells whether it has one by them. Tags by hand stay, and so
/// do those by rules for other spaces.
pub fn tag_by_rules(tags: &mut Vec<PhotoTag>, rules: &[TagRule], (space, vector): (&SpaceId, &UnitVector)) -> bool {
    let gives = |rule: &SearchName| rules.iter().any(|TagRule { classifier, .. }| classifier.name == *rule);
    tags.retain(|tag| tag.rule.as_ref().is_none_or(gives));
    let here = rules.iter().filter(|rule| rule.classifier.layer.space == *space);
    here.filter(|rule| replace_tag(tags, &rule.classifier.name, rule.tag(vector))).count() > 0
}

/// Puts the tag that a rule gives in place of the one that it gave before; tells whether it gives one.
pub fn replace_tag(tags: &mut Vec<PhotoTag>, rule: &SearchName, tag: Option<PhotoTag>) -> bool {
    let is_given = tag.is_some();
    tags.retain(|tag| tag.rule.as_ref() != Some(rule));
    tags.extend(tag);
    tags.sort_by(|a, b| a.rule.cmp(&b.rule));
    is_given
}

#[cfg(test)]
mod tests {
    use foray_protocol::{
        Change, Classifier, FileFacts, Ingest, IngestBatch, LinearLayer, NewPhoto, PhotoMetadata, Spaces,
    };

    use super::*;
    use crate::OpenOptions;

    fn axis(number: usize) -> UnitVector {
        UnitVector::normalized((0..3).map(|at| if at == number { 1.0 } else { 0.1 }).collect()).unwrap()
    }

    fn space(name: &str) -> SpaceId {
        SpaceId::from(format!("{name}@1"))
    }

    fn rule(name: &str, of: &str) -> TagRule {
        let classes = ["x", "y", "z"].map(str::to_owned).to_vec();
        let layer = LinearLayer::zero_shot(space(of), &[axis(0), axis(1), axis(2)], 20.0);
        let classifier = Classifier { name: name.parse().unwrap(), classes, prompts: vec![], layer, floors: vec![] };
        TagRule { classifier, only: vec![], min_probability: 0.5 }
    }

    fn id(number: usize) -> ImageId {
        ImageId::of_content(&[number as u8])
    }

    fn add(library: &Library, of: &str, number: usize) {
        let file = FileFacts { path: format!("/{number}.jpg").as_str().into(), size: 1, modified_ns: 1, companions: 0 };
        let (metadata, vector) = (PhotoMetadata::default(), axis(number));
        let photo = Box::new(NewPhoto { id: id(number), metadata, vector, thumbnail: vec![] });
        library.commit(&IngestBatch { space: space(of), changes: vec![Change::Added { file, photo }] }).unwrap();
    }

    fn tags(library: &Library, number: usize) -> Vec<String> {
        let tags = library.catalogue.photo(id(number)).unwrap().unwrap().metadata.tags;
        tags.into_iter().map(|tag| format!("{}:{}", tag.rule.unwrap(), tag.tag)).collect()
    }

    fn library() -> (tempfile::TempDir, Library) {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(&OpenOptions { create: true, ..OpenOptions::new(folder.path(), "test") }).unwrap();
        add(&library, "m", 0);
        add(&library, "m", 1);
        (folder, library)
    }

    #[test]
    fn what_was_cut_short_is_completed_by_maintenance() {
        let (_folder, library) = library();
        library.keep_tag_rule(&rule("kinds", "m")).unwrap();
        // As a kill leaves it: one rule has no tags yet, the tags of another have no rule any more.
        library.put_tag_rule(&rule("late", "m")).unwrap();
        library.remove_document(DocumentKind::TagRule, b"kinds").unwrap();
        library.mark_tagging().unwrap();
        assert_eq!(tags(&library, 0), ["kinds:x"]);
        library.maintain().unwrap();
        assert_eq!((tags(&library, 0), tags(&library, 1)), (vec!["late:x".to_owned()], vec!["late:y".to_owned()]));
        assert!(!library.is_tagging_marked());
    }

    #[test]
    fn tags_that_outlived_their_rule_can_be_taken_away() {
        let (_folder, library) = library();
        library.keep_tag_rule(&rule("kinds", "m")).unwrap();
        library.remove_document(DocumentKind::TagRule, b"kinds").unwrap();
        let name = "kinds".parse().unwrap();
        assert_eq!(library.forget_tag_rule(&name).unwrap(), 2);
        assert!(tags(&library, 0).is_empty());
        assert!(matches!(library.forget_tag_rule(&name), Err(LibraryError::NoTagRule(_))));
    }

    #[test]
    fn another_model_leaves_tags_and_coming_back_completes_them() {
        let (_folder, library) = library();
        library.keep_tag_rule(&rule("kinds", "m")).unwrap();
        let vectors = |photos: usize| (0..photos).map(|number| (id(number), axis(number))).collect::<Vec<_>>();
        library.add_vectors(&space("n"), &vectors(2)).unwrap();
        library.switch_space(&space("n"), "n").unwrap();
        assert_eq!(tags(&library, 0), ["kinds:x"]);
        add(&library, "n", 2);
        assert!(tags(&library, 2).is_empty(), "the rule is for the other model");
        library.add_vectors(&space("m"), &vectors(3)).unwrap();
        library.switch_space(&space("m"), "m").unwrap();
        assert_eq!(tags(&library, 2), ["kinds:z"]);
    }
}
