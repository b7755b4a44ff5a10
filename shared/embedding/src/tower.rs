//! A part of a model that is loaded when it is first used, and may be let go when it is long unused.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::EmbeddingError;

/// Something that takes memory and time to load. A failure to load it is tried again by the next use.
pub(crate) struct Tower<T>(Mutex<Option<Loaded<T>>>);

struct Loaded<T> {
    tower: Arc<T>,
    used: Instant,
}

impl<T> Tower<T> {
    pub fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// The tower, loaded by `load` if it is not there; others who want it wait.
    pub fn get_or_load(&self, load: impl FnOnce() -> Result<T, EmbeddingError>) -> Result<Arc<T>, EmbeddingError> {
        let mut slot = self.0.lock();
        let tower = match slot.as_ref() {
            Some(loaded) => Arc::clone(&loaded.tower),
            None => Arc::new(load()?),
        };
        *slot = Some(Loaded { tower: Arc::clone(&tower), used: Instant::now() });
        Ok(tower)
    }

    /// Lets the tower go if nobody used it for `idle`, or uses it now; tells whether it did.
    pub fn unload_after(&self, idle: Duration) -> bool {
        let mut slot = self.0.lock();
        let unused = |loaded: &Loaded<T>| loaded.used.elapsed() >= idle && Arc::strong_count(&loaded.tower) == 1;
        match slot.as_ref() {
            Some(loaded) if unused(loaded) => {
                *slot = None;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tower_is_loaded_once_and_again_after_it_was_let_go() {
        let tower = Tower::new();
        let mut loads = 0;
        for _ in 0..3 {
            tower
                .get_or_load(|| {
                    loads += 1;
                    Ok(())
                })
                .unwrap();
        }
        assert_eq!(loads, 1);
        assert!(!tower.unload_after(Duration::from_secs(60)));
        assert!(tower.unload_after(Duration::ZERO));
        assert!(!tower.unload_after(Duration::ZERO));
        tower
            .get_or_load(|| {
                loads += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(loads, 2);
    }

    #[test]
    fn a_tower_in_use_stays() {
        let tower = Tower::new();
        let held = tower.get_or_load(|| Ok(())).unwrap();
        assert!(!tower.unload_after(Duration::ZERO));
        drop(held);
        assert!(tower.unload_after(Duration::ZERO));
    }

    #[test]
    fn a_failure_is_tried_again() {
        let tower = Tower::new();
        assert!(tower.get_or_load(|| Err(EmbeddingError::Stopped)).is_err());
        assert_eq!(*tower.get_or_load(|| Ok(7)).unwrap(), 7);
    }
}
