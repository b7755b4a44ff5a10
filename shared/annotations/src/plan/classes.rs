//! The classes of a plan, and the names of their folders and files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use super::{Class, Plan, PlannedFile, PlannedPicture};
use crate::files::stem;
use crate::folder_names::{Given, file_stem, folder_name};
use crate::{AnnotatedPicture, LeftOut, Region, Wording};
use foray_protocol::Split;

/// A class of a picture by its number, and where its object is if that is cut.
pub type Wanted = (usize, Option<Region>);

/// The classes so far, by captions without regard to letter case: `foray eval` takes no two that are as good as the same.
#[derive(Debug, Default)]
pub struct Classes {
    by_caption: HashMap<String, usize>,
    /// What each folder's name is made of, and the caption.
    classes: Vec<(String, String)>,
}

impl Classes {
    /// The number of the class of a category.
    pub fn of_category(&mut self, category: &str) -> usize {
        self.number(category, Wording::of_one(category))
    }

    /// The number of the class with a caption.
    pub fn of_caption(&mut self, caption: &str) -> usize {
        let caption = caption.split_whitespace().collect::<Vec<_>>().join(" ");
        self.number(&caption.clone(), caption)
    }

    fn number(&mut self, name: &str, caption: String) -> usize {
        let next = self.classes.len();
        let number = *self.by_caption.entry(caption.to_lowercase()).or_insert(next);
        if number == next {
            self.classes.push((name.to_owned(), caption));
        }
        number
    }

    /// Gives folders and files their names.
    pub fn plan(self, assigned: Vec<(AnnotatedPicture, Vec<Wanted>)>, left_out: LeftOut) -> Plan {
        let (mut classes, places) = self.folders();
        let mut given: HashMap<(Split, usize), Given> = HashMap::new();
        let mut pictures = vec![];
        for (AnnotatedPicture { path, split, size, .. }, wanted) in assigned {
            let stem = file_stem(&stem(&path));
            let files = (1..).zip(wanted).map(|(number, (class, region))| {
                let class = places[class];
                classes[class].pictures += 1;
                let stem = if region.is_some() { Cow::from(format!("{stem}-{number}")) } else { Cow::from(&stem) };
                let name = given.entry((split, class)).or_default().unique(&stem, &end(&path, region.is_some()));
                PlannedFile { split, class, name, region }
            });
            let files = files.collect();
            pictures.push(PlannedPicture { path, size, files });
        }
        Plan { classes, left_out, pictures }
    }

    /// The classes in the order of their folders, and the place of each that had a number.
    fn folders(self) -> (Vec<Class>, Vec<usize>) {
        let mut numbers: Vec<usize> = (0..self.classes.len()).collect();
        // Names that get a number shall get the same one whichever picture comes first.
        numbers.sort_by_key(|&number| &self.classes[number].1);
        let mut given = Given::default();
        let mut named: Vec<_> = numbers
            .into_iter()
            .map(|number| (given.unique(&folder_name(&self.classes[number].0), ""), number))
            .collect();
        named.sort();
        let mut places = vec![0; named.len()];
        named.iter().enumerate().for_each(|(place, &(_, number))| places[number] = place);
        let class =
            |(folder, number): (String, usize)| Class { folder, caption: self.classes[number].1.clone(), pictures: 0 };
        (named.into_iter().map(class).collect(), places)
    }
}

/// The end of the file's name: what is cut becomes JPEG or PNG.
fn end(path: &Path, is_cut: bool) -> String {
    let own = path.extension().map(|own| own.to_string_lossy().into_owned()).unwrap_or_default();
    match own.to_lowercase().as_str() {
        "jpg" | "jpeg" => ".jpg".to_owned(),
        _ if is_cut => ".png".to_owned(),
        _ => format!(".{own}"),
    }
}
