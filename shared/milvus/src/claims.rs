//! Which indexer works at which file, so that no photo is embedded twice: rows that end with whoever wrote them.
//!
//! Milvus has no compare-and-swap. Each indexer writes rows of its own before it reads those of others: of two that claim the same
//! file, at least one sees the other. The one with the lower name waits until the other withdraws; a claim that is held is never
//! taken. An indexer lives while the sign that it gives changes; what a dead one claimed is free.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::thread;
use std::time::{Duration, Instant};

use foray_protocol::PhotoPath;
use parking_lot::Mutex;
use serde_json::json;

use crate::MilvusError;
use crate::columns::text_of;
use crate::pulse::LIFE;
use crate::reads::Ask;
use crate::schema::NO_VECTOR;
use crate::store::{IDS_A_QUERY, MilvusLibrary};
use crate::text::{path_key, quote, quoted_list};

/// How long the sign of an indexer stays the same before others take it for dead.
const DEAD_AFTER: Duration = Duration::from_secs(30);
/// Who has not looked for so long cannot tell how long a sign has been the same: Milvus may have been down.
const LOOKING_AWAY: Duration = Duration::from_secs(10);
const CLAIM_COLUMNS: [&str; 4] = ["id", "file", "owner", "held"];
/// What a claim takes in an answer.
const CLAIM_BYTES: usize = 192;
/// How long the one with the lower name waits before it looks again.
const WAIT: Duration = Duration::from_millis(20);

/// Who works at what, as far as this process knows.
#[derive(Debug, Default)]
pub(crate) struct Claimants {
    /// Other indexers, by their names.
    seen: Mutex<HashMap<String, Seen>>,
    /// Files that this process holds.
    own: Mutex<BTreeSet<String>>,
}

/// An indexer's sign of life, since when it is the same, and when that was last looked at.
#[derive(Clone, Debug)]
struct Seen {
    sign: Vec<u8>,
    since: Instant,
    last: Instant,
}

impl Seen {
    /// Whether the indexer is dead, now that its sign is `sign`.
    fn is_dead(&mut self, sign: Vec<u8>) -> bool {
        let now = Instant::now();
        if self.sign != sign || now - self.last > LOOKING_AWAY {
            *self = Self { sign, since: now, last: now };
        }
        self.last = now;
        now - self.since > DEAD_AFTER
    }
}

/// A claim of another process.
struct Claim {
    owner: String,
    held: bool,
}

impl MilvusLibrary {
    /// Claims files; tells for each whether this process has it now.
    pub(crate) fn claim_files(&self, paths: &[PhotoPath]) -> Result<Vec<bool>, MilvusError> {
        self.pulse.live()?;
        let files: Vec<String> = paths.iter().map(file_of).collect();
        // What is held already stays so: its row is not written again.
        let mut mine: BTreeSet<String> = {
            let own = self.claimants.own.lock();
            files.iter().filter(|file| own.contains(*file)).cloned().collect()
        };
        let mut open: BTreeSet<&str> = files.iter().map(String::as_str).filter(|file| !mine.contains(*file)).collect();
        self.write_claims(&open, false)?;
        while !open.is_empty() {
            let claims = self.claims_of_others(&open)?;
            let (mut won, mut lost) = (BTreeSet::new(), BTreeSet::new());
            for &file in &open {
                match claims.get(file).map_or(&[][..], Vec::as_slice) {
                    [] => drop(won.insert(file)),
                    others if others.iter().any(|other| other.held || other.owner < self.name) => {
                        lost.insert(file);
                    }
                    _ => {}
                }
            }
            self.write_claims(&won, true)?;
            self.delete_claims(&lost)?;
            open.retain(|file| !won.contains(file) && !lost.contains(file));
            mine.extend(won.into_iter().map(str::to_owned));
            if !open.is_empty() {
                thread::sleep(WAIT);
            }
        }
        self.claimants.own.lock().extend(mine.iter().cloned());
        Ok(files.iter().map(|file| mine.contains(file)).collect())
    }

    /// Gives files back that this process had claimed.
    pub(crate) fn release(&self, paths: &BTreeSet<PhotoPath>) -> Result<(), MilvusError> {
        // Who never claimed anything has nothing to give back.
        if !self.pulse.is_alive() {
            return Ok(());
        }
        let files: BTreeSet<String> = paths.iter().map(file_of).collect();
        self.claimants.own.lock().retain(|file| !files.contains(file));
        self.delete_claims(&files.iter().map(String::as_str).collect())
    }

    /// Gives everything back; for the end of the process.
    pub(crate) fn release_all(&self) -> Result<(), MilvusError> {
        if !self.pulse.is_alive() {
            return Ok(());
        }
        self.engine.delete(&self.names.claims, &format!("owner == {}", quote(&self.name)))
    }

    fn write_claims(&self, files: &BTreeSet<&str>, held: bool) -> Result<(), MilvusError> {
        let row = |file: &&str| json!({ "id": format!("{file}/{}", self.name), "file": file, "owner": self.name, "held": held, "nothing": NO_VECTOR });
        self.engine.upsert(&self.names.claims, files.iter().map(row).collect())
    }

    fn delete_claims(&self, files: &BTreeSet<&str>) -> Result<(), MilvusError> {
        let rows: Vec<String> = files.iter().map(|file| format!("{file}/{}", self.name)).collect();
        for rows in rows.chunks(IDS_A_QUERY) {
            let filter = format!("id in {}", quoted_list(rows.iter().map(String::as_str)));
            self.engine.delete(&self.names.claims, &filter)?;
        }
        Ok(())
    }

    /// The claims that living others have on these files.
    fn claims_of_others(&self, files: &BTreeSet<&str>) -> Result<BTreeMap<String, Vec<Claim>>, MilvusError> {
        let mut claims: BTreeMap<String, Vec<Claim>> = BTreeMap::new();
        let files: Vec<&str> = files.iter().copied().collect();
        for files in files.chunks(IDS_A_QUERY) {
            let filter = format!("file in {} and owner != {}", quoted_list(files.iter().copied()), quote(&self.name));
            for row in self.engine.rows(&self.names.claims, &Ask::of(&filter, &CLAIM_COLUMNS, CLAIM_BYTES))? {
                let held = row.get("held").and_then(serde_json::Value::as_bool).unwrap_or(true);
                let claim = Claim { owner: text_of(&row, "owner")?.to_owned(), held };
                claims.entry(text_of(&row, "file")?.to_owned()).or_default().push(claim);
            }
        }
        if !claims.is_empty() {
            let dead = self.dead()?;
            for owner in &dead {
                self.engine.delete(&self.names.claims, &format!("owner == {}", quote(owner)))?;
                self.shelves().remove(LIFE, owner.as_bytes())?;
            }
            claims.values_mut().for_each(|claims| claims.retain(|claim| !dead.contains(&claim.owner)));
        }
        Ok(claims)
    }

    /// The indexers whose sign of life has not changed for long, by this process's own clock.
    fn dead(&self) -> Result<BTreeSet<String>, MilvusError> {
        let signs: HashMap<Vec<u8>, Vec<u8>> =
            self.shelves().all(LIFE)?.into_iter().map(|document| (document.key, document.value)).collect();
        let claims = self.engine.rows(&self.names.claims, &Ask::of("id != \"\"", &["id", "owner"], CLAIM_BYTES))?;
        let owners = claims.iter().map(|row| Ok(text_of(row, "owner")?.to_owned()));
        let owners: BTreeSet<String> = owners.collect::<Result<_, MilvusError>>()?;
        let mut seen = self.claimants.seen.lock();
        let is_dead = |owner: &String| {
            // A claim of one that gives no sign at all is as old as its first sight.
            let sign = signs.get(owner.as_bytes()).cloned().unwrap_or_default();
            let now = Instant::now();
            let first = || Seen { sign: sign.clone(), since: now, last: now };
            *owner != self.name && seen.entry(owner.clone()).or_insert_with(first).is_dead(sign.clone())
        };
        Ok(owners.into_iter().filter(is_dead).collect())
    }
}

/// What a file is called in claims.
fn file_of(path: &PhotoPath) -> String {
    blake3::hash(path_key(path).as_bytes()).to_hex()[..32].to_owned()
}
