//! The arithmetic that search spends its time in, and the two things about memory that safe code cannot say: fetching a row
//! ahead, and reading a file in place. The crate's only unsafe code.
#![allow(unsafe_code, reason = "vector instructions, prefetching and memory-mapped files have no safe form")]

use std::fs::File;
use std::io;

use memmap2::Mmap;
use simsimd::SpatialSimilarity;

/// Dot product of two rows of 8-bit integers of equal length, none of them -128.
#[inline]
pub(crate) fn dot_i8(a: &[i8], b: &[i8]) -> i32 {
    debug_assert_eq!(a.len(), b.len());
    #[cfg(target_arch = "x86_64")]
    if has_only_avx2() {
        // SAFETY: the processor has AVX2.
        return unsafe { avx2::dot_i8(a, b) };
    }
    i8::dot(a, b).unwrap_or_default() as i32
}

/// Whether the processor has AVX2 but not the dot products of AVX-512, for which `simsimd` has a faster kernel than ours.
#[cfg(target_arch = "x86_64")]
#[inline]
fn has_only_avx2() -> bool {
    is_x86_feature_detected!("avx2") && !is_x86_feature_detected!("avx512vnni")
}

/// Dot product of two vectors of equal length.
#[inline]
pub(crate) fn dot_f32(a: &[f32], b: &[f32]) -> f32 {
    debug_assert_eq!(a.len(), b.len());
    f32::dot(a, b).unwrap_or_default() as f32
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_shuffle_epi32, _mm256_abs_epi8, _mm256_add_epi32,
        _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
        _mm256_set1_epi16, _mm256_setzero_si256, _mm256_sign_epi8,
    };

    /// Products of unsigned by signed bytes are added in pairs to 16 bits, which holds 2 * 127 * 127; so one factor gives its
    /// sign to the other.
    #[target_feature(enable = "avx2")]
    pub fn dot_i8(a: &[i8], b: &[i8]) -> i32 {
        let ((a_blocks, a_rest), (b_blocks, b_rest)) = (a.as_chunks::<32>(), b.as_chunks::<32>());
        let mut sums = [_mm256_setzero_si256(); 2];
        for (number, (a, b)) in a_blocks.iter().zip(b_blocks).enumerate() {
            let (a, b) = (load(a), load(b));
            let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(a), _mm256_sign_epi8(b, a));
            let sum = &mut sums[number % 2];
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
        }
        let rest: i32 = a_rest.iter().zip(b_rest).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
        total(_mm256_add_epi32(sums[0], sums[1])) + rest
    }

    #[target_feature(enable = "avx2")]
    fn load(block: &[i8; 32]) -> __m256i {
        // SAFETY: the block has the 32 bytes that are read, and the instruction asks for no alignment.
        unsafe { _mm256_loadu_si256(block.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx2")]
    fn total(sums: __m256i) -> i32 {
        let four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        let two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0b01_00_11_10));
        _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0b10_11_00_01)))
    }
}

/// Asks the processor to bring `row` into its cache; the next rows are read while this one's links are looked at.
#[inline]
pub(crate) fn prefetch(row: &[i8]) {
    #[cfg(target_arch = "x86_64")]
    for line in row.chunks(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: prefetching is a hint that never faults, and the address is that of a live slice.
        unsafe { _mm_prefetch(line.as_ptr(), _MM_HINT_T0) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = row;
}

/// `file` as memory, as long as it is now.
///
/// # Errors
/// Those of the system, for an empty file too.
pub(crate) fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the file lies in a library that this process has locked, and Foray never shortens it or changes what it maps but
    // by whole rows that nobody reads any more.
    unsafe { Mmap::map(file) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn integer_dots_are_exact(pairs in prop::collection::vec((-127i8..=127, -127i8..=127), 1..700)) {
            let (a, b): (Vec<i8>, Vec<i8>) = pairs.iter().copied().unzip();
            prefetch(&a);
            let expected: i32 = pairs.iter().map(|&(a, b)| i32::from(a) * i32::from(b)).sum();
            prop_assert_eq!(dot_i8(&a, &b), expected);
        }

        #[test]
        fn float_dots_agree_with_the_plain_sum(pairs in prop::collection::vec((-1f32..1.0, -1f32..1.0), 1..700)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let expected: f64 = pairs.iter().map(|&(a, b)| f64::from(a) * f64::from(b)).sum();
            prop_assert!((f64::from(dot_f32(&a, &b)) - expected).abs() < 1e-3);
        }
    }

    #[test]
    fn the_largest_products_do_not_overflow() {
        for (a, b) in [(127i8, 127i8), (-127, 127), (127, -127), (-127, -127)] {
            assert_eq!(dot_i8(&[a; 4096], &[b; 4096]), 4096 * i32::from(a) * i32::from(b));
        }
    }

    #[test]
    fn a_mapped_file_shows_what_is_written_into_it() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[1; 5000]).unwrap();
        let mapped = map(&file).unwrap();
        assert_eq!(&mapped[..], [1; 5000]);
    }
}
