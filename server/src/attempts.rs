//! Wrong tokens, counted by where they come from, so that nobody can try many.
//!
//! `governor`, which limits logging in, counts whatever is asked; here only failures may count, and asking whether there were too
//! many must count for nothing.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After the free ones, one try in this time.
const PAUSE: Duration = Duration::from_secs(5);
/// Failures count for so long after the last one.
const MEMORY: Duration = Duration::from_secs(600);
/// Addresses remembered at once; a flood of them forgets the oldest tale rather than fill the memory.
const MOST_ADDRESSES: usize = 10_000;

/// The failures of each address.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<Option<IpAddr>, Failures>>);

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Attempts {
    /// Failures that cost no wait: somebody who mistypes, a few programs with an old token.
    pub const FREE: u32 = 10;

    /// Whether the next try from this address comes too soon.
    pub fn must_wait(&self, from: Option<IpAddr>) -> bool {
        let failures = self.locked().get(&network(from)).copied();
        failures.is_some_and(|failures| failures.count >= Self::FREE && failures.last.elapsed() < PAUSE)
    }

    /// Counts a wrong token.
    pub fn note_failure(&self, from: Option<IpAddr>) {
        let mut all = self.locked();
        if all.len() >= MOST_ADDRESSES {
            all.retain(|_, failures| failures.last.elapsed() < PAUSE);
        }
        if all.len() >= MOST_ADDRESSES {
            all.clear();
        }
        let failures = all.entry(network(from)).or_insert(Failures { count: 0, last: Instant::now() });
        let count = if failures.last.elapsed() < MEMORY { failures.count + 1 } else { 1 };
        *failures = Failures { count, last: Instant::now() };
    }

    /// Forgets the failures of an address that knew the token.
    pub fn forgive(&self, from: Option<IpAddr>) {
        self.locked().remove(&network(from));
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Option<IpAddr>, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A network of IPv6 is one party: whoever has one address there has them all.
pub(crate) fn network(address: Option<IpAddr>) -> Option<IpAddr> {
    address.map(|address| match address {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        IpAddr::V4(_) => address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_count_apart_and_ipv6_by_network() {
        let attempts = Attempts::default();
        let address = |text: &str| Some(text.parse().unwrap());
        for _ in 0..Attempts::FREE {
            assert!(!attempts.must_wait(address("2001:db8::1")));
            attempts.note_failure(address("2001:db8::1"));
        }
        assert!(attempts.must_wait(address("2001:db8::ffff")));
        assert!(!attempts.must_wait(address("2001:db8:0:1::1")) && !attempts.must_wait(None));
        attempts.forgive(address("2001:db8::2"));
        assert!(!attempts.must_wait(address("2001:db8::1")));
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        for number in 0..MOST_ADDRESSES as u32 + 5 {
            attempts.note_failure(Some(IpAddr::from(number.to_be_bytes())));
        }
        assert!(attempts.locked().len() <= MOST_ADDRESSES);
    }
}
