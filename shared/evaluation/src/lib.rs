//! Labelled photos, prompts and classifiers, and how well these tell classes apart. Works on embeddings alone: who calls it embeds.

mod captions;
mod dataset;
mod error;
mod few_shot;
mod measures;
mod report_page;
mod significance;
mod suggestion;
mod wording;

pub use captions::{caption_lines, read_text};
pub use dataset::{Dataset, LabelledPhoto, label_table};
pub use error::EvaluationError;
pub use few_shot::{FewShot, LinearProbe, few_shot, pick_examples};
pub use foray_protocol::softmax;
pub use measures::{Predictions, measure};
pub use report_page::{Mistake, report_page};
pub use significance::compare;
pub use suggestion::{Suggestion, suggest};
pub use wording::{OPENAI_TEMPLATES, Template, Wording, readable_name};
