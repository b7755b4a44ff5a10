//! Distances along the ground.

/// The Earth's mean radius (IUGG).
const EARTH_RADIUS_KM: f64 = 6_371.008_8;

/// The distance along the ground by the haversine formula (R. W. Sinnott, 1984), kilometres; degrees north and east.
pub fn distance_km((latitude, longitude): (f64, f64), (other_latitude, other_longitude): (f64, f64)) -> f64 {
    let (from, to) = (latitude.to_radians(), other_latitude.to_radians());
    let half = |difference: f64| (difference / 2.0).sin().powi(2);
    let turn = (other_longitude - longitude).to_radians();
    2.0 * EARTH_RADIUS_KM * (half(to - from) + from.cos() * to.cos() * half(turn)).min(1.0).sqrt().asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_along_the_ground() {
        let berlin_paris = distance_km((52.5200, 13.4050), (48.8566, 2.3522));
        assert!((berlin_paris - 877.5).abs() < 1.0, "{berlin_paris}");
        assert!(distance_km((0.0, 179.9), (0.0, -179.9)) < 25.0, "across the date line");
    }
}
