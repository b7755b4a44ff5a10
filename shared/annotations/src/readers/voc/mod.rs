//! Pascal VOC: one XML file for each picture, in `Annotations/` or beside it.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use roxmltree::{Document, Node, ParsingOptions};

use super::size;
use crate::dataset::{Content, category};
use crate::files::{IMAGES, Root, files_below, read_text, stem};
use crate::{AnnotationError, Annotations, Region};
use foray_protocol::{Split, has_extension, is_tame_xml};

/// The largest file that is read, bytes.
const LARGEST: u64 = 64 << 20;
/// The most elements and texts in one: each takes far more memory than the text it comes from.
const MOST_NODES: u32 = 2_000_000;

const EXPECTED: &str = "a folder with Annotations/*.xml and JPEGImages/, or with XML files beside the pictures";

/// Reads all XML files in a folder.
pub fn read(source: &Path) -> Result<Annotations, AnnotationError> {
    let nothing =
        || AnnotationError::NoAnnotations { path: source.to_owned(), format: "Pascal VOC", expected: EXPECTED };
    let root = Root::open(source)?;
    if !root.folder().is_dir() {
        return Err(nothing());
    }
    let files = files_below(root.folder(), &|path| has_extension(path, &["xml"]))?;
    if files.is_empty() {
        return Err(nothing());
    }
    let mut lists = HashMap::new();
    let mut annotations = Annotations::default();
    for path in files {
        let file = File { root: &root, path: &path };
        let set = file.set();
        if !lists.contains_key(&set) {
            lists.insert(set.clone(), Lists::read(&set)?);
        }
        match file.split(&lists[&set]) {
            Some(split) => file.read(split, &mut annotations)?,
            None => annotations.left_out.unlisted += 1,
        }
    }
    annotations.checked(source)
}

/// The pictures of each split, by `ImageSets/Main/`; empty where there are no such lists.
#[derive(Debug, Default)]
struct Lists(Vec<(Split, HashSet<String>)>);

impl Lists {
    fn read(set: &Path) -> Result<Self, AnnotationError> {
        let mut lists = vec![];
        for (split, name) in [(Split::Train, "train.txt"), (Split::Valid, "val.txt"), (Split::Test, "test.txt")] {
            let file = set.join("ImageSets/Main").join(name);
            if file.is_file() {
                let text = read_text(&file, LARGEST)?;
                // The lists of single classes have a second column.
                let names = text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned);
                lists.push((split, names.collect()));
            }
        }
        Ok(Self(lists))
    }
}

/// One file of annotations.
struct File<'a> {
    root: &'a Root,
    path: &'a Path,
}

impl File<'_> {
    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(self.root.folder())
    }

    /// The folder that has `Annotations/`, `JPEGImages/` and `ImageSets/`; it is that of the file where these are not used.
    fn set(&self) -> PathBuf {
        let folder = self.folder();
        let is_own = folder.file_name().is_some_and(|name| name.eq_ignore_ascii_case("annotations"));
        let set = if is_own { folder.parent() } else { None };
        set.filter(|set| set.starts_with(self.root.folder())).unwrap_or(folder).to_owned()
    }

    /// `None` where lists of splits are there, and none has this picture.
    fn split(&self, lists: &Lists) -> Option<Split> {
        let name = stem(self.path);
        if !lists.0.is_empty() {
            return lists.0.iter().find(|(_, names)| names.contains(&name)).map(|&(split, _)| split);
        }
        let below = self.folder().strip_prefix(self.root.folder()).unwrap_or(Path::new(""));
        let named = below.components().find_map(|part| Split::in_name(&part.as_os_str().to_string_lossy()));
        Some(named.unwrap_or(Split::Test))
    }

    fn read(&self, split: Split, annotations: &mut Annotations) -> Result<(), AnnotationError> {
        let text = read_text(self.path, LARGEST)?;
        if !is_tame_xml(&text) {
            return Err(self.wrong("got more namespaces, or attributes of one element, than any program writes"));
        }
        let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(&text, options).map_err(|error| self.wrong(error))?;
        let root = document.root_element();
        if !root.has_tag_name("annotation") {
            let got = root.tag_name().name();
            return Err(self.wrong(format!("got the element <{got}>; expected <annotation>")));
        }
        let content = self.content(root)?;
        let name = child(root, "filename").and_then(|node| node.text()).map(str::trim).unwrap_or_default();
        let image = self.image(name)?;
        annotations.add(if name.is_empty() { self.path.to_str().unwrap_or(name) } else { name }, image, split, content);
        Ok(())
    }

    fn wrong(&self, reason: impl ToString) -> AnnotationError {
        AnnotationError::malformed(self.path, reason)
    }

    /// The picture by its name in the annotation; where that was changed since, the one named like the annotation.
    fn image(&self, name: &str) -> Result<Option<PathBuf>, AnnotationError> {
        let set = self.set();
        let bases = [self.folder().to_owned(), set.join("JPEGImages"), set.join("images"), set];
        let stem = stem(self.path);
        let mut names: Vec<String> = IMAGES.iter().map(|extension| format!("{stem}.{extension}")).collect();
        match Path::new(name).extension() {
            Some(_) => names.insert(0, name.to_owned()),
            None if name.is_empty() => {}
            None => names.splice(..0, IMAGES.iter().map(|extension| format!("{name}.{extension}"))).for_each(drop),
        }
        for name in names {
            if let Some(image) = self.root.image(self.path, &bases, &name)? {
                return Ok(Some(image));
            }
        }
        Ok(None)
    }

    fn content(&self, root: Node<'_, '_>) -> Result<Content, AnnotationError> {
        let sides =
            child(root, "size").ok_or_else(|| self.wrong("got no <size>; expected the picture's width and height"))?;
        let (width, height) = size(self.number(sides, "width")?, self.number(sides, "height")?)
            .map_err(|reason| self.wrong(format!("<size>: {reason}")))?;
        let mut content = Content { size: Some((width, height)), ..Content::default() };
        for object in root.children().filter(|node| node.has_tag_name("object")) {
            // Finding the line means going through the whole text.
            let line = || root.document().text_pos_at(object.range().start).row;
            let wrong = |reason: String| self.wrong(format!("the object in line {}: {reason}", line()));
            let name = child(object, "name").and_then(|node| node.text()).unwrap_or_default();
            let category = category(name).map_err(wrong)?;
            let edges = child(object, "bndbox")
                .ok_or_else(|| wrong("got no <bndbox>; expected xmin, ymin, xmax and ymax".to_owned()))?;
            let (left, top) = (self.number(edges, "xmin")?, self.number(edges, "ymin")?);
            let (right, bottom) = (self.number(edges, "xmax")?, self.number(edges, "ymax")?);
            // Pixels are counted from 1, and the last one belongs to the box.
            let (columns, rows) = (f64::from(width), f64::from(height));
            let region = Region::clipped((left - 1.0) / columns, (top - 1.0) / rows, right / columns, bottom / rows);
            content.add(&category, region, false);
        }
        Ok(content)
    }

    fn number(&self, parent: Node<'_, '_>, name: &str) -> Result<f64, AnnotationError> {
        let text = child(parent, name).and_then(|node| node.text()).map(str::trim).unwrap_or_default();
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| {
            let line = parent.document().text_pos_at(parent.range().start).row;
            let parent = parent.tag_name().name();
            self.wrong(format!("<{name}> of the <{parent}> in line {line} is {text:?}; expected a number"))
        })
    }
}

/// The element of this name directly in `parent`: parts of an object have names and boxes of their own.
fn child<'a, 'input>(parent: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    parent.children().find(|node| node.has_tag_name(name))
}
