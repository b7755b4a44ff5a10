//! Feeds text to the reader of sidecars (XMP), and as a packet within a file: both tell the same of the photo.
#![no_main]

use foray_fuzz::{check_description, count_own_panics_only};
use foray_indexer::{Sources, description};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: count_own_panics_only(), |data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let beside = description(Sources { content: &[], sidecar: Some(&text) });
    check_description(&beside);
    check_description(&description(Sources { content: data, sidecar: None }));
    let both = description(Sources { content: data, sidecar: Some(&text) });
    check_description(&both);
    assert_eq!(beside.clone().or(both.clone()), both);
});
