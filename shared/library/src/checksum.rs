//! What shows that a file is whole: the BLAKE3 of its content as its last 32 bytes.

/// Bytes of a checksum.
const BYTES: usize = blake3::OUT_LEN;

/// Puts the checksum behind `content`.
pub(crate) fn append(content: &mut Vec<u8>) {
    let checksum = blake3::hash(content);
    content.extend(checksum.as_bytes());
}

/// The content before the checksum, if it fits.
pub(crate) fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (content, checksum) = bytes.split_last_chunk::<BYTES>()?;
    (blake3::hash(content).as_bytes() == checksum).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_or_cut_is_noticed() {
        let mut bytes = b"content".to_vec();
        append(&mut bytes);
        assert_eq!(checked(&bytes), Some(&b"content"[..]));
        assert_eq!((checked(&bytes[1..]), checked(&bytes[..20]), checked(b"")), (None, None, None));
    }
}
