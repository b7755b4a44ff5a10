//! COCO: `{"images", "annotations", "categories"}` in one JSON file for each split.

mod json;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use json::{Category, Flag, Id, Image, Instance, Instances};

use super::{Format, listed, size};
use crate::dataset::{Content, category};
use crate::files::{Root, files_below, open, stem};
use crate::{AnnotationError, Annotations, Region};
use foray_protocol::{Split, has_extension};

/// More than twice COCO's own largest file.
const LARGEST: u64 = 1 << 30;

const EXPECTED: &str =
    "a file such as annotations/instances_val2017.json or train/_annotations.coco.json, or a folder with those";

/// Reads one file, or all in a folder.
pub fn read(source: &Path) -> Result<Annotations, AnnotationError> {
    let (root, files) = if source.is_dir() {
        let root = Root::open(source)?;
        let files = files_of(&root)?;
        (root, files)
    } else {
        let file = source.canonicalize().map_err(AnnotationError::file("open", source))?;
        (Root::open(folder_of(&file))?, vec![file])
    };
    if files.is_empty() {
        return Err(no_annotations(source));
    }
    let mut annotations = Annotations::default();
    for file in files {
        let split = Split::in_name(&stem(&file)).or_else(|| Split::in_name(&stem(file.parent()?)));
        File { root: &root, path: &file }.read(split.unwrap_or(Split::Test), &mut annotations)?;
    }
    annotations.checked(source)
}

fn no_annotations(path: &Path) -> AnnotationError {
    AnnotationError::NoAnnotations { path: path.to_owned(), format: "COCO", expected: EXPECTED }
}

/// The dataset's folder: COCO has its files of annotations in one of their own.
fn folder_of(file: &Path) -> &Path {
    let folder = file.parent().unwrap_or(file);
    match folder.file_name().is_some_and(|name| name.eq_ignore_ascii_case("annotations")) {
        true => folder.parent().unwrap_or(folder),
        false => folder,
    }
}

/// Files with the names that COCO and Roboflow give, else the one JSON file that there is.
fn files_of(root: &Root) -> Result<Vec<PathBuf>, AnnotationError> {
    let all = files_below(root.folder(), &|path| has_extension(path, &["json"]))?;
    let is_named =
        |path: &&PathBuf| stem(path).starts_with("instances_") || has_extension(Path::new(&stem(path)), &["coco"]);
    let named: Vec<_> = all.iter().filter(is_named).cloned().collect();
    match (named.is_empty(), all.as_slice()) {
        (false, _) => Ok(named),
        (true, [_]) => Ok(all),
        (true, _) => Ok(vec![]),
    }
}

/// One file of annotations.
struct File<'a> {
    root: &'a Root,
    path: &'a Path,
}

impl File<'_> {
    fn read(&self, split: Split, annotations: &mut Annotations) -> Result<(), AnnotationError> {
        let json = BufReader::with_capacity(1 << 20, open(self.path, LARGEST)?);
        let Instances { images, annotations: instances, categories } = serde_json::from_reader(json)
            .map_err(|error| self.wrong(format!("{error}; expected {}'s instances", Format::Coco)))?;
        let categories = self.names(categories)?;
        let mut contents = self.contents(&images)?;
        for instance in &instances {
            self.add(instance, &categories, &mut contents)?;
        }
        let bases = self.image_folders();
        for image in images {
            let path = self.root.image(self.path, &bases, &image.file_name)?;
            annotations.add(&image.file_name, path, split, contents.remove(&image.id).unwrap_or_default());
        }
        Ok(())
    }

    fn wrong(&self, reason: impl ToString) -> AnnotationError {
        AnnotationError::malformed(self.path, reason)
    }

    fn names(&self, categories: Vec<Category>) -> Result<HashMap<Id, Arc<str>>, AnnotationError> {
        let mut names = HashMap::new();
        for Category { id, name } in categories {
            let name = category(&name).map_err(|reason| self.wrong(format!("category {id}: {reason}")))?;
            if let Some(other) = names.insert(id.clone(), Arc::clone(&name)) {
                return Err(
                    self.wrong(format!("got two categories with the id {id}, {other} and {name}; expected one"))
                );
            }
        }
        Ok(names)
    }

    fn contents(&self, images: &[Image]) -> Result<HashMap<Id, Content>, AnnotationError> {
        let mut contents = HashMap::new();
        for Image { id, file_name, width, height } in images {
            let size = size(*width, *height).map_err(|reason| self.wrong(format!("image {file_name:?}: {reason}")))?;
            let content = Content { size: Some(size), ..Content::default() };
            if contents.insert(id.clone(), content).is_some() {
                return Err(
                    self.wrong(format!("got two images with the id {id}, one of them {file_name:?}; expected one"))
                );
            }
        }
        Ok(contents)
    }

    fn add(
        &self,
        instance: &Instance,
        categories: &HashMap<Id, Arc<str>>,
        contents: &mut HashMap<Id, Content>,
    ) -> Result<(), AnnotationError> {
        let place = match &instance.id {
            Some(id) => format!("annotation {id}"),
            None => format!("an annotation of the image {}", instance.image_id),
        };
        let Some(category) = categories.get(&instance.category_id) else {
            let (path, got) = (self.path.to_owned(), instance.category_id.to_string());
            return Err(AnnotationError::UnknownCategory { path, place, got, known: known(categories) });
        };
        let Some(content) = contents.get_mut(&instance.image_id) else {
            let count = contents.len();
            let reason = format!("{place} is of the image {}; expected one of the {count} listed", instance.image_id);
            return Err(self.wrong(reason));
        };
        let region = match instance.bbox.as_deref() {
            // Written for objects that have a mask alone.
            None | Some([]) => None,
            Some(&[left, top, width, height]) => region(content, [left, top, width, height]),
            Some(other) => {
                return Err(self.wrong(format!("{place} has a bbox of {} numbers; expected 4", other.len())));
            }
        };
        let is_crowd = matches!(instance.iscrowd, Flag::Bool(true) | Flag::Number(1..));
        content.add(category, region, is_crowd);
        Ok(())
    }

    /// Where images are looked for, in this order: COCO has them in a folder named like the annotations' file.
    fn image_folders(&self) -> Vec<PathBuf> {
        let stem = stem(self.path);
        let set = stem.strip_prefix("instances_").unwrap_or(&stem);
        let beside = self.path.parent().unwrap_or(self.root.folder()).to_owned();
        let below = ["", "images", set].into_iter().map(|name| self.root.folder().join(name));
        let of_set = self.root.folder().join("images").join(set);
        [beside].into_iter().chain(below).chain([of_set]).collect()
    }
}

fn region(content: &Content, [left, top, width, height]: [f64; 4]) -> Option<Region> {
    let (columns, rows) = content.size?;
    let (columns, rows) = (f64::from(columns), f64::from(rows));
    Region::clipped(left / columns, top / rows, (left + width) / columns, (top + height) / rows)
}

fn known(categories: &HashMap<Id, Arc<str>>) -> String {
    let mut known: Vec<_> = categories.iter().collect();
    known.sort();
    let known: Vec<_> = known.into_iter().map(|(id, name)| format!("{id} ({name})")).collect();
    listed(known.iter().map(String::as_str))
}
