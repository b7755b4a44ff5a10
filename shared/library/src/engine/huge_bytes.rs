//! Memory for rows in large pages, where the system has them: a walk jumps from row to row, and with pages of 4 kB the processor
//! would look up a page for each.

use std::alloc::{Layout, handle_alloc_error};

use memmap2::MmapMut;

/// Large pages begin at multiples of this.
const PAGE_BYTES: usize = 2 << 20;

/// Bytes that are appended to, up to a capacity.
#[derive(Debug)]
pub(crate) struct HugeBytes {
    memory: MmapMut,
    /// Where in `memory` the first large page begins.
    start: usize,
    len: usize,
    capacity: usize,
}

impl HugeBytes {
    /// None yet of `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        let reserved = capacity.next_multiple_of(PAGE_BYTES) + PAGE_BYTES;
        let Ok(memory) = MmapMut::map_anon(reserved) else { handle_alloc_error(Layout::new::<[u8; PAGE_BYTES]>()) };
        // Without large pages it works all the same.
        #[cfg(target_os = "linux")]
        let _ = memory.advise(memmap2::Advice::HugePage);
        let start = memory.as_ptr().align_offset(PAGE_BYTES);
        Self { memory, start, len: 0, capacity }
    }

    /// The bytes so far.
    #[inline]
    pub fn as_slice(&self) -> &[i8] {
        bytemuck::cast_slice(&self.memory[self.start..self.start + self.len])
    }

    /// Appends `bytes`, for which there must be room.
    pub fn extend_from_slice(&mut self, bytes: &[i8]) {
        assert!(
            self.len + bytes.len() <= self.capacity,
            "{} bytes and {} more in {}",
            self.len,
            bytes.len(),
            self.capacity
        );
        let at = self.start + self.len;
        self.memory[at..at + bytes.len()].copy_from_slice(bytemuck::cast_slice(bytes));
        self.len += bytes.len();
    }
}

impl Clone for HugeBytes {
    fn clone(&self) -> Self {
        let mut copy = Self::with_capacity(self.capacity);
        copy.extend_from_slice(self.as_slice());
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_appended_and_begins_on_a_large_page() {
        let mut bytes = HugeBytes::with_capacity(PAGE_BYTES + 5);
        bytes.extend_from_slice(&vec![-1; PAGE_BYTES]);
        let copy = bytes.clone();
        bytes.extend_from_slice(&[1, 2, 3, 4, 5]);
        assert_eq!(bytes.as_slice()[PAGE_BYTES - 1..], [-1, 1, 2, 3, 4, 5]);
        assert_eq!(copy.as_slice().len(), PAGE_BYTES);
        assert!(bytes.as_slice().as_ptr().cast::<[u8; PAGE_BYTES]>().addr().is_multiple_of(PAGE_BYTES));
    }

    #[test]
    #[should_panic(expected = "8 bytes and 1 more in 8")]
    fn more_than_fits_is_refused() {
        let mut bytes = HugeBytes::with_capacity(8);
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&[0]);
    }
}
