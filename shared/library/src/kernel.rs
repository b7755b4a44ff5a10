//! The arithmetic that search spends its time in: dot products of rows and prefetching them. The crate's only unsafe code.
#![allow(unsafe_code, reason = "prefetch has no safe form; it is the only unsafe call here")]

use simsimd::SpatialSimilarity;

/// Dot product of two rows of 8-bit integers of equal length.
#[inline]
pub(crate) fn dot_i8(a: &[i8], b: &[i8]) -> f32 {
    debug_assert_eq!(a.len(), b.len());
    i8::dot(a, b).unwrap_or_default() as f32
}

/// Dot product of two vectors of equal length.
#[inline]
pub(crate) fn dot_f32(a: &[f32], b: &[f32]) -> f32 {
    debug_assert_eq!(a.len(), b.len());
    f32::dot(a, b).unwrap_or_default() as f32
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn integer_dots_are_exact(pairs in prop::collection::vec((-127i8..=127, -127i8..=127), 1..700)) {
            let (a, b): (Vec<i8>, Vec<i8>) = pairs.iter().copied().unzip();
            prefetch(&a);
            let expected: i32 = pairs.iter().map(|&(a, b)| i32::from(a) * i32::from(b)).sum();
            prop_assert_eq!(dot_i8(&a, &b), expected as f32);
        }

        #[test]
        fn float_dots_agree_with_the_plain_sum(pairs in prop::collection::vec((-1f32..1.0, -1f32..1.0), 1..700)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let expected: f64 = pairs.iter().map(|&(a, b)| f64::from(a) * f64::from(b)).sum();
            prop_assert!((f64::from(dot_f32(&a, &b)) - expected).abs() < 1e-3);
        }
    }
}
