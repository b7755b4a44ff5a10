//! A gazetteer that needs no network: which town is near a position, and where a town is.
//!
//! It knows the 69,472 places of 5,000 people and more that GeoNames lists (<https://www.geonames.org>, CC BY 4.0);
//! `scripts/cities.py` makes the file.
#![forbid(unsafe_code)]

mod gazetteer;
mod ground;

pub use gazetteer::{Place, named, nearest};
pub use ground::distance_km;
