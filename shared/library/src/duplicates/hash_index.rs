//! Perceptual hashes that differ in few bits, found without comparing all pairs: multi-index hashing (Norouzi, Punjani and
//! Fleet, 2012) on the coarse bits of the hashes, which change least.

use foray_protocol::PerceptualHash;

/// Two hashes may differ in so many of their 256 bits. Of 46 million pairs of 9,600 photos, 39 do not differ in more: versions of
/// one picture, and drawings and studio shots of one thing.
pub(super) const MOST_BITS: u32 = 64;
/// And in so many of their 64 coarse bits, which change less: with both limits, 1,064 of 1,086 pictures are found again after a
/// fortieth was cropped from each side.
const MOST_COARSE_BITS: u32 = 11;
/// The coarse bits are looked up in bands of 16. With at most 11 differing bits in four bands, one band has at most two.
const BANDS: usize = 4;

/// The structure of the lowest 8 x 8 frequencies.
fn coarse(hash: &PerceptualHash) -> u64 {
    let bytes = hash.as_bytes();
    u64::from_le_bytes(std::array::from_fn(|row| bytes[2 * row]))
}

fn band(coarse: u64, band: usize) -> u16 {
    (coarse >> (16 * band)) as u16
}

/// Hashes, sorted into buckets by each of their bands.
pub(super) struct HashIndex<'a> {
    hashes: &'a [PerceptualHash],
    buckets: [Buckets; BANDS],
    /// What one band of two hashes may differ in: no bit, one, or two.
    differences: Vec<u16>,
}

/// For each value of a band the hashes that have it, side by side in memory.
struct Buckets {
    starts: Vec<u32>,
    entries: Vec<(u64, u32)>,
}

impl Buckets {
    fn new(coarse: &[u64], at: usize) -> Self {
        let mut starts = vec![0u32; (1 << 16) + 1];
        coarse.iter().for_each(|&bits| starts[usize::from(band(bits, at)) + 1] += 1);
        (1..starts.len()).for_each(|value| starts[value] += starts[value - 1]);
        let mut next = starts.clone();
        let mut entries = vec![(0, 0); coarse.len()];
        for (number, &bits) in (0u32..).zip(coarse) {
            let slot = &mut next[usize::from(band(bits, at))];
            entries[*slot as usize] = (bits, number);
            *slot += 1;
        }
        Self { starts, entries }
    }

    /// The hashes with this value, in ascending order.
    fn bucket(&self, value: u16) -> &[(u64, u32)] {
        let value = usize::from(value);
        &self.entries[self.starts[value] as usize..self.starts[value + 1] as usize]
    }
}

impl<'a> HashIndex<'a> {
    pub fn new(hashes: &'a [PerceptualHash]) -> Self {
        let coarse: Vec<u64> = hashes.iter().map(coarse).collect();
        let pairs = (0..16).flat_map(|a| (0..=a).map(move |b| 1u16 << a | 1 << b));
        let differences = std::iter::once(0).chain(pairs).collect();
        Self { hashes, buckets: std::array::from_fn(|at| Buckets::new(&coarse, at)), differences }
    }

    /// The hashes before number `at` that are close to it; some may come twice.
    pub fn close_before(&self, at: usize) -> Vec<usize> {
        let hash = &self.hashes[at];
        let bits = coarse(hash);
        let mut close = vec![];
        for (number, buckets) in self.buckets.iter().enumerate() {
            for difference in &self.differences {
                let bucket = buckets.bucket(band(bits, number) ^ difference);
                let before = bucket.iter().take_while(|(_, other)| (*other as usize) < at);
                let alike = before.filter(|(other, _)| (other ^ bits).count_ones() <= MOST_COARSE_BITS);
                let found = alike.map(|&(_, other)| other as usize);
                close.extend(found.filter(|&other| self.hashes[other].distance(hash) <= MOST_BITS));
            }
        }
        close
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes of chance, and versions of them with some bits flipped.
    fn hashes() -> Vec<PerceptualHash> {
        let mut state = 88_172_645_463_325_252u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let mut hashes = vec![];
        for _ in 0..60 {
            let mut bytes: [u8; 32] = std::array::from_fn(|_| random() as u8);
            hashes.push(PerceptualHash::from_bytes(bytes));
            for _ in 0..8 {
                for _ in 0..9 {
                    bytes[random() as usize % 32] ^= 1 << (random() % 8);
                }
                hashes.push(PerceptualHash::from_bytes(bytes));
            }
        }
        hashes
    }

    #[test]
    fn it_finds_exactly_the_pairs_that_a_comparison_of_all_finds() {
        let hashes = hashes();
        let index = HashIndex::new(&hashes);
        let mut pairs = 0;
        for at in 0..hashes.len() {
            let near = |other: &usize| {
                let other = &hashes[*other];
                (coarse(other) ^ coarse(&hashes[at])).count_ones() <= MOST_COARSE_BITS
                    && other.distance(&hashes[at]) <= MOST_BITS
            };
            let expected: Vec<usize> = (0..at).filter(near).collect();
            let mut found = index.close_before(at);
            found.sort_unstable();
            found.dedup();
            assert_eq!(found, expected);
            pairs += found.len();
        }
        assert!(pairs > 500, "{pairs}");
    }
}
