//! The data area of a panel: transforms data to pixels and clips it.

use plotters::coord::ranged1d::Ranged;

use crate::{
    FigureError,
    axis::Axis,
    canvas::{Canvas, Stroke},
    pixels::{Px, Rect, SCALE, units},
};

/// A panel's axes and the rectangle between them.
#[derive(Clone, Debug)]
pub(crate) struct Plot {
    pub(crate) rect: Rect,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

impl Plot {
    /// Position along the axes; `None` if a coordinate is not finite or has no logarithm.
    fn position(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let position = (self.x.scale.position(x), self.y.scale.position(y));
        (position.0.is_finite() && position.1.is_finite()).then_some(position)
    }

    fn pixel(&self, position: (f64, f64)) -> Px {
        let Rect {
            left,
            top,
            right,
            bottom,
        } = self.rect;
        let x = self.x.map(&position.0, (units(left), units(right)));
        let y = self.y.map(&position.1, (units(bottom), units(top)));
        (f64::from(x) / SCALE, f64::from(y) / SCALE)
    }

    /// The pixel of a data point, if it lies within the axes.
    pub(crate) fn at(&self, point: (f64, f64)) -> Option<Px> {
        Some(self.pixel((self.x.inside(point.0)?, self.y.inside(point.1)?)))
    }

    /// The pixel of a data point, clamped to the frame.
    pub(crate) fn clamped(&self, point: (f64, f64)) -> Option<Px> {
        let (x, y) = self.position(point)?;
        let ((left, right), (low, high)) = (self.x.limits(), self.y.limits());
        Some(self.pixel((x.clamp(left, right), y.clamp(low, high))))
    }

    /// The pixel coordinate of a value of the y axis (`horizontal`) or of the x axis, if it is within it.
    pub(crate) fn along(&self, value: f64, horizontal: bool) -> Option<f64> {
        let (x, y) = self.pixel(match horizontal {
            true => (self.x.range.0, self.y.inside(value)?),
            false => (self.x.inside(value)?, self.y.range.0),
        });
        Some(if horizontal { y } else { x })
    }

    /// The visible runs of a polyline: split at gaps and clipped at the frame.
    pub(crate) fn runs(&self, points: &[(f64, f64)]) -> Vec<Vec<Px>> {
        let mut runs: Vec<Vec<Px>> = Vec::new();
        let mut joined = false;
        for pair in points.windows(2) {
            let visible = match (self.position(pair[0]), self.position(pair[1])) {
                (Some(from), Some(to)) => clip(from, to, self.x.limits(), self.y.limits()),
                _ => None,
            };
            let Some((from, to, reaches_end)) = visible else {
                joined = false;
                continue;
            };
            match runs.last_mut() {
                Some(run) if joined => run.push(self.pixel(to)),
                _ => runs.push(vec![self.pixel(from), self.pixel(to)]),
            }
            joined = reaches_end;
        }
        runs
    }

    pub(crate) fn polyline(
        &self,
        canvas: &Canvas,
        points: &[(f64, f64)],
        stroke: &Stroke,
    ) -> Result<(), FigureError> {
        self.runs(points)
            .iter()
            .try_for_each(|run| canvas.polyline(&thin(run), stroke))
    }
}

/// Thins out a long curve without visible change: of the points in a column of half a pixel, only the first, the
/// lowest, the highest and the last are kept, in order (the M4 aggregation of Jugel et al., 2014).
fn thin(run: &[Px]) -> Vec<Px> {
    let column = |point: &Px| (point.0 * 2.0).floor();
    run.chunk_by(|a, b| column(a) == column(b))
        .flat_map(|chunk| {
            let by_height = |a: &usize, b: &usize| chunk[*a].1.total_cmp(&chunk[*b].1);
            let lowest = (0..chunk.len()).min_by(by_height).unwrap_or(0);
            let highest = (0..chunk.len()).max_by(by_height).unwrap_or(0);
            let mut kept = [0, lowest, highest, chunk.len() - 1];
            kept.sort_unstable();
            kept.map(|i| chunk[i])
        })
        .fold(Vec::new(), |mut kept, point| {
            if kept.last() != Some(&point) {
                kept.push(point);
            }
            kept
        })
}

type Point = (f64, f64);

/// The part of a segment inside a box, and whether its end is (Liang and Barsky, 1984).
fn clip(from: Point, to: Point, x: (f64, f64), y: (f64, f64)) -> Option<(Point, Point, bool)> {
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (a, b, (low, high)) in [(from.0, to.0, x), (from.1, to.1, y)] {
        // Halved, since the difference could overflow.
        let scale = if (b - a).is_finite() { 1.0 } else { 0.5 };
        let [a, b, low, high] = [a, b, low, high].map(|value| value * scale);
        let (delta, low, high) = (b - a, low - a, high - a);
        if delta == 0.0 {
            if low > 0.0 || high < 0.0 {
                return None;
            }
        } else {
            let (a, b) = (low / delta, high / delta);
            enter = enter.max(a.min(b));
            leave = leave.min(a.max(b));
        }
    }
    // Far outside the box, rounding alone could put the intersection outside it.
    let along = |a: f64, b: f64, t: f64, (low, high): (f64, f64)| {
        let delta = b - a;
        let at = match delta.is_finite() {
            true => a + t * delta,
            false => a * (1.0 - t) + b * t,
        };
        at.clamp(low, high)
    };
    let at = |t: f64| (along(from.0, to.0, t, x), along(from.1, to.1, t, y));
    (enter <= leave).then(|| (at(enter), at(leave), leave >= 1.0))
}

/// Length of the part of a segment inside a rectangle.
pub(crate) fn length_inside(from: Px, to: Px, rect: Rect) -> f64 {
    let inside = clip(from, to, (rect.left, rect.right), (rect.top, rect.bottom));
    inside.map_or(0.0, |(from, to, _)| (to.0 - from.0).hypot(to.1 - from.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_cut_at_the_box() {
        let unit = (0.0, 1.0);
        assert_eq!(
            clip((0.2, 0.2), (0.4, 0.8), unit, unit),
            Some(((0.2, 0.2), (0.4, 0.8), true))
        );
        assert_eq!(
            clip((-1.0, 0.5), (2.0, 0.5), unit, unit),
            Some(((0.0, 0.5), (1.0, 0.5), false))
        );
        assert_eq!(
            clip((0.5, 3.0), (0.5, 0.5), unit, unit),
            Some(((0.5, 1.0), (0.5, 0.5), true))
        );
        assert_eq!(clip((-1.0, 0.5), (0.5, 2.0), unit, unit), None);
        assert_eq!(clip((2.0, 0.0), (2.0, 1.0), unit, unit), None);
    }

    #[test]
    fn segments_far_beyond_the_box_are_cut_at_it() {
        let unit = (0.0, 1.0);
        for huge in [1e9, 1e300, 1.7e308] {
            let (from, to, _) = clip((0.0, -huge), (1.0, huge), unit, unit).expect("crosses");
            for (x, y) in [from, to] {
                assert!(
                    (x - 0.5).abs() <= 1e-9 && (0.0..=1.0).contains(&y),
                    "{huge}: {x} {y}"
                );
            }
        }
    }

    #[test]
    fn the_length_inside_a_box_is_measured() {
        let rect = Rect {
            left: 0.0,
            top: 0.0,
            right: 30.0,
            bottom: 40.0,
        };
        assert!((length_inside((-30.0, -40.0), (60.0, 80.0), rect) - 50.0).abs() <= 1e-9);
        assert_eq!(length_inside((-1.0, 0.0), (-1.0, 40.0), rect), 0.0);
    }

    #[test]
    fn thinning_keeps_the_extremes_of_a_column() {
        let crowded = [
            (1.0, 5.0),
            (1.1, 9.0),
            (1.2, 6.0),
            (1.3, 2.0),
            (1.4, 4.0),
            (2.0, 4.0),
        ];
        assert_eq!(
            thin(&crowded),
            [(1.0, 5.0), (1.1, 9.0), (1.3, 2.0), (1.4, 4.0), (2.0, 4.0)]
        );
        let sparse = [(0.0, 0.0), (10.0, 1.0), (20.0, 0.0)];
        assert_eq!(thin(&sparse), sparse);
    }
}
