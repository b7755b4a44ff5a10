//! What every store of a library promises: one suite, run on the embedded library and on Milvus.
//!
//! Milvus is the server at FORAY_TEST_MILVUS (host:port), which `make test-milvus` starts; without the feature `milvus` its half of
//! the suite is not there.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod documents;
mod files;
mod filters;
mod searches;
mod spaces;
mod stage;
mod whole;

/// Each promise is a test of each store.
macro_rules! promises {
    ($($promise:ident),* $(,)?) => {
        mod embedded {
            $(#[test] fn $promise() { super::$promise(&crate::stage::embedded()); })*
        }
        #[cfg(feature = "milvus")]
        mod milvus {
            $(#[test] fn $promise() { super::$promise(&crate::stage::milvus()); })*
        }
    };
}
pub(crate) use promises;
