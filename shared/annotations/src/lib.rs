//! Boxes of object-detection datasets (COCO, Pascal VOC, YOLO) into captions and a classification dataset with a file of captions,
//! as OpenAI's CLIP notebooks and Roboflow's export for them have it. Opens no picture: who calls it cuts and encodes.
#![forbid(unsafe_code)]

mod dataset;
mod english;
mod error;
mod files;
mod folder_names;
mod plan;
mod readers;
mod region;
mod writing;

pub use dataset::{AnnotatedPicture, Annotations, LeftOut, ObjectBox};
pub use english::{Counts, Wording};
pub use error::AnnotationError;
pub use plan::{By, Class, Options, Plan};
pub use readers::{Format, read};
pub use region::{PixelBox, Region};
pub use writing::{Crop, CutError, Encoding, Failed, Watch, Written, check_destination};
