//! Which things belong together, when only pairs are known: a disjoint-set forest (Galler and Fischer, 1964).

/// A partition of the numbers below a limit, at first each one alone.
pub(super) struct Components {
    parents: Vec<u32>,
}

impl Components {
    pub fn new(count: usize) -> Self {
        Self { parents: (0..count as u32).collect() }
    }

    fn root(&mut self, mut at: u32) -> u32 {
        while self.parents[at as usize] != at {
            // Halving the path on the way keeps later ways short.
            self.parents[at as usize] = self.parents[self.parents[at as usize] as usize];
            at = self.parents[at as usize];
        }
        at
    }

    /// Puts what `a` and `b` are in together.
    pub fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a as u32), self.root(b as u32));
        self.parents[a.max(b) as usize] = a.min(b);
    }

    /// The components of two and more, each in ascending order.
    pub fn groups(mut self) -> Vec<Vec<usize>> {
        let count = self.parents.len() as u32;
        let mut rooted: Vec<(u32, u32)> = (0..count).map(|at| (self.root(at), at)).collect();
        rooted.sort_unstable();
        let groups = rooted.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
        groups.map(|group| group.iter().map(|&(_, at)| at as usize).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_join_into_components() {
        let mut components = Components::new(8);
        for (a, b) in [(6, 1), (3, 4), (1, 2), (2, 6)] {
            components.join(a, b);
        }
        assert_eq!(components.groups(), [vec![1, 2, 6], vec![3, 4]]);
    }
}
