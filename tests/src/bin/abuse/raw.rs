//! Connections on which anything can be sent, and what comes back on them.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::target::{Answers, Target};

/// An answer comes within this time.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(10);
/// What follows the beginning of an answer comes within this time.
const BREATH: Duration = Duration::from_millis(300);

/// What a server has answered so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// With this status.
    Status(u16),
    /// By closing the connection.
    Closed,
    /// Not at all.
    Nothing,
}

/// What comes back on each of `requests`, on a connection of its own.
pub fn answers(target: &Target, requests: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Answers {
    let mut answers = Answers::default();
    for request in requests {
        let Some(mut raw) = Raw::open(target) else { continue };
        raw.send(request.as_ref());
        answers.count(raw.wait(PATIENCE), "no answer");
    }
    answers
}

/// A connection.
pub struct Raw(TcpStream);

impl Raw {
    /// A connection to the server, if it takes one.
    pub fn open(target: &Target) -> Option<Self> {
        let address: SocketAddr = target.address.parse().ok()?;
        let stream = TcpStream::connect_timeout(&address, CONNECT).ok()?;
        stream.set_nodelay(true).ok()?;
        stream.set_write_timeout(Some(CONNECT)).ok()?;
        Some(Self(stream))
    }

    /// Sends all of `bytes`; whether that went.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    /// Sends what goes without waiting.
    pub fn offer(&mut self, bytes: &[u8]) -> usize {
        let _ = self.0.set_nonblocking(true);
        let sent = self.0.write(bytes).unwrap_or_default();
        let _ = self.0.set_nonblocking(false);
        sent
    }

    /// What has come by now, without waiting.
    pub fn look(&mut self) -> Answer {
        let _ = self.0.set_nonblocking(true);
        let answer = self.read_head();
        let _ = self.0.set_nonblocking(false);
        answer
    }

    /// What comes within `patience`.
    pub fn wait(&mut self, patience: Duration) -> Answer {
        let _ = self.0.set_read_timeout(Some(patience));
        self.read_head()
    }

    fn read_head(&mut self) -> Answer {
        let mut head = [0; 512];
        match self.0.read(&mut head) {
            Ok(0) => Answer::Closed,
            Ok(count) => status(&head[..count]).map_or(Answer::Nothing, Answer::Status),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Answer::Nothing,
            Err(_) => Answer::Closed,
        }
    }

    /// All that comes until it is closed or silent, for at most `patience`.
    pub fn read_all(&mut self, patience: Duration) -> Vec<u8> {
        let (mut all, begun) = (vec![], Instant::now());
        let mut buffer = vec![0; 1 << 16];
        while begun.elapsed() < patience {
            let _ = self.0.set_read_timeout(Some(if all.is_empty() { patience } else { BREATH }));
            match self.0.read(&mut buffer) {
                Ok(count @ 1..) => all.extend_from_slice(&buffer[..count]),
                _ => break,
            }
        }
        all
    }
}

/// The status in the head of an answer.
pub fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.strip_prefix(b"HTTP/1.1 ").or_else(|| answer.strip_prefix(b"HTTP/1.0 "))?;
    str::from_utf8(line.get(..3)?).ok()?.parse().ok()
}
