//! A set of row numbers, one bit each.

/// Rows that are in and rows that are out; rows past the end are out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowSet {
    words: Vec<u64>,
    count: usize,
}

impl RowSet {
    /// Whether `row` is in.
    pub fn contains(&self, row: u32) -> bool {
        self.words.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Puts `row` in or takes it out.
    pub fn set(&mut self, row: u32, present: bool) {
        if self.contains(row) == present {
            return;
        }
        let index = row as usize / 64;
        if index >= self.words.len() {
            self.words.resize(index + 1, 0);
        }
        self.words[index] ^= 1 << (row % 64);
        if present {
            self.count += 1;
        } else {
            self.count -= 1;
        }
    }

    /// How many rows are in.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether no row is in.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The rows that are in both.
    pub fn intersection(&self, other: &Self) -> Self {
        Self::from_words(self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect())
    }

    /// The rows that are in either.
    pub fn union(&self, other: &Self) -> Self {
        let (longer, shorter) = if self.words.len() < other.words.len() { (other, self) } else { (self, other) };
        let mut words = longer.words.clone();
        words.iter_mut().zip(&shorter.words).for_each(|(word, other)| *word |= other);
        Self::from_words(words)
    }

    /// The rows that are in here and not in `other`.
    pub fn without(&self, other: &Self) -> Self {
        let mut words = self.words.clone();
        words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
        Self::from_words(words)
    }

    fn from_words(words: Vec<u64>) -> Self {
        let count = words.iter().map(|word| word.count_ones() as usize).sum();
        Self { words, count }
    }

    /// The rows that are in, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let next = |&rest: &u64| (rest & (rest - 1) != 0).then_some(rest & (rest - 1));
            let rests = std::iter::successors((word != 0).then_some(word), next);
            rests.map(move |rest| index as u32 * 64 + rest.trailing_zeros())
        })
    }
}

impl FromIterator<u32> for RowSet {
    fn from_iter<I: IntoIterator<Item = u32>>(rows: I) -> Self {
        let mut set = Self::default();
        rows.into_iter().for_each(|row| set.set(row, true));
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_behaves_like_a_set(changes in prop::collection::vec((0u32..300, any::<bool>()), 0..200)) {
            let (mut rows, mut reference) = (RowSet::default(), BTreeSet::new());
            for (row, present) in changes {
                rows.set(row, present);
                if present { reference.insert(row); } else { reference.remove(&row); }
            }
            prop_assert_eq!(rows.len(), reference.len());
            prop_assert_eq!(rows.iter().collect::<Vec<_>>(), reference.iter().copied().collect::<Vec<_>>());
            let even: RowSet = (0..200).step_by(2).collect();
            let both = rows.intersection(&even);
            let evens: BTreeSet<u32> = even.iter().collect();
            for (made, expected) in [
                (both, reference.intersection(&evens).copied().collect::<Vec<_>>()),
                (rows.union(&even), reference.union(&evens).copied().collect()),
                (rows.without(&even), reference.difference(&evens).copied().collect()),
                (even.without(&rows), evens.difference(&reference).copied().collect()),
            ] {
                prop_assert_eq!(made.len(), expected.len());
                prop_assert_eq!(made.iter().collect::<Vec<_>>(), expected);
            }
        }
    }
}
