//! What a run did, in numbers.

use std::collections::HashMap;

use foray_protocol::ImageId;
use serde::Serialize;

/// The result of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IndexSummary {
    /// Photos newly embedded: new ones, and those whose content was replaced.
    pub indexed: usize,
    /// Files that are as the library knew them.
    pub unchanged: usize,
    /// Files that hold a photo which left its former path.
    pub moved: usize,
    /// Files that are gone, those that moved not counted.
    pub removed: usize,
    /// Files that could not be indexed; each has its reason in the library.
    pub failed: usize,
    /// How long it took.
    pub seconds: f64,
    /// Further files that hold a photo which stayed where it was.
    pub copied: usize,
    /// Whether the run was ended early.
    pub stopped: bool,
    /// What the owner should know, in sentences.
    pub warnings: Vec<String>,
}

/// What one committed change means for the summary.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    /// A photo was embedded; the path may have held another one.
    Indexed { before: Option<ImageId> },
    /// A photo that the library has is now at this path too; the path may have held another one.
    Arrived { image: ImageId, before: Option<ImageId> },
    /// A file was touched, and holds the photo that it held.
    Touched,
    /// A file could not be indexed; the path may have held a photo.
    Failed { before: Option<ImageId> },
    /// A file is gone.
    Removed { image: Option<ImageId> },
}

/// Counts the effects of a run. A move shows as an arrival and a departure of one photo, in any order.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub indexed: usize,
    pub unchanged: usize,
    pub failed: usize,
    removed: usize,
    comings: HashMap<ImageId, Comings>,
}

/// How often one photo came to a path, and left one: because the file went, or because its content was replaced.
#[derive(Clone, Copy, Debug, Default)]
struct Comings {
    arrived: usize,
    removed: usize,
    replaced: usize,
}

impl Tally {
    pub fn count(&mut self, effect: Effect) {
        match effect {
            Effect::Indexed { before } => {
                self.indexed += 1;
                self.replaced(before);
            }
            Effect::Arrived { image, before } => {
                self.comings.entry(image).or_default().arrived += 1;
                self.replaced(before);
            }
            Effect::Touched => self.unchanged += 1,
            Effect::Failed { before } => {
                self.failed += 1;
                self.replaced(before);
            }
            Effect::Removed { image } => {
                self.removed += 1;
                if let Some(image) = image {
                    self.comings.entry(image).or_default().removed += 1;
                }
            }
        }
    }

    fn replaced(&mut self, before: Option<ImageId>) {
        if let Some(image) = before {
            self.comings.entry(image).or_default().replaced += 1;
        }
    }

    /// The counts so far; the rest of the summary is left to the run.
    pub fn summary(&self) -> IndexSummary {
        let sum = |count: fn(&Comings) -> usize| self.comings.values().map(count).sum::<usize>();
        let moved = sum(|photo| photo.arrived.min(photo.removed + photo.replaced));
        IndexSummary {
            indexed: self.indexed,
            unchanged: self.unchanged,
            moved,
            removed: self.removed - sum(|photo| photo.arrived.min(photo.removed)),
            failed: self.failed,
            copied: sum(|photo| photo.arrived) - moved,
            ..IndexSummary::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(effects: &[Effect]) -> (usize, usize, usize) {
        let mut tally = Tally::default();
        effects.iter().for_each(|&effect| tally.count(effect));
        let IndexSummary { moved, copied, removed, .. } = tally.summary();
        (moved, copied, removed)
    }

    const A: ImageId = ImageId::from_bytes([1; 16]);
    const B: ImageId = ImageId::from_bytes([2; 16]);
    const NEW_A: Effect = Effect::Arrived { image: A, before: None };
    const GONE_A: Effect = Effect::Removed { image: Some(A) };

    #[test]
    fn a_move_is_an_arrival_and_a_departure() {
        assert_eq!(summary(&[NEW_A, GONE_A]), (1, 0, 0));
        assert_eq!(summary(&[GONE_A, NEW_A]), (1, 0, 0));
    }

    #[test]
    fn a_copy_leaves_the_first_file() {
        assert_eq!(summary(&[NEW_A, NEW_A, GONE_A]), (1, 1, 0));
    }

    #[test]
    fn files_that_go_without_coming_elsewhere_are_removed() {
        assert_eq!(summary(&[GONE_A, GONE_A, NEW_A, Effect::Removed { image: None }]), (1, 0, 2));
    }

    #[test]
    fn two_files_that_swap_their_names_are_two_moves() {
        let swap = [Effect::Arrived { image: A, before: Some(B) }, Effect::Arrived { image: B, before: Some(A) }];
        assert_eq!(summary(&swap), (2, 0, 0));
    }

    #[test]
    fn a_photo_that_made_room_for_another_has_moved() {
        assert_eq!(summary(&[NEW_A, Effect::Indexed { before: Some(A) }]), (1, 0, 0));
    }
}
