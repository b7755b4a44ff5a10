//! The minimum of a smooth convex function, by L-BFGS (Nocedal, "Updating Quasi-Newton Matrices With Limited Storage", 1980).

use std::collections::VecDeque;

use ndarray::{Array2, Zip};

/// Steps whose effect on the gradient is remembered.
const MEMORY: usize = 10;
/// More steps are not taken.
const MOST_STEPS: usize = 1_000;
/// A step has to lower the value by this part of what the slope promises (Armijo, 1966).
const SUFFICIENT: f64 = 1e-4;
/// How often a step that does not is halved; after that, rounding is all that is left to gain.
const HALVINGS: i32 = 30;

/// Where a search stands.
struct Point {
    at: Array2<f64>,
    value: f64,
    gradient: Array2<f64>,
}

/// Where `function` (its value and gradient) is least, searched from `start` until the gradient is not longer than `tolerance`.
pub(super) fn minimise(
    start: Array2<f64>,
    tolerance: f64,
    function: impl Fn(&Array2<f64>) -> (f64, Array2<f64>),
) -> Array2<f64> {
    let (value, gradient) = function(&start);
    let mut point = Point { at: start, value, gradient };
    let mut memory = Memory::default();
    for _ in 0..MOST_STEPS {
        if dot(&point.gradient, &point.gradient).sqrt() <= tolerance {
            break;
        }
        let Some(next) = step(&point, &memory.direction(&point.gradient), &function) else { break };
        memory.remember(&next.at - &point.at, &next.gradient - &point.gradient);
        point = next;
    }
    point.at
}

/// The first point along `direction` that is low enough, at a whole step, half of it and so on.
fn step(
    from: &Point,
    direction: &Array2<f64>,
    function: &impl Fn(&Array2<f64>) -> (f64, Array2<f64>),
) -> Option<Point> {
    let slope = dot(&from.gradient, direction);
    (0..HALVINGS).map(|halvings| 0.5f64.powi(halvings)).find_map(|length| {
        let at = &from.at + &(direction * length);
        let (value, gradient) = function(&at);
        (value <= from.value + SUFFICIENT * length * slope).then_some(Point { at, value, gradient })
    })
}

/// The last steps, and how the gradient changed with each: what is known of the function's curvature.
#[derive(Default)]
struct Memory {
    steps: VecDeque<Step>,
}

struct Step {
    moved: Array2<f64>,
    changed: Array2<f64>,
    /// `moved · changed`, positive as the function is convex.
    curvature: f64,
}

impl Memory {
    fn remember(&mut self, moved: Array2<f64>, changed: Array2<f64>) {
        let curvature = dot(&moved, &changed);
        // Rounding can hide the curvature of a tiny step; it would spoil the directions to come.
        if curvature > f64::EPSILON * dot(&changed, &changed) {
            self.steps.truncate(MEMORY - 1);
            self.steps.push_front(Step { moved, changed, curvature });
        }
    }

    /// Minus the gradient times the estimated inverse of the Hessian: the two-loop recursion.
    fn direction(&self, gradient: &Array2<f64>) -> Array2<f64> {
        let mut direction = -gradient;
        let mut parts = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let part = dot(&step.moved, &direction) / step.curvature;
            direction.scaled_add(-part, &step.changed);
            parts.push(part);
        }
        if let Some(last) = self.steps.front() {
            direction *= last.curvature / dot(&last.changed, &last.changed);
        }
        for (step, part) in self.steps.iter().zip(parts).rev() {
            let correction = part - dot(&step.changed, &direction) / step.curvature;
            direction.scaled_add(correction, &step.moved);
        }
        direction
    }
}

fn dot(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    Zip::from(a).and(b).fold(0.0, |sum, x, y| sum + x * y)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_long_narrow_valley_is_followed_to_its_lowest_point() {
        let (lowest, steepness) = (array![[3.0, -2.0], [0.5, 7.0]], array![[1.0, 1_000.0], [0.01, 30.0]]);
        let found = minimise(Array2::zeros((2, 2)), 1e-6, |at| {
            let away = at - &lowest;
            let gradient = &steepness * &away;
            (0.5 * dot(&gradient, &away), gradient)
        });
        assert!((&found - &lowest).iter().all(|error| error.abs() < 1e-4), "{found}");
    }

    #[test]
    fn the_lowest_point_is_kept() {
        let at = minimise(array![[0.0]], 1e-6, |at| (at[[0, 0]].powi(2), at * 2.0));
        assert_eq!(at, array![[0.0]]);
    }
}
