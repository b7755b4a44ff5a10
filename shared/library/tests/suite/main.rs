//! The library through its public face: searches against brute force, what keeps it safe, maps, duplicates, spaces.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod catalogue;
mod duplicates;
mod durability;
mod map;
mod rows;
mod search;
mod spaces;
mod support;
mod unusual;
