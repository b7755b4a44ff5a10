//! The nearest neighbours of all photos of a space: brought to its rows in steps, and kept in a file.

mod list_file;
pub(crate) mod lists;

use std::time::{Duration, Instant};

use crate::space::SpaceIndex;
use lists::{Lists, Precision, ToDo};

/// So many new lists are worth storing at once; fewer wait for the next reindex.
const SAVE_FROM: usize = 1_000;
/// So much work a killed process may lose.
const SAVE_EVERY: Duration = Duration::from_secs(600);
/// Scores of one step: less than a second on two cores.
const STEP: f64 = 5e7;

/// The neighbours of a space's photos.
#[derive(Debug)]
pub(crate) struct Neighbours {
    lists: Lists,
    /// Lists that were made since they were last stored.
    unsaved: usize,
    saved: Instant,
}

impl Neighbours {
    /// Those in the space's file.
    pub fn open(index: &SpaceIndex) -> Self {
        let lists = list_file::load(&index.neighbour_file(), &index.vectors.arena, &index.ids);
        Self { lists, unsaved: 0, saved: Instant::now() }
    }

    /// The lists as they are.
    pub fn lists(&self) -> &Lists {
        &self.lists
    }

    /// What is left to do before they are those of the rows of `index`.
    pub fn to_do(&self, index: &SpaceIndex, precision: Precision) -> ToDo {
        self.lists.to_do(&index.vectors, precision)
    }

    /// Does some of what is left to do; whether there is more.
    pub fn step(&mut self, index: &SpaceIndex, precision: Precision) -> bool {
        self.unsaved += self.lists.step(&index.vectors, precision, STEP);
        let to_do = self.to_do(index, precision);
        if self.unsaved > 0 && self.saved.elapsed() > SAVE_EVERY {
            tracing::info!("the nearest neighbours of {} photos are still to be found", to_do.lists);
            self.save(index);
        }
        !to_do.is_nothing()
    }

    /// Stores the lists if that is worth it.
    pub fn save_if_many(&mut self, index: &SpaceIndex) {
        if self.unsaved >= SAVE_FROM {
            self.save(index);
        }
    }

    /// Stores the lists, if any were made since they were last stored.
    pub fn save(&mut self, index: &SpaceIndex) {
        if self.unsaved == 0 {
            return;
        }
        let file = index.neighbour_file();
        self.saved = Instant::now();
        match list_file::save(&file, &self.lists, &index.ids) {
            Ok(()) => self.unsaved = 0,
            Err(error) => tracing::warn!("cannot write {}: {error}; neighbours are kept in memory", file.display()),
        }
    }
}
