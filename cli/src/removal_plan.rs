//! The plan of `foray duplicates --plan`: which files to keep and which could be removed, for people and scripts to act on.

use std::collections::{HashMap, HashSet};

use foray_protocol::{DuplicateFile, DuplicateGroup, DuplicateKind, KeepReason, PhotoPath};
use serde::Serialize;

/// A plan. Every file stands in it at most once as one to remove, and what is kept is never removed elsewhere in it.
#[derive(Debug, PartialEq, Serialize)]
pub struct RemovalPlan {
    /// What would be done, group by group.
    groups: Vec<PlannedGroup>,
    /// How many files could be removed.
    files: usize,
    /// Their bytes.
    freed_bytes: u64,
}

#[derive(Debug, PartialEq, Serialize)]
struct PlannedGroup {
    kind: DuplicateKind,
    reason: KeepReason,
    keep: PlannedFile,
    remove: Vec<PlannedFile>,
}

#[derive(Debug, PartialEq, Serialize)]
struct PlannedFile {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    bytes: u64,
}

impl From<&DuplicateFile> for PlannedFile {
    fn from(file: &DuplicateFile) -> Self {
        Self { path: file.path.clone(), path_bytes: file.path_bytes.clone(), bytes: file.bytes }
    }
}

impl RemovalPlan {
    /// The plan for these groups.
    pub fn new(mut groups: Vec<DuplicateGroup>) -> Self {
        groups.sort_by_key(|group| group.kind);
        let keepers = keepers(&groups);
        let mut removed = HashSet::new();
        let mut planned = vec![];
        for group in &groups {
            let mut goes = |file: &&DuplicateFile| {
                let path = file.photo_path();
                keepers.contains_key(&path) && removed.insert(path)
            };
            let remove: Vec<PlannedFile> =
                group.others.iter().filter(|file| goes(file)).map(PlannedFile::from).collect();
            if !remove.is_empty() {
                let keep = final_keeper(&group.keep, &keepers).into();
                planned.push(PlannedGroup { kind: group.kind, reason: group.reason, keep, remove });
            }
        }
        let files = planned.iter().flat_map(|group| &group.remove);
        let (files, freed_bytes) = files.fold((0, 0), |(files, bytes), file| (files + 1, bytes + file.bytes));
        Self { groups: planned, files, freed_bytes }
    }

    /// How many files could be removed.
    pub fn files(&self) -> usize {
        self.files
    }

    /// Bytes of the files that could be removed.
    pub fn freed_bytes(&self) -> u64 {
        self.freed_bytes
    }
}

/// For each file to remove the one that is kept for it in the strictest group.
fn keepers(groups: &[DuplicateGroup]) -> HashMap<PhotoPath, &DuplicateFile> {
    let mut keepers: HashMap<PhotoPath, &DuplicateFile> = HashMap::new();
    for group in groups {
        for file in &group.others {
            let path = file.photo_path();
            // What is kept for a file must not go for its sake: groups that contradict each other would leave nothing.
            if final_keeper(&group.keep, &keepers).photo_path() != path {
                keepers.entry(path).or_insert(&group.keep);
            }
        }
    }
    keepers
}

/// What is kept of a group may give way to a better version in a laxer one, and that in the next.
fn final_keeper<'a>(keep: &'a DuplicateFile, keepers: &HashMap<PhotoPath, &'a DuplicateFile>) -> &'a DuplicateFile {
    std::iter::successors(Some(keep), |keep| keepers.get(&keep.photo_path()).copied()).last().unwrap_or(keep)
}

#[cfg(test)]
mod tests {
    use foray_protocol::{ImageId, PhotoMetadata};

    use super::*;

    fn file(path: &str, bytes: u64) -> DuplicateFile {
        let id = ImageId::of_content(path.as_bytes());
        DuplicateFile::new(id, &PhotoPath::from(path), bytes, 1.0, PhotoMetadata::default())
    }

    fn group(kind: DuplicateKind, keep: &DuplicateFile, others: &[&DuplicateFile]) -> DuplicateGroup {
        let others: Vec<_> = others.iter().map(|&file| file.clone()).collect();
        let freed_bytes = others.iter().map(|file| file.bytes).sum();
        DuplicateGroup { kind, keep: keep.clone(), reason: KeepReason::Resolution, others, freed_bytes }
    }

    #[test]
    fn no_file_is_removed_twice_and_none_is_kept_that_is_removed() {
        let (small, copy, large) = (file("/a/small.jpg", 5), file("/a/small (1).jpg", 5), file("/a/large.jpg", 50));
        let near = group(DuplicateKind::Near, &large, &[&small, &copy]);
        let exact = group(DuplicateKind::Exact, &small, &[&copy]);
        let plan = RemovalPlan::new(vec![near, exact]);
        assert_eq!((plan.files, plan.freed_bytes), (2, 10));
        let lines: Vec<_> = plan.groups.iter().map(|group| (group.keep.path.as_str(), group.remove.len())).collect();
        assert_eq!(lines, [("/a/large.jpg", 1), ("/a/large.jpg", 1)]);
        assert_eq!(plan.groups[0].kind, DuplicateKind::Exact);
    }

    #[test]
    fn groups_that_contradict_each_other_leave_one_file() {
        let (a, b) = (file("/a.jpg", 1), file("/b.jpg", 1));
        let plan =
            RemovalPlan::new(vec![group(DuplicateKind::Near, &a, &[&b]), group(DuplicateKind::Burst, &b, &[&a])]);
        assert_eq!(plan.files, 1);
        assert_eq!((plan.groups[0].keep.path.as_str(), plan.groups[0].remove[0].path.as_str()), ("/a.jpg", "/b.jpg"));
    }
}
