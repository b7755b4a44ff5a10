//! What people look for, to make many queries of.

/// Things.
pub const SUBJECTS: [&str; 10] =
    ["cat", "dog", "boat", "mushroom", "train", "child", "bridge", "flower", "mountain", "old car"];
/// Where they are.
pub const PLACES: [&str; 10] = [
    "in the snow",
    "on a beach",
    "at night",
    "in a forest",
    "in the rain",
    "by a lake",
    "in a city",
    "on a road",
    "indoors",
    "in fog",
];
