//! A set of row numbers, one bit each.

/// Rows that are in and rows that are out; rows past the end are out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowSet {
    words: Vec<u64>,
    count: usize,
}

impl RowSet {
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

    /// The rows that are in, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index as u32 * 64 + bit)
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
            prop_assert_eq!(rows.iter().collect::<Vec<_>>(), reference.into_iter().collect::<Vec<_>>());
        }
    }
}
