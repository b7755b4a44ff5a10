//! The places, unpacked when first asked for, and the two questions to them.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use crate::distance_km;

static PACKED: &[u8] = include_bytes!("../places.tsv.zst");
static TEXT: LazyLock<String> = LazyLock::new(|| {
    zstd::decode_all(PACKED).ok().and_then(|text| String::from_utf8(text).ok()).unwrap_or_else(|| {
        tracing::error!("the list of places in this program is damaged; photos get no names of places");
        String::new()
    })
});
static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(|| Gazetteer::read(&TEXT));

/// Farther away, a town says nothing of where a photo was taken.
const FARTHEST_KM: f64 = 50.0;

/// A town, or a part of a city.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Its name, mostly in English.
    pub name: &'static str,
    /// The region, by its short name; empty outside the United States.
    pub region: &'static str,
    /// The country's name in English.
    pub country: &'static str,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.region {
            "" => write!(f, "{}, {}", self.name, self.country),
            region => write!(f, "{}, {region}, {}", self.name, self.country),
        }
    }
}

/// The place nearest to a position (degrees north and east), at most 50 km away.
pub fn nearest(latitude: f64, longitude: f64) -> Option<&'static Place> {
    let here = direction(latitude, longitude);
    // Straight through the Earth: a product of directions would not tell near ones apart in 32 bits.
    let far = |there: &[f32; 3]| here.iter().zip(there).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
    let distances = GAZETTEER.directions.iter().map(far).enumerate();
    let (at, _) = distances.min_by(|(_, one), (_, other)| one.total_cmp(other))?;
    let place = &GAZETTEER.places[at];
    (distance_km((latitude, longitude), (place.latitude, place.longitude)) <= FARTHEST_KM).then_some(place)
}

/// The place that `text` names in any letter case: the largest one of that name, or of those in the region or country that is
/// named after a comma, as in `Paris, TX`.
pub fn named(text: &str) -> Option<&'static Place> {
    let (name, within) = text.split_once(',').map_or((text, ""), |(name, within)| (name, within.trim()));
    let candidates = GAZETTEER.by_name.get(&name.trim().to_lowercase())?;
    let is_within = |place: &&Place| {
        let names = [place.region, place.country];
        within.is_empty() || names.iter().any(|name| name.to_lowercase() == within.to_lowercase())
    };
    candidates.iter().map(|&at| &GAZETTEER.places[at as usize]).find(is_within)
}

#[derive(Debug, Default)]
struct Gazetteer {
    /// The largest first.
    places: Vec<Place>,
    /// Where each is on a sphere of radius 1.
    directions: Vec<[f32; 3]>,
    /// Lower-case names, to places in their order.
    by_name: HashMap<String, Vec<u32>>,
}

impl Gazetteer {
    fn read(text: &'static str) -> Self {
        let mut gazetteer = Self::default();
        text.lines().for_each(|line| gazetteer.add(line));
        gazetteer
    }

    fn add(&mut self, line: &'static str) {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        let (name, region, country) = (next(), next(), next());
        let (Ok(latitude), Ok(longitude)) = (next().parse(), next().parse()) else { return };
        let (_population, others) = (next(), next());
        let at = self.places.len() as u32;
        self.places.push(Place { name, region, country, latitude, longitude });
        self.directions.push(direction(latitude, longitude));
        for name in std::iter::once(name).chain(others.split('|').filter(|other| !other.is_empty())) {
            self.by_name.entry(name.to_lowercase()).or_default().push(at);
        }
    }
}

fn direction(latitude: f64, longitude: f64) -> [f32; 3] {
    let (latitude, longitude) = (latitude.to_radians(), longitude.to_radians());
    [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()].map(|part| part as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_places_are_there_where_they_should_be() {
        assert_eq!(GAZETTEER.places.len(), 69_472);
        for place in &GAZETTEER.places {
            assert!(place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0, "{place}");
            assert!(!place.name.is_empty() && !place.country.is_empty(), "{place:?}");
        }
    }

    #[test]
    fn the_nearest_is_the_one_that_a_comparison_of_all_distances_finds() {
        for at in (0..GAZETTEER.places.len()).step_by(997) {
            let place = &GAZETTEER.places[at];
            let here = (place.latitude + 0.03, place.longitude - 0.02);
            let far = |place: &Place| distance_km(here, (place.latitude, place.longitude));
            let expected = GAZETTEER.places.iter().map(far).min_by(f64::total_cmp).unwrap();
            let found = far(nearest(here.0, here.1).unwrap());
            // A direction in 32 bits is right to about a metre.
            assert!(found - expected < 0.01, "{place}: {found} km instead of {expected} km");
        }
    }

    #[test]
    fn places_have_names_people_use() {
        let name = |latitude, longitude| nearest(latitude, longitude).map(ToString::to_string);
        assert_eq!(name(48.8584, 2.2945).unwrap(), "Paris 16 Passy, France");
        assert_eq!(name(34.2570, -85.1647).unwrap(), "Rome, GA, United States");
        assert_eq!(name(0.0, -30.0), None, "the middle of the Atlantic");
    }

    #[test]
    fn a_name_means_the_largest_place_unless_more_is_said() {
        let country = |text| named(text).map(|place| place.country);
        for berlin in ["Berlin", "berlin", " BERLIN ", "Berlijn", "Berlin, Germany"] {
            assert_eq!(country(berlin), Some("Germany"), "{berlin}");
        }
        assert_eq!(named("München"), named("Munich"));
        assert_eq!(named("Paris, TX").map(|place| place.region), Some("TX"));
        assert_eq!(country("Paris, Germany"), None);
        assert_eq!(country("Nowhere-upon-Nothing"), None);
        assert_eq!(country(""), None);
    }
}
