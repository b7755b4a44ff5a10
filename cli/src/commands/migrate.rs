//! `foray migrate`: a library from where it is to another place, with its vectors, and both compared in the end.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Result, bail};
use foray_library::{Document, DocumentKind, PhotoQuery, Store, StoredPhoto};
use foray_protocol::{Change, FileFacts, Hit, ImageId, IngestBatch, LibraryStatus, PhotoPath, SpaceId, UnitVector};
use serde::Serialize;

use crate::arguments::MigrateArguments;
use crate::output::print_json;
use crate::progress::ImportBar;
use crate::settings::Settings;

/// Photos in one step.
const STEP: usize = 500;
/// Results of a query that are compared, and how far the scores of equal ones may lie apart: stores round differently.
const COMPARED: usize = 10;
const ROUNDING: f32 = 1e-3;

/// What was copied, and how alike both libraries answer.
#[derive(Debug, Default, Serialize)]
struct Migration {
    photos: usize,
    files: usize,
    failures: usize,
    previews: usize,
    documents: usize,
    /// Queries asked of both, and how many were answered alike.
    queries: usize,
    alike: usize,
}

pub fn migrate(settings: &Settings, arguments: &MigrateArguments) -> Result<()> {
    if let Some(url) = &settings.server {
        bail!("a library is migrated where it is; stop its server, and leave out --server {url}");
    }
    let target = settings.at(&arguments.to)?;
    if target.library == settings.library {
        bail!("the library is at {} already; name another place with --to", arguments.to);
    }
    let from = settings.open_store("migrate", false, false)?;
    let to = target.open_store("migrate", true, false)?;
    let here = from.status()?;
    check_target(&here, &to.status()?)?;
    let Some(space) = from.space() else { bail!("the library has no photos yet: there is nothing to migrate") };
    let bar = ImportBar::new(settings.show_progress, here.photos);
    let migrated = Move { from, to }.run(&space, arguments.queries, &bar);
    bar.finish();
    let migration = migrated?;
    match arguments.json {
        true => print_json(&migration)?,
        false => print(&migration, &arguments.to),
    }
    if migration.alike < migration.queries {
        bail!(
            "{} of {} queries are answered otherwise there than here; the library here is as it was. Run it again, or search there with care",
            migration.queries - migration.alike,
            migration.queries
        );
    }
    Ok(())
}

/// What is there already must be of this library: a migration may be broken off and run again.
fn check_target(from: &LibraryStatus, to: &LibraryStatus) -> Result<()> {
    if to.photos > 0 && from.space.space != to.space.space {
        bail!(
            "the library at {} holds photos with vectors of {}, this one's are of {}; name another place with --to",
            to.library,
            to.space.space,
            from.space.space
        );
    }
    Ok(())
}

struct Move {
    from: Arc<dyn Store>,
    to: Arc<dyn Store>,
}

impl Move {
    fn run(&self, space: &SpaceId, queries: usize, bar: &ImportBar) -> Result<Migration> {
        let mut migration = Migration { documents: self.documents()?, ..Migration::default() };
        self.to.remember_roots(&self.from.status()?.roots)?;
        let samples = self.photos(space, queries, bar, &mut migration)?;
        migration.failures = self.failures(space)?;
        let (here, there) = (self.from.status()?, self.to.status()?);
        let counts = |status: &LibraryStatus| (status.photos, status.files, status.failed);
        if counts(&here) != counts(&there) {
            bail!(
                "photos, files and failures are {:?} here and {:?} there: one of them has changed meanwhile, or held others before; run it again",
                counts(&here),
                counts(&there)
            );
        }
        (migration.photos, migration.files) = (there.photos, there.files);
        self.compare(&samples, &mut migration)?;
        Ok(migration)
    }

    fn documents(&self) -> Result<usize> {
        let mut count = 0;
        for kind in DocumentKind::ALL {
            for Document { key, value } in self.from.documents(kind)? {
                self.to.put_document(kind, &key, &value)?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Copies all photos; gives the vectors of about as many of them as `samples`, spread over all.
    fn photos(
        &self,
        space: &SpaceId,
        samples: usize,
        bar: &ImportBar,
        migration: &mut Migration,
    ) -> Result<Vec<UnitVector>> {
        let every = (self.from.status()?.space.vectors / samples.max(1)).max(1);
        let (mut after, mut done, mut sampled): (Option<ImageId>, usize, Vec<UnitVector>) = (None, 0, vec![]);
        loop {
            let step: Vec<StoredPhoto> = self.from.stored_photos(after, STEP)?;
            let Some(last) = step.last() else { return Ok(sampled) };
            after = Some(last.id);
            for photo in &step {
                // A photo from an import may have no preview.
                if let Ok(preview) = self.from.preview(photo.id) {
                    self.to.keep_preview(photo.id, &preview)?;
                    migration.previews += 1;
                }
            }
            self.to.take_photos(space, &step)?;
            let chosen = step.iter().enumerate().filter(|(number, _)| (done + number).is_multiple_of(every));
            sampled.extend(chosen.map(|(_, photo)| photo.vector.clone()));
            sampled.truncate(samples);
            done += step.len();
            bar.show(done);
        }
    }

    fn failures(&self, space: &SpaceId) -> Result<usize> {
        let failures = self.from.failures()?;
        for step in failures.chunks(STEP) {
            let paths: Vec<PhotoPath> = step.iter().map(|failure| failure.path.clone()).collect();
            let known = self.from.known_files(&paths)?;
            let changes = step.iter().zip(known).filter_map(|(failure, known)| {
                let known = known?;
                let file = FileFacts {
                    path: failure.path.clone(),
                    size: known.size,
                    modified_ns: known.modified_ns,
                    companions: known.companions,
                };
                Some(Change::Failed { file, reason: failure.reason.clone() })
            });
            self.to.commit(&IngestBatch { space: space.clone(), changes: changes.collect() })?;
        }
        Ok(failures.len())
    }

    /// Asks both for what looks like pairs of photos: no photo lies just there.
    fn compare(&self, samples: &[UnitVector], migration: &mut Migration) -> Result<()> {
        let next = samples.iter().cycle().skip(1);
        for (one, other) in samples.iter().zip(next) {
            let between = one.as_slice().iter().zip(other.as_slice()).map(|(a, b)| a + 0.5 * b).collect();
            let Ok(vector) = UnitVector::normalized(between) else { continue };
            migration.queries += 1;
            let ask = |store: &dyn Store| -> Result<Vec<Hit>> {
                let query = PhotoQuery { vector: Some(&vector), limit: COMPARED, ..PhotoQuery::default() };
                Ok(store.explained_search(&query)?.hits)
            };
            migration.alike += usize::from(are_alike(&ask(self.from.as_ref())?, &ask(self.to.as_ref())?));
        }
        Ok(())
    }
}

/// Whether two answers have the same scores, and the same photos but for those that score as the last does.
fn are_alike(a: &[Hit], b: &[Hit]) -> bool {
    let close = |(a, b): (&Hit, &Hit)| (a.score - b.score).abs() <= ROUNDING;
    let Some(last) = a.last().map(|hit| hit.score) else { return b.is_empty() };
    let sure = |hits: &[Hit]| -> BTreeSet<ImageId> {
        hits.iter().filter(|hit| hit.score > last + ROUNDING).map(|hit| hit.photo.id).collect()
    };
    a.len() == b.len() && a.iter().zip(b).all(close) && sure(a) == sure(b)
}

fn print(migration: &Migration, to: &str) {
    let Migration { photos, files, failures, previews, documents, queries, alike } = migration;
    println!(
        "{photos} photos in {files} files, {failures} failures, {previews} previews and {documents} documents are at {to}"
    );
    println!("{alike} of {queries} queries find the same there as here");
}
