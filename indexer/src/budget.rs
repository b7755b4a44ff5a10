//! Memory that workers share: whoever takes some waits until it is there.

use parking_lot::{Condvar, Mutex};

/// So many bytes, and no more at a time.
#[derive(Debug)]
pub(crate) struct Budget {
    total: u64,
    free: Mutex<u64>,
    returned: Condvar,
}

/// Bytes that were taken; they are free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Share<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Budget {
    pub fn new(total: u64) -> Self {
        Self { total, free: Mutex::new(total), returned: Condvar::new() }
    }

    /// Takes `bytes`, all of the budget for more than it has: what is larger than that is worked on alone.
    pub fn take(&self, bytes: u64) -> Share<'_> {
        let bytes = bytes.min(self.total);
        let mut free = self.free.lock();
        while *free < bytes {
            self.returned.wait(&mut free);
        }
        *free -= bytes;
        Share { budget: self, bytes }
    }

    /// Whether nobody holds anything of it.
    #[cfg(test)]
    pub fn is_whole(&self) -> bool {
        *self.free.lock() == self.total
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        *self.budget.free.lock() += self.bytes;
        self.budget.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
    use std::thread;

    use super::*;

    #[test]
    fn no_more_is_taken_than_there_is() {
        let (budget, used) = (Budget::new(100), AtomicU64::new(0));
        thread::scope(|scope| {
            for number in 0..8u64 {
                let (budget, used) = (&budget, &used);
                scope.spawn(move || {
                    for round in 0..50 {
                        let bytes = 10 + (number * 37 + round * 11) % 150;
                        let _share = budget.take(bytes);
                        let counted = bytes.min(100);
                        assert!(used.fetch_add(counted, SeqCst) + counted <= 100);
                        thread::yield_now();
                        used.fetch_sub(counted, SeqCst);
                    }
                });
            }
        });
        assert!(budget.is_whole());
    }
}
