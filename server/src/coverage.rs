//! How far the library is covered by each model, counted not too often: a count goes over all vectors, and pages ask every second.

use std::sync::Arc;
use std::time::Instant;

use foray_library::Store;
use foray_protocol::{ProtocolError, SpaceCoverage};
use parking_lot::Mutex;

/// A count is good for so many times what it took, so that counting costs a small part of the time.
const TIMES_ITS_COST: u32 = 20;

/// What was counted last. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct CountedCoverage(Arc<Mutex<Option<Counted>>>);

#[derive(Debug)]
struct Counted {
    coverage: Vec<SpaceCoverage>,
    good_until: Instant,
}

impl CountedCoverage {
    /// The coverage of `library`, counted now or a moment ago. Who asks meanwhile waits for the same count.
    pub fn of(&self, library: &dyn Store) -> Result<Vec<SpaceCoverage>, ProtocolError> {
        let mut known = self.0.lock();
        let begun = Instant::now();
        if let Some(counted) = known.as_ref().filter(|counted| begun < counted.good_until) {
            return Ok(counted.coverage.clone());
        }
        let coverage = library.spaces()?;
        let good_until = Instant::now() + begun.elapsed() * TIMES_ITS_COST;
        *known = Some(Counted { coverage: coverage.clone(), good_until });
        Ok(coverage)
    }
}
