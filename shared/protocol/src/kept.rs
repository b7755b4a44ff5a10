//! A setting that is changed while the program runs, and is kept for its next start.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

/// Says in a sentence why a value cannot be taken, or keeps it for the next start.
type Check<T> = dyn Fn(&T) -> Result<(), String> + Send + Sync;

/// A value that many look at and some may change. Clones are the same value.
pub struct Kept<T>(Arc<Inner<T>>);

struct Inner<T> {
    present: Mutex<(u64, T)>,
    check: Box<Check<T>>,
}

impl<T: Clone + PartialEq> Kept<T> {
    /// One that begins with `value`. What it is changed to is first given to `check`, which refuses or keeps it.
    pub fn new(value: T, check: impl Fn(&T) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { present: Mutex::new((0, value)), check: Box::new(check) }))
    }

    /// What it is now, and the number of this version.
    pub fn present(&self) -> (u64, T) {
        self.0.present.lock().clone()
    }

    /// Whether it has changed since `version`.
    pub fn has_changed(&self, version: u64) -> bool {
        self.0.present.lock().0 != version
    }

    /// Puts `value` in the place of what it was.
    ///
    /// # Errors
    /// What `check` says.
    pub fn change(&self, value: T) -> Result<(), String> {
        let mut present = self.0.present.lock();
        if present.1 != value {
            (self.0.check)(&value)?;
            *present = (present.0 + 1, value);
        }
        Ok(())
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: fmt::Debug> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kept").field(&*self.0.present.lock()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_checked_and_noticed() {
        let number = Kept::new(1, |number| if *number < 0 { Err("below 0".to_owned()) } else { Ok(()) });
        let (version, first) = number.present();
        assert_eq!(first, 1);
        assert_eq!(number.change(-1), Err("below 0".to_owned()));
        assert_eq!(number.change(1), Ok(()));
        assert!(!number.has_changed(version));
        let same = number.clone();
        assert_eq!(same.change(2), Ok(()));
        assert!(number.has_changed(version) && number.present().1 == 2);
    }
}
