//! What is said between a process and those that decode for it: a line of JSON, and bytes where it announces some.

use std::io::{self, BufRead, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{DecodeLimits, Detail};

/// No line is longer; whoever decodes may have been taken over, and is not believed.
const LONGEST_LINE: u64 = 1 << 16;

/// One picture is asked for; its file's bytes follow.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    pub bytes: usize,
    pub limits: DecodeLimits,
    pub detail: Detail,
}

/// Decoding may begin: memory has been set aside.
#[derive(Debug, Serialize, Deserialize)]
pub struct Go;

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The first thing that is said: what confines the process, in words.
    Confined(String),
    /// How many bytes decoding will take; waits for [`Go`].
    Needs(u64),
    /// The picture; its pixels follow, 3 bytes each.
    Picture { format: String, size: (u32, u32), pixels: (u32, u32) },
    /// There is none, for this reason.
    Refused(String),
}

/// Writes a line.
pub fn tell(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads a line; `None` at the end.
pub fn hear<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = vec![];
    from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&line)?))
}
