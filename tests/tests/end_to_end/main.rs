//! The real binary and server, driven in throwaway folders. One program holds all of these tests: each more would be linked with the
//! whole of Foray anew, and would wait for the slowest test of the one before.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod abuse;
mod access;
mod api;
mod backup;
mod bad_input;
mod captions;
mod classes;
mod compatible;
mod control;
mod crash;
mod duplicates;
mod filters;
mod index;
mod isolation;
mod junk;
mod logs;
mod map;
mod mcp;
mod metadata;
mod migrate;
mod models;
mod reindex;
mod remote;
mod results;
mod search;
mod self_check;
mod serve;
mod soak;
mod spaces;
mod tags;
mod terminal;
mod watch;
