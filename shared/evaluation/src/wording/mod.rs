//! Wordings: what each class is called when its photos are looked for.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use foray_protocol::UnitVector;

use crate::EvaluationError;
use crate::captions::check_captions;

/// The 80 templates that OpenAI's CLIP averages for ImageNet; `NOTICE` beside them says where they are from.
pub const OPENAI_TEMPLATES: &str = include_str!("openai.txt");
/// Where the class stands in a template.
const PLACE: &str = "{}";

/// A sentence with a place for the class.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Template(String);

impl Template {
    /// The class by itself.
    pub fn bare() -> Self {
        Self(PLACE.to_owned())
    }

    /// OpenAI's 80.
    pub fn openai() -> Vec<Self> {
        OPENAI_TEMPLATES.lines().map(|line| Self(line.to_owned())).collect()
    }

    /// The sentence for `class`.
    pub fn of(&self, class: &str) -> String {
        self.0.replace(PLACE, class)
    }
}

impl FromStr for Template {
    type Err = EvaluationError;

    fn from_str(text: &str) -> Result<Self, EvaluationError> {
        let text = text.trim();
        match text.contains(PLACE) {
            true => Ok(Self(text.to_owned())),
            false => Err(EvaluationError::Template(text.to_owned())),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One or more prompts for each class, and what they are called together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// The caption file, the template, or what else it comes from.
    pub name: String,
    /// Of each class, at least one.
    pub prompts: Vec<Vec<String>>,
}

impl Wording {
    /// One caption for each class.
    ///
    /// # Errors
    /// [`EvaluationError::CaptionCount`], [`EvaluationError::EmptyCaption`] and [`EvaluationError::SameCaption`].
    pub fn of_captions(name: &str, captions: Vec<String>, classes: &[String]) -> Result<Self, EvaluationError> {
        check_captions(name, classes, &captions)?;
        Ok(Self { name: name.to_owned(), prompts: captions.into_iter().map(|caption| vec![caption]).collect() })
    }

    /// The classes in the templates.
    ///
    /// # Errors
    /// [`EvaluationError::SameCaption`].
    pub fn of_templates(
        name: impl Into<String>,
        templates: &[Template],
        classes: &[String],
    ) -> Result<Self, EvaluationError> {
        let name = name.into();
        let names: Vec<_> = classes.iter().map(|class| readable_name(class)).collect();
        check_distinct(&name, classes, &names)?;
        let prompts = names.iter().map(|class| templates.iter().map(|template| template.of(class)).collect());
        Ok(Self { prompts: prompts.collect(), name })
    }

    /// Labels as somebody typed them, in a template.
    ///
    /// # Errors
    /// [`EvaluationError::SameCaption`].
    pub fn of_labels(template: &Template, labels: &[String]) -> Result<Self, EvaluationError> {
        check_distinct("the labels", labels, labels)?;
        let prompts = labels.iter().map(|label| vec![template.of(label)]).collect();
        Ok(Self { name: template.to_string(), prompts })
    }

    /// Any prompts for each of `labels`, in their order.
    ///
    /// # Errors
    /// [`EvaluationError::SameCaption`] for labels that are the same or have the same prompts, and [`EvaluationError::Shape`] for fewer
    /// labels than two, a label or prompt that says nothing, and a label without a prompt.
    pub fn of_prompts(prompts: Vec<Vec<String>>, labels: &[String]) -> Result<Self, EvaluationError> {
        let says_nothing = |text: &String| text.trim().is_empty();
        if labels.len() < 2 || labels.iter().any(says_nothing) {
            return Err(EvaluationError::shape("labels", format!("{labels:?}"), "at least two, each with a name"));
        }
        if prompts.len() != labels.len() {
            let expected = format!("one list of prompts for each of {} labels", labels.len());
            return Err(EvaluationError::shape("prompts", prompts.len(), expected));
        }
        if let Some(label) = prompts.iter().position(|own| own.is_empty() || own.iter().any(says_nothing)) {
            let got = format!("{:?} for {:?}", prompts[label], labels[label]);
            return Err(EvaluationError::shape("prompts", got, "at least one sentence for each label"));
        }
        check_distinct("labels", labels, labels)?;
        let together: Vec<String> = prompts.iter().map(|own| own.join("\n")).collect();
        check_distinct("prompts", labels, &together)?;
        Ok(Self { name: "prompts".to_owned(), prompts })
    }

    /// One vector for each class: the mean of its prompts' embeddings. `embed` gives those of texts, in their order.
    ///
    /// # Errors
    /// Those of `embed`, and [`EvaluationError::Shape`] where prompts cancel each other out.
    pub fn vectors<E: From<EvaluationError>>(
        &self,
        embed: impl FnOnce(&[&str]) -> Result<Vec<UnitVector>, E>,
    ) -> Result<Vec<UnitVector>, E> {
        let texts: Vec<&str> = self.prompts.iter().flatten().map(String::as_str).collect();
        let vectors = embed(&texts)?;
        let mut rest = vectors.as_slice();
        let of_class = |prompts: &Vec<String>| {
            let (own, others) = rest.split_at(prompts.len().min(rest.len()));
            rest = others;
            mean(own).ok_or_else(|| E::from(cancelled(&self.name)))
        };
        self.prompts.iter().map(of_class).collect()
    }
}

/// The direction in the middle of unit vectors: their mean, made a unit vector; `None` when they cancel each other out.
pub(crate) fn mean(vectors: &[UnitVector]) -> Option<UnitVector> {
    let mut sum = vec![0f32; vectors.first()?.dimension()];
    for vector in vectors {
        sum.iter_mut().zip(vector.as_slice()).for_each(|(sum, x)| *sum += x);
    }
    UnitVector::normalized(sum).ok()
}

fn cancelled(name: &str) -> EvaluationError {
    EvaluationError::Shape {
        field: "the prompts of a class",
        got: format!("embeddings in {name:?} that cancel each other out"),
        expected: "prompts that mean something in common".to_owned(),
    }
}

/// A folder's name as people would say it: without the number that WordNet gives, with spaces instead of `_` and `-`.
pub fn readable_name(class: &str) -> String {
    let is_number =
        |text: &str| text.len() == 9 && text.starts_with('n') && text[1..].bytes().all(|b| b.is_ascii_digit());
    let name = match class.split_once(['_', '-']) {
        Some((number, name)) if is_number(number) && !name.is_empty() => name,
        _ => class,
    };
    let spaced = name.replace(['_', '-'], " ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    if words.is_empty() { class.to_owned() } else { words.join(" ") }
}

/// Refuses captions of which two are the same but for letter case and spaces. `place` is where they stand.
pub(crate) fn check_distinct(place: &str, classes: &[String], captions: &[String]) -> Result<(), EvaluationError> {
    let mut seen: HashMap<String, &String> = HashMap::new();
    for (class, caption) in classes.iter().zip(captions) {
        let plain = caption.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(first) = seen.insert(plain, class) {
            return Err(EvaluationError::SameCaption {
                place: place.to_owned(),
                first: first.clone(),
                second: class.clone(),
                caption: caption.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn classes_are_named_as_people_would_say_them() {
        for (folder, name) in [
            ("n01440764_tench", "tench"),
            ("great_white-shark", "great white shark"),
            ("n0144_x", "n0144 x"),
            ("__", "__"),
            ("Faces_easy", "Faces easy"),
        ] {
            assert_eq!(readable_name(folder), name);
        }
    }

    #[test]
    fn templates_have_a_place_for_the_class() {
        let template: Template = " a photo of a {}. ".parse().unwrap();
        assert_eq!(template.of("cat"), "a photo of a cat.");
        assert!("a photo".parse::<Template>().unwrap_err().to_string().contains("has no {}"));
        let all = Template::openai();
        assert_eq!(all.len(), 80);
        assert!(all.iter().all(|template| template.to_string().parse::<Template>().is_ok()));
    }

    #[test]
    fn the_mean_of_prompts_is_a_unit_vector() {
        let unit = |x: f32| UnitVector::normalized(vec![x, 1.0]).unwrap();
        let middle = mean(&[unit(2.0), unit(-2.0)]).unwrap();
        assert_eq!(middle.as_slice(), [0.0, 1.0]);
        let opposite = UnitVector::normalized(vec![-2.0, -1.0]).unwrap();
        assert_eq!(mean(&[unit(2.0), opposite]), None);
    }

    #[test]
    fn classes_of_one_name_are_refused() {
        let error = Wording::of_templates("x", &[Template::bare()], &names(&["red_car", "red car"])).unwrap_err();
        assert!(error.to_string().contains("\"red_car\" and \"red car\" have the same caption"), "{error}");
    }

    #[test]
    fn prompts_have_to_tell_their_labels_apart() {
        let refusal = |prompts: &[&[&str]], labels: &[&str]| {
            let prompts = prompts.iter().map(|own| names(own)).collect();
            Wording::of_prompts(prompts, &names(labels)).map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(refusal(&[&["a cat", "a kitten"], &["a dog"]], &["cat", "dog"]), Ok(()));
        for (prompts, labels, reason) in [
            (&[&["a cat"][..]][..], &["cat"][..], "at least two"),
            (&[&["a cat"], &["a dog"]], &["cat", " "], "each with a name"),
            (&[&["a cat"]], &["cat", "dog"], "for each of 2 labels"),
            (&[&["a cat"], &[]], &["cat", "dog"], "[] for \"dog\""),
            (&[&["a cat"], &["a dog", ""]], &["cat", "dog"], "at least one sentence"),
            (&[&["a cat"], &["a dog"]], &["cat", "Cat"], "the same caption"),
            (&[&["a pet"], &["a  pet"]], &["cat", "dog"], "the same caption"),
        ] {
            let message = refusal(prompts, labels).unwrap_err();
            assert!(message.contains(reason), "{message}");
        }
    }

    #[test]
    fn each_class_gets_the_mean_of_its_own_prompts() {
        let templates = ["a {}".parse().unwrap(), "b {}".parse().unwrap()];
        let wording = Wording::of_templates("x", &templates, &names(&["1", "2"])).unwrap();
        let vectors = wording.vectors(|texts| {
            assert_eq!(texts, ["a 1", "b 1", "a 2", "b 2"]);
            let rows = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]];
            Ok::<_, EvaluationError>(rows.map(|row| UnitVector::normalized(row.to_vec()).unwrap()).to_vec())
        });
        let vectors = vectors.unwrap();
        assert_eq!(vectors[0].as_slice(), [1.0, 0.0]);
        assert!((vectors[1].as_slice()[0] - 0.5f32.sqrt()).abs() < 1e-6);
    }
}
