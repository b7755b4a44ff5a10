//! Bursts: photos of one scene that one camera took within seconds.

use super::components::Components;
use super::roster::Shot;

/// Seconds between two shots of a burst, at most.
const LONGEST_PAUSE: i64 = 5;
/// Cosine similarity of two shots of a scene.
const MIN_SIMILARITY: f32 = 0.8;
/// How many of the next shots one is compared with.
const COMPARED: usize = 16;

/// Photos that follow each other closely in time and content.
pub(super) fn components(shots: &[Shot], similarity: impl Fn(&Shot, &Shot) -> f32) -> Vec<Vec<usize>> {
    let timed = shots.iter().enumerate().filter_map(|(at, shot)| Some((shot.camera?, shot.taken?, at)));
    let mut timed: Vec<(u32, i64, usize)> = timed.collect();
    timed.sort_unstable();
    let mut components = Components::new(shots.len());
    for (position, &(camera, taken, at)) in timed.iter().enumerate() {
        let next = timed[position + 1..].iter().take(COMPARED);
        let soon = next.take_while(|(by, then, _)| *by == camera && then - taken <= LONGEST_PAUSE);
        for &(_, _, other) in soon.filter(|(_, _, other)| similarity(&shots[at], &shots[*other]) >= MIN_SIMILARITY) {
            components.join(at, other);
        }
    }
    components.groups()
}

#[cfg(test)]
mod tests {
    use foray_protocol::ImageId;

    use super::*;

    fn shot(row: u32, camera: u32, taken: i64) -> Shot {
        Shot { id: ImageId::from_bytes([row as u8; 16]), row, hash: None, camera: Some(camera), taken: Some(taken) }
    }

    #[test]
    fn a_burst_ends_with_a_pause_another_camera_or_another_scene() {
        let shots = [shot(0, 1, 10), shot(1, 1, 12), shot(2, 2, 12), shot(3, 1, 16), shot(4, 1, 22), shot(5, 1, 17)];
        let other_scene = |a: &Shot, b: &Shot| if a.row == 5 || b.row == 5 { 0.4 } else { 0.95 };
        assert_eq!(components(&shots, other_scene), [vec![0, 1, 3]]);
    }

    #[test]
    fn photos_without_a_time_are_in_no_burst() {
        let untimed = Shot { taken: None, ..shot(1, 1, 0) };
        assert!(components(&[shot(0, 1, 0), untimed], |_, _| 1.0).is_empty());
    }
}
