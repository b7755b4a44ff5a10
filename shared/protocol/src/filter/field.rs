//! The fields that conditions speak of, and their names in both notations.

/// Texts of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextField {
    /// Camera make and model.
    Camera,
    /// The lens's model.
    Lens,
    /// File format, such as `jpeg`.
    Format,
    /// The town nearest to where it was taken, with its country.
    Place,
    /// What somebody wrote about it.
    Caption,
}

/// Numbers of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberField {
    /// Pixels, upright.
    Width,
    /// Pixels, upright.
    Height,
    /// Millions of pixels.
    Megapixels,
    /// Stars, -1 to 5.
    Rating,
}

/// Times of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeField {
    /// When it was taken, by the camera's clock.
    Taken,
    /// When it came into the library.
    Indexed,
}

/// What a photo may have or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// The place where it was taken.
    Position,
    /// When it was taken.
    Date,
    /// What it was taken with.
    Camera,
    /// Stars.
    Rating,
    /// Words that somebody gave it.
    Keywords,
    /// A sentence that somebody wrote about it.
    Caption,
    /// Copies: more than one file with this content.
    Copies,
}

/// A picture's sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Higher than wide.
    Portrait,
    /// Wider than high.
    Landscape,
    /// As wide as high.
    Square,
}

/// A field by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Folder,
    Name,
    Text(TextField),
    Number(NumberField),
    Time(TimeField),
    Near,
    Has,
    Shape,
    Tag,
}

/// Names and what they stand for; the first name of a field is the one that messages show.
const NAMES: [(&str, Field); 24] = [
    ("in", Field::Folder),
    ("folder", Field::Folder),
    ("name", Field::Name),
    ("taken", Field::Time(TimeField::Taken)),
    ("indexed", Field::Time(TimeField::Indexed)),
    ("camera", Field::Text(TextField::Camera)),
    ("lens", Field::Text(TextField::Lens)),
    ("type", Field::Text(TextField::Format)),
    ("format", Field::Text(TextField::Format)),
    ("w", Field::Number(NumberField::Width)),
    ("width", Field::Number(NumberField::Width)),
    ("h", Field::Number(NumberField::Height)),
    ("height", Field::Number(NumberField::Height)),
    ("mp", Field::Number(NumberField::Megapixels)),
    ("rating", Field::Number(NumberField::Rating)),
    ("near", Field::Near),
    ("place", Field::Text(TextField::Place)),
    ("has", Field::Has),
    ("orientation", Field::Shape),
    ("tag", Field::Tag),
    ("tags", Field::Tag),
    ("keyword", Field::Tag),
    ("caption", Field::Text(TextField::Caption)),
    ("description", Field::Text(TextField::Caption)),
];

impl Field {
    /// The field of this name.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }

    /// All fields' names, for a message.
    pub fn names() -> String {
        let mut shown: Vec<(&str, Field)> = vec![];
        for (name, field) in NAMES {
            if shown.iter().all(|(_, other)| *other != field) {
                shown.push((name, field));
            }
        }
        shown.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}

impl Feature {
    /// The feature that `name` stands for.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "gps" | "position" | "place" => Self::Position,
            "date" | "taken" => Self::Date,
            "camera" => Self::Camera,
            "rating" => Self::Rating,
            "tags" | "keywords" => Self::Keywords,
            "caption" => Self::Caption,
            "copies" => Self::Copies,
            _ => return None,
        })
    }
}

impl Shape {
    /// The shape that `name` stands for.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "portrait" => Self::Portrait,
            "landscape" => Self::Landscape,
            "square" => Self::Square,
            _ => return None,
        })
    }

    /// Whether a picture of these sides has it.
    pub fn fits(self, width: u32, height: u32) -> bool {
        match self {
            Self::Portrait => height > width,
            Self::Landscape => width > height,
            Self::Square => width == height,
        }
    }
}
