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
    if vnni::is_here() {
        // SAFETY: the processor has these instructions.
        return unsafe { vnni::dot_i8(a, b) };
    } else if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { avx2::dot_i8(a, b) };
    }
    i8::dot(a, b).unwrap_or_default() as i32
}

/// Dot product of two vectors of equal length.
#[inline]
pub(crate) fn dot_f32(a: &[f32], b: &[f32]) -> f32 {
    debug_assert_eq!(a.len(), b.len());
    f32::dot(a, b).unwrap_or_default() as f32
}

/// `simsimd` widens bytes to 16 bits and adds to one sum, each addition waiting for the one before; here four do not wait for each
/// other: 512 components in 9.5 ns instead of 20.
#[cfg(target_arch = "x86_64")]
mod vnni {
    use std::arch::x86_64::{
        __m512i, _mm512_add_epi32, _mm512_dpbusd_epi32, _mm512_maskz_loadu_epi8, _mm512_reduce_add_epi32,
        _mm512_set1_epi8, _mm512_setzero_si512, _mm512_sub_epi32, _mm512_xor_si512,
    };

    #[inline]
    pub fn is_here() -> bool {
        is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512bw")
    }

    /// The instruction multiplies unsigned by signed bytes: `a + 128` by `b`, and 128 by `b` to be taken away again.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub fn dot_i8(a: &[i8], b: &[i8]) -> i32 {
        let ((a_pairs, a_rest), (b_pairs, b_rest)) = (a.as_chunks::<128>(), b.as_chunks::<128>());
        // Named, not in an array that a number points into: so they stay in registers.
        let (mut first, mut second) = (Sum::new(), Sum::new());
        for (a, b) in a_pairs.iter().zip(b_pairs) {
            first.add(load(&a[..64]), load(&b[..64]));
            second.add(load(&a[64..]), load(&b[64..]));
        }
        for (a, b) in a_rest.chunks(64).zip(b_rest.chunks(64)) {
            first.add(load(a), load(b));
        }
        _mm512_reduce_add_epi32(_mm512_add_epi32(first.total(), second.total()))
    }

    struct Sum {
        shifted: __m512i,
        shift: __m512i,
    }

    impl Sum {
        #[target_feature(enable = "avx512f")]
        fn new() -> Self {
            Self { shifted: _mm512_setzero_si512(), shift: _mm512_setzero_si512() }
        }

        #[target_feature(enable = "avx512f,avx512vnni")]
        fn add(&mut self, a: __m512i, b: __m512i) {
            // As an unsigned byte this is 128; it also turns `a` into `a + 128`.
            let sign = _mm512_set1_epi8(-128);
            self.shifted = _mm512_dpbusd_epi32(self.shifted, _mm512_xor_si512(a, sign), b);
            self.shift = _mm512_dpbusd_epi32(self.shift, sign, b);
        }

        #[target_feature(enable = "avx512f")]
        fn total(self) -> __m512i {
            _mm512_sub_epi32(self.shifted, self.shift)
        }
    }

    /// Up to 64 bytes, and zeros.
    #[target_feature(enable = "avx512f,avx512bw")]
    fn load(bytes: &[i8]) -> __m512i {
        let present = if bytes.len() < 64 { (1 << bytes.len()) - 1 } else { u64::MAX };
        // SAFETY: only the bytes that are present are read.
        unsafe { _mm512_maskz_loadu_epi8(present, bytes.as_ptr()) }
    }
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
        let ((a_pairs, a_rest), (b_pairs, b_rest)) = (a.as_chunks::<64>(), b.as_chunks::<64>());
        let (mut first, mut second) = (_mm256_setzero_si256(), _mm256_setzero_si256());
        for (a, b) in a_pairs.iter().zip(b_pairs) {
            first = _mm256_add_epi32(first, products(a.as_chunks().0, b.as_chunks().0, 0));
            second = _mm256_add_epi32(second, products(a.as_chunks().0, b.as_chunks().0, 1));
        }
        let rest: i32 = a_rest.iter().zip(b_rest).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
        total(_mm256_add_epi32(first, second)) + rest
    }

    #[target_feature(enable = "avx2")]
    fn products(a: &[[i8; 32]], b: &[[i8; 32]], number: usize) -> __m256i {
        let (a, b) = (load(&a[number]), load(&b[number]));
        let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(a), _mm256_sign_epi8(b, a));
        _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
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

/// Asks the processor to bring `row` near, while it still works on others. Not into its first-level cache, which can
/// only wait for about twenty lines at a time and would hold the work up: a walk is half as fast that way.
#[inline]
pub(crate) fn prefetch(row: &[i8]) {
    #[cfg(target_arch = "x86_64")]
    for line in row.chunks(64) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: prefetching is a hint that never faults, and the address is that of a live slice.
        unsafe { _mm_prefetch(line.as_ptr(), _MM_HINT_T1) };
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

    /// Every kernel that this processor can run.
    fn dots(a: &[i8], b: &[i8]) -> Vec<i32> {
        let mut all = vec![dot_i8(a, b), i8::dot(a, b).unwrap() as i32];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            all.push(unsafe { avx2::dot_i8(a, b) });
        }
        all
    }

    proptest! {
        #[test]
        fn integer_dots_are_exact(pairs in prop::collection::vec((-127i8..=127, -127i8..=127), 1..700)) {
            let (a, b): (Vec<i8>, Vec<i8>) = pairs.iter().copied().unzip();
            // Nothing is behind them that belongs to them: `make sanitize` sees a byte too much.
            let (a, b) = (a.into_boxed_slice(), b.into_boxed_slice());
            prefetch(&a);
            let expected: i32 = pairs.iter().map(|&(a, b)| i32::from(a) * i32::from(b)).sum();
            prop_assert!(dots(&a, &b).iter().all(|&dot| dot == expected), "{:?} instead of {expected}", dots(&a, &b));
        }

        #[test]
        fn float_dots_agree_with_the_plain_sum(pairs in prop::collection::vec((-1f32..1.0, -1f32..1.0), 1..700)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let (a, b) = (a.into_boxed_slice(), b.into_boxed_slice());
            let expected: f64 = pairs.iter().map(|&(a, b)| f64::from(a) * f64::from(b)).sum();
            prop_assert!((f64::from(dot_f32(&a, &b)) - expected).abs() < 1e-3);
        }
    }

    #[test]
    fn the_largest_products_do_not_overflow() {
        for (a, b) in [(127i8, 127i8), (-127, 127), (127, -127), (-127, -127)] {
            let expected = 4096 * i32::from(a) * i32::from(b);
            assert!(dots(&[a; 4096], &[b; 4096]).iter().all(|&dot| dot == expected));
        }
    }

    /// `cargo test --release -p foray-library what_a_dot_costs -- --ignored --nocapture`
    #[test]
    #[ignore = "prints figures"]
    fn what_a_dot_costs() {
        let rows: Vec<[i8; 512]> =
            (0..32u8).map(|seed| std::array::from_fn(|at| (at as u8 ^ seed) as i8 >> 1)).collect();
        let timed = |name: &str, dot: fn(&[i8], &[i8]) -> i32| {
            let begun = std::time::Instant::now();
            let sum: i64 = (0..1_000_000).map(|turn| i64::from(dot(&rows[turn % 32], &rows[turn / 32 % 32]))).sum();
            println!("{name}: {:.1} ns ({sum})", begun.elapsed().as_secs_f64() * 1e3);
        };
        timed("ours", dot_i8);
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            timed("AVX2", |a, b| unsafe { avx2::dot_i8(a, b) });
        }
        timed("simsimd", |a, b| i8::dot(a, b).unwrap_or_default() as i32);
    }

    #[test]
    fn a_mapped_file_shows_what_is_written_into_it() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[1; 5000]).unwrap();
        let mapped = map(&file).unwrap();
        assert_eq!(&mapped[..], [1; 5000]);
    }
}
