//! Unpacking what a program sent packed, never to more than fits.

use std::io::{self, Read};

use thiserror::Error;

use crate::ZSTD;

/// The window that packed bodies may ask for, as a power of two: 8 MiB, the most that a decoder must support (RFC 8878).
const LARGEST_WINDOW: u32 = 23;

/// Why a body could not be unpacked.
#[derive(Debug, Error)]
pub enum UnpackError {
    /// It is cut short, damaged, or was never packed.
    #[error("the body is no whole {ZSTD}: {0}")]
    Broken(#[from] io::Error),
    /// It unfolds to more bytes than these.
    #[error("the body unfolds to more than {0} bytes; send smaller batches")]
    TooLarge(usize),
}

/// The body that was packed into `bytes`, of `most` bytes at most.
///
/// # Errors
/// [`UnpackError`]; however `bytes` are made, they take little more memory than `most`.
pub fn unpack(bytes: &[u8], most: usize) -> Result<Vec<u8>, UnpackError> {
    let mut decoder = zstd::Decoder::with_buffer(bytes)?;
    decoder.window_log_max(LARGEST_WINDOW)?;
    let mut unpacked = vec![];
    decoder.take(most as u64 + 1).read_to_end(&mut unpacked)?;
    if unpacked.len() > most { Err(UnpackError::TooLarge(most)) } else { Ok(unpacked) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_unfolds_to_the_limit_and_no_further() {
        let content = vec![7; 100_000];
        let packed = zstd::bulk::compress(&content, 1).unwrap();
        assert_eq!(unpack(&packed, content.len()).unwrap(), content);
        assert!(matches!(unpack(&packed, content.len() - 1), Err(UnpackError::TooLarge(_))));
        assert!(matches!(unpack(&packed[..packed.len() - 1], content.len()), Err(UnpackError::Broken(_))));
        assert!(matches!(unpack(b"no zstd at all", 100), Err(UnpackError::Broken(_))));
    }

    #[test]
    fn a_window_that_would_fill_the_memory_is_refused() {
        let mut encoder = zstd::Encoder::new(vec![], 1).unwrap();
        encoder.window_log(27).unwrap();
        io::copy(&mut io::repeat(7).take(100_000), &mut encoder).unwrap();
        assert!(matches!(unpack(&encoder.finish().unwrap(), 1 << 20), Err(UnpackError::Broken(_))));
    }
}
