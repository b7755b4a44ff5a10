//! Feeds the bytes of a photo's file to the readers of EXIF blocks and XMP packets within.
#![no_main]

use foray_fuzz::{check_description, count_own_panics_only};
use foray_indexer::{Sources, description};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: count_own_panics_only(), |content: &[u8]| {
    check_description(&description(Sources { content, sidecar: None }));
});
