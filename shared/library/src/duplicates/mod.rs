//! Duplicates: files with the same content, versions of one picture, bursts, and pictures of much the same thing, apart from
//! each other. Nothing is ever deleted here: each group names a file to keep, and why.
//!
//! From the strictest kind to the laxest, photos that look related are joined into components, and each component is taken
//! apart into groups round a photo to keep, to which every other one of the group is related itself.

mod burst;
mod components;
mod exact;
mod hash_index;
mod keeper;
mod near;
mod roster;
mod similar;

use std::collections::HashSet;
use std::sync::Arc;

use foray_protocol::{
    DuplicateFile, DuplicateGroup, DuplicateKind, DuplicateResults, DuplicatesRequest, ImageId, KeepReason, PhotoPath,
};

use self::keeper::Candidate;
use self::roster::{Roster, Shot};
use crate::LibraryError;
use crate::library::Library;
use crate::photo_query::check_page;

/// The duplicates of a library at one moment.
#[derive(Debug)]
pub(crate) struct Found {
    /// The library's version.
    made_for: u64,
    /// Whether similar photos were looked for, which takes longest.
    with_similar: bool,
    /// Those that could free the most bytes first, then in path order.
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    kind: DuplicateKind,
    keep: File,
    reason: KeepReason,
    others: Vec<File>,
}

#[derive(Clone, Debug)]
struct File {
    id: ImageId,
    path: PhotoPath,
    bytes: u64,
    /// Cosine similarity to the file to keep.
    similarity: f32,
}

impl Group {
    fn freed_bytes(&self) -> u64 {
        self.others.iter().map(|file| file.bytes).sum()
    }
}

impl Library {
    /// Groups of duplicates, those that could free the most bytes first, then in path order.
    ///
    /// Found when first asked for, and kept until the library changes. Photos that were indexed before perceptual hashes were
    /// kept get theirs now, from their previews.
    ///
    /// # Errors
    /// [`LibraryError::OutOfRange`] for a limit or offset outside its range, [`LibraryError::Preparing`] when similar photos are
    /// asked for and those of a large library are compared with each other in the background.
    pub fn duplicates(&self, request: &DuplicatesRequest) -> Result<DuplicateResults, LibraryError> {
        check_page(request.limit, request.offset)?;
        let found = self.found_duplicates(request.kind == Some(DuplicateKind::Similar))?;
        let wanted = |group: &&Group| match request.kind {
            Some(kind) => group.kind == kind,
            None => group.kind != DuplicateKind::Similar,
        };
        let groups: Vec<&Group> = found.groups.iter().filter(wanted).collect();
        let page = groups.iter().skip(request.offset).take(request.limit);
        Ok(DuplicateResults {
            groups: page.map(|group| self.duplicate_group(group)).collect::<Result<_, _>>()?,
            total: groups.len(),
            freed_bytes: freed_bytes(&groups),
        })
    }

    fn duplicate_group(&self, group: &Group) -> Result<DuplicateGroup, LibraryError> {
        Ok(DuplicateGroup {
            kind: group.kind,
            keep: self.duplicate_file(&group.keep)?,
            reason: group.reason,
            others: group.others.iter().map(|file| self.duplicate_file(file)).collect::<Result<_, _>>()?,
            freed_bytes: group.freed_bytes(),
        })
    }

    fn duplicate_file(&self, file: &File) -> Result<DuplicateFile, LibraryError> {
        let record = self.catalogue.photo(file.id)?.ok_or_else(|| LibraryError::NoPhoto(file.id.to_string()))?;
        Ok(DuplicateFile::new(file.id, &file.path, file.bytes, file.similarity, record.metadata))
    }

    fn found_duplicates(&self, with_similar: bool) -> Result<Arc<Found>, LibraryError> {
        let version = self.version();
        let mut kept = self.duplicates.lock();
        let fits = |found: &&Arc<Found>| found.made_for == version && found.with_similar >= with_similar;
        if let Some(found) = kept.as_ref().filter(fits) {
            return Ok(Arc::clone(found));
        }
        let mut groups = exact::groups(&self.catalogue)?;
        groups.extend(self.related_groups(with_similar)?);
        groups.sort_by(|a, b| {
            let by_path = || (&a.keep.path, a.kind).cmp(&(&b.keep.path, b.kind));
            b.freed_bytes().cmp(&a.freed_bytes()).then_with(by_path)
        });
        let found = Arc::new(Found { made_for: version, with_similar, groups });
        *kept = Some(Arc::clone(&found));
        Ok(found)
    }

    /// Groups of photos whose contents differ.
    fn related_groups(&self, with_similar: bool) -> Result<Vec<Group>, LibraryError> {
        let Some(active) = self.active() else { return Ok(vec![]) };
        let (structures, rows) = if with_similar {
            let (structures, rows) = self.structures.ready(&active)?;
            (Some(structures), rows)
        } else {
            (None, active.index.read().snapshot())
        };
        let mut roster = Roster::load(self, &rows)?;
        let vectors = &rows.vectors;
        let similarity = |a: &Shot, b: &Shot| vectors.score_rows(a.row, b.row);
        let mut sorter = Sorter { library: self, similarity: &similarity, groups: vec![] };

        let related = |a: &Shot, b: &Shot| near::are_near(a, b, similarity);
        sorter.sort(DuplicateKind::Near, &mut roster, near::components, related)?;
        sorter.sort(DuplicateKind::Burst, &mut roster, |shots| burst::components(shots, similarity), |_, _| true)?;
        if let Some(structures) = structures {
            let related = |a: &Shot, b: &Shot| similarity(a, b) >= similar::MIN_SIMILARITY;
            let components = |shots: &[Shot]| similar::components(shots, structures.neighbours.lists(), vectors);
            sorter.sort(DuplicateKind::Similar, &mut roster, components, related)?;
        }
        Ok(sorter.groups)
    }
}

/// Takes components apart into groups.
struct Sorter<'a> {
    library: &'a Library,
    similarity: &'a dyn Fn(&Shot, &Shot) -> f32,
    groups: Vec<Group>,
}

impl Sorter<'_> {
    /// Makes the groups of `kind`. Of each, only the photo to keep stays in the roster.
    fn sort(
        &mut self,
        kind: DuplicateKind,
        roster: &mut Roster,
        components: impl Fn(&[Shot]) -> Vec<Vec<usize>>,
        related: impl Fn(&Shot, &Shot) -> bool,
    ) -> Result<(), LibraryError> {
        let mut grouped = HashSet::new();
        for component in components(&roster.shots) {
            let shots = component.into_iter().map(|at| &roster.shots[at]);
            let loaded = shots.map(|shot| Candidate::load(&self.library.catalogue, shot));
            let candidates = loaded.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
            for star in keeper::stars(candidates, &related) {
                grouped.extend(star.others.iter().map(|other| other.shot.id));
                self.groups.extend(self.group(kind, &star));
            }
        }
        roster.shots.retain(|shot| !grouped.contains(&shot.id));
        Ok(())
    }

    fn group(&self, kind: DuplicateKind, star: &keeper::Star<'_>) -> Option<Group> {
        let files = |candidate: &Candidate<'_>, similarity: f32| {
            let (id, bytes) = (candidate.shot.id, candidate.bytes);
            candidate.paths.clone().into_iter().map(move |path| File { id, path, bytes, similarity })
        };
        // Its other files are a group of their own kind.
        let keep = files(&star.keep, 1.0).next()?;
        let others = star.others.iter().flat_map(|other| files(other, (self.similarity)(star.keep.shot, other.shot)));
        Some(Group { kind, keep, reason: star.reason, others: others.collect() })
    }
}

/// Bytes of the others of all groups, each file counted once.
fn freed_bytes(groups: &[&Group]) -> u64 {
    let mut counted = HashSet::new();
    let others = groups.iter().flat_map(|group| &group.others);
    others.filter(|file| counted.insert(&file.path)).map(|file| file.bytes).sum()
}
