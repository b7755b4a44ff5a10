//! When a running indexer reindexes by itself.

use std::fmt;
use std::str::FromStr;

use croner::Cron;
use jiff::Zoned;

use crate::ProtocolError;

/// Times by a cron expression and the local clock.
#[derive(Clone, Debug)]
pub struct Schedule {
    text: String,
    cron: Cron,
}

impl Schedule {
    /// The first of its times from now on; `None` for one that never comes.
    pub fn next(&self) -> Option<Zoned> {
        self.cron.find_next_occurrence(&Zoned::now(), false).ok()
    }
}

impl FromStr for Schedule {
    type Err = ProtocolError;

    fn from_str(text: &str) -> Result<Self, ProtocolError> {
        let cron = text.parse().map_err(|_| ProtocolError::Schedule { got: text.to_owned() })?;
        Ok(Self { text: text.to_owned(), cron })
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_knows_its_next_time() {
        let nightly: Schedule = "15 3 * * *".parse().unwrap();
        let next = nightly.next().unwrap();
        assert!(next > Zoned::now() && (next.hour(), next.minute()) == (3, 15), "{next}");
        assert_eq!(nightly.to_string(), "15 3 * * *");
        let error = "tonight".parse::<Schedule>().unwrap_err().to_string();
        assert!(error.contains("\"tonight\"") && error.contains("15 3 * * *"), "{error}");
    }
}
