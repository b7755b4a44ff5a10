//! Feeds bytes to what rewrites graphs (ONNX): what comes out can be rewritten again, and is not much larger.
#![no_main]

use foray_embedding::{free_batch, to_half_precision};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|model: &[u8]| {
    if let Ok(freed) = free_batch(model) {
        check_size(model, &freed);
        assert_eq!(free_batch(&freed), Ok(freed));
    }
    if let Ok(Some(halved)) = to_half_precision(model) {
        check_size(model, &halved);
        assert!(matches!(to_half_precision(&halved), Ok(Some(_))));
    }
});

/// Each input and output gets a cast beside it, and each of them takes some bytes in the model.
fn check_size(model: &[u8], rewritten: &[u8]) {
    assert!(rewritten.len() <= 16 * model.len() + 256, "{} bytes of {}", rewritten.len(), model.len());
}
