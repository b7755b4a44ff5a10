//! Whether one classifier is better than another on the same photos, or only luckier.

use foray_protocol::Comparison;

use crate::EvaluationError;

/// How `this` classifier compares with the `other`: whether each was right, photo by photo, in the same order.
///
/// The test is McNemar's ("Note on the sampling error of the difference between correlated proportions", 1947) in its exact,
/// two-sided form: of the photos that only one got right, either is as likely to be the one when both are equally good.
///
/// # Errors
/// [`EvaluationError::Shape`] when they are not of as many photos.
pub fn compare(this: &[bool], other: &[bool]) -> Result<Comparison, EvaluationError> {
    if this.len() != other.len() {
        return Err(EvaluationError::shape("photos to compare", this.len(), other.len()));
    }
    let only_this = this.iter().zip(other).filter(|(this, other)| **this && !**other).count() as u32;
    let only_other = this.iter().zip(other).filter(|(this, other)| !**this && **other).count() as u32;
    let difference = (f64::from(only_this) - f64::from(only_other)) / this.len().max(1) as f64;
    Ok(Comparison { difference, only_this, only_other, p_value: two_sided_p(only_this, only_other) })
}

/// The probability that a fair coin thrown `a` + `b` times falls at least as unevenly as `a` to `b`.
fn two_sided_p(a: u32, b: u32) -> f64 {
    let (throws, fewer) = (a + b, a.min(b));
    // Relative to its largest term, the tail's sum neither overflows nor vanishes however many throws there are.
    let ratio = |heads: u32| f64::from(heads) / f64::from(throws - heads + 1);
    let terms = (1..=fewer).rev().scan(1.0, |term, heads| {
        *term *= ratio(heads);
        Some(*term)
    });
    let tail = 1.0 + terms.sum::<f64>();
    let largest = ln_binomial(throws, fewer) - f64::from(throws) * std::f64::consts::LN_2;
    (2.0 * (largest + tail.ln()).exp()).min(1.0)
}

/// The natural logarithm of the number of ways to choose `k` of `n`.
fn ln_binomial(n: u32, k: u32) -> f64 {
    (1..=k).map(|i| (f64::from(n - k + i) / f64::from(i)).ln()).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn photos_that_both_or_neither_got_right_say_nothing() {
        let comparison = compare(&[true, true, false, false, true], &[true, false, true, false, false]).unwrap();
        assert_eq!((comparison.only_this, comparison.only_other), (2, 1));
        assert!((comparison.difference - 0.2).abs() < 1e-12);
        assert_eq!(comparison.p_value, 1.0);
    }

    #[test]
    fn small_cases_are_those_of_a_coin() {
        assert_eq!(two_sided_p(0, 0), 1.0);
        assert!((two_sided_p(0, 5) - 2.0 / 32.0).abs() < 1e-12);
        assert!((two_sided_p(8, 1) - 2.0 * 10.0 / 512.0).abs() < 1e-12);
    }

    #[test]
    fn thousands_of_photos_do_not_overflow() {
        assert_eq!(two_sided_p(20_000, 20_000), 1.0);
        assert_eq!(two_sided_p(0, 40_000), 0.0);
        let near = two_sided_p(10_200, 9_800);
        assert!((0.0040..0.0055).contains(&near), "{near}");
    }

    #[test]
    fn different_photos_are_refused() {
        assert_eq!(compare(&[true], &[]).unwrap_err().to_string(), "photos to compare: got 1; expected 0");
    }

    proptest! {
        #[test]
        fn it_is_a_probability_and_does_not_take_sides(a in 0u32..3_000, b in 0u32..3_000) {
            let p = two_sided_p(a, b);
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert_eq!(p, two_sided_p(b, a));
        }
    }
}
