//! The folders of this machine, for an admin who chooses some to be indexed.

use std::env;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use foray_protocol::{IndexerControl, ProblemKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::{ApiError, blocking};
use crate::refusals::NotFound;

/// Folders that are shown of one; who has more knows their names.
const MOST_FOLDERS: usize = 1_000;
/// Where systems mount disks, and below them, those that give each person a folder there.
const MOUNTS: [&str; 3] = ["/mnt", "/media", "/Volumes"];
const MOUNTS_OF_PEOPLE: [&str; 2] = ["/media", "/run/media"];

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_folders);
}

/// Which folders to list.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Place {
    /// The absolute path of a folder; places to begin with where nothing is said.
    path: Option<String>,
}

/// Folders in one, or places to begin with.
#[derive(Serialize, ToSchema)]
struct Folders {
    /// The folder that they are in; empty for places to begin with.
    path: String,
    /// The one that this is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    /// By name.
    folders: Vec<Folder>,
}

/// A folder.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
struct Folder {
    /// Its name.
    name: String,
    /// Its absolute path.
    path: String,
}

/// The folders in a folder of this machine
///
/// For admins, to choose from what shall be indexed. Hidden ones are left out, and those whose names are not UTF-8; at most 1,000.
#[utoipa::path(
    tag = "indexer",
    params(Place),
    responses((status = 200, description = "The folders", body = Folders), NotFound),
)]
#[get("/indexer/folders")]
async fn list_folders(control: Data<Option<IndexerControl>>, place: Query<Place>) -> Result<HttpResponse, ApiError> {
    let watched = control.as_ref().as_ref().map(|control| control.list.watched.present().1.roots);
    let listed = blocking(move || match place.into_inner().path {
        Some(path) => folders_in(&path),
        None => Ok(Folders { path: String::new(), parent: None, folders: beginnings(&watched.unwrap_or_default()) }),
    });
    Ok(HttpResponse::Ok().json(listed.await?))
}

fn folders_in(path: &str) -> Result<Folders, ApiError> {
    let folder = Path::new(path);
    if !folder.is_absolute() {
        let detail = format!("path: got {path:?}; expected the absolute path of a folder");
        return Err(ApiError::new(ProblemKind::BadRequest, detail));
    }
    let unreadable = |error| ApiError::new(ProblemKind::NotFound, format!("path: {path:?} cannot be listed: {error}"));
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let mut folders: Vec<Folder> = entries.flatten().filter_map(|entry| shown(&entry)).collect();
    folders.sort_by_cached_key(|folder| folder.name.to_lowercase());
    folders.truncate(MOST_FOLDERS);
    let parent = folder.parent().and_then(Path::to_str).map(str::to_owned);
    Ok(Folders { path: path.to_owned(), parent, folders })
}

fn shown(entry: &DirEntry) -> Option<Folder> {
    // A link to a folder is one, too.
    let is_folder = || entry.path().is_dir();
    let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
    if is_hidden || !is_folder() { None } else { named(&entry.path()) }
}

fn named(path: &Path) -> Option<Folder> {
    let path = path.to_str()?;
    let name = Path::new(path).file_name().map_or(path, |name| name.to_str().unwrap_or(path));
    Some(Folder { name: name.to_owned(), path: path.to_owned() })
}

/// The home folder, what is mounted, the folders that those of the library are in, and all of the disk: each once.
fn beginnings(watched: &[PathBuf]) -> Vec<Folder> {
    let home = env::home_dir();
    let person = home.as_deref().and_then(Path::file_name);
    let mounts = MOUNTS.iter().map(PathBuf::from);
    let own_mounts =
        person.into_iter().flat_map(|person| MOUNTS_OF_PEOPLE.iter().map(move |&all| Path::new(all).join(person)));
    let disks = mounts.chain(own_mounts).filter_map(|place| folders_in(place.to_str()?).ok());
    let disks = disks.flat_map(|disks| disks.folders).map(|disk| PathBuf::from(disk.path));
    let around = watched.iter().filter_map(|root| root.parent()).map(Path::to_owned);
    let mut places: Vec<PathBuf> = vec![];
    for place in home.clone().into_iter().chain(disks).chain(around).chain([PathBuf::from("/")]) {
        if place.is_dir() && !places.contains(&place) {
            places.push(place);
        }
    }
    places.iter().filter_map(|place| named(place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_listed_by_name_without_hidden_ones_and_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "A", ".hidden"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("file"), "").unwrap();
        let listed = folders_in(folder.path().to_str().unwrap()).unwrap();
        let names: Vec<_> = listed.folders.iter().map(|folder| folder.name.as_str()).collect();
        assert_eq!((names, listed.parent.as_deref()), (vec!["A", "b"], folder.path().parent().unwrap().to_str()));
        let kind = |path: &str| folders_in(path).map(|_| ()).unwrap_err().0.kind;
        assert_eq!((kind("photos"), kind("/no/such")), (ProblemKind::BadRequest, ProblemKind::NotFound));
        assert_eq!(folders_in("/").unwrap().parent, None);
    }

    #[test]
    fn one_begins_where_photos_are_and_at_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<_> = beginnings(&[folder.path().join("photos"), folder.path().join("more")]);
        let own = named(folder.path()).unwrap();
        assert_eq!(paths.iter().filter(|place| **place == own).count(), 1);
        assert_eq!(paths.last(), named(Path::new("/")).as_ref());
    }
}
