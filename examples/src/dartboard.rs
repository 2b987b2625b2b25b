//! A dartboard whose areas are probabilities.

use dl_math::{JointTable, MathError, Scalar, rand::Rng};
use dl_nn::metrics::Estimate;
use ndarray::{Array2, array};

/// The colours, from the middle outwards: the rows of a table.
pub const COLORS: [&str; 3] = ["gold", "red", "blue"];
/// The halves: the columns of a table.
pub const HALVES: [&str; 2] = ["upper", "lower"];
/// Numbers of the colours and halves.
pub const RED: usize = 1;
/// See [`RED`].
pub const UPPER: usize = 0;

/// How far gold, red and blue reach in each half, on a board of radius 1.
pub const RADII: [[f64; 3]; 2] = [[0.2, 0.6, 1.0], [0.2, 0.8, 1.0]];

/// Where a dart has hit, from the centre of the board.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dart {
    /// To the right.
    pub x: f64,
    /// Upwards.
    pub y: f64,
}

impl Dart {
    /// A dart that is equally likely to hit any two areas of the same size: thrown at the square
    /// around the board, and thrown again until it hits the board.
    pub fn throw(rng: &mut impl Rng) -> Self {
        loop {
            let (x, y) = (2.0 * f64::uniform(rng) - 1.0, 2.0 * f64::uniform(rng) - 1.0);
            if x.hypot(y) < 1.0 {
                return Self { x, y };
            }
        }
    }

    /// The number of the half it is in.
    pub fn half(self) -> usize {
        usize::from(self.y < 0.0)
    }

    /// The number of the colour it is in.
    pub fn color(self) -> usize {
        let distance = self.x.hypot(self.y);
        let reach = RADII[self.half()];
        reach.iter().filter(|&&radius| distance >= radius).count()
    }
}

/// P(colour, half), `[colour, half]`: a half ring between the radii r and R covers
/// (R² − r²) / 2 of the board.
///
/// # Errors
/// None, for these radii.
pub fn exact() -> Result<JointTable<f64>, MathError> {
    JointTable::new(Array2::from_shape_fn((3, 2), |(color, half)| {
        let outer = RADII[half][color];
        let inner = if color == 0 {
            0.0
        } else {
            RADII[half][color - 1]
        };
        (outer * outer - inner * inner) / 2.0
    }))
}

/// Darts by colour and half, `[colour, half]`.
pub fn counts(darts: &[Dart]) -> Array2<usize> {
    let mut counts = Array2::zeros((3, 2));
    for dart in darts {
        counts[[dart.color(), dart.half()]] += 1;
    }
    counts
}

/// A probability that is measured by counting: of the darts that satisfy the condition, the share
/// in the event.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// As it is written: `P(red | upper)`.
    pub name: &'static str,
    /// Whether a dart of this colour and half counts at all.
    pub condition: fn(usize, usize) -> bool,
    /// Whether it is what is asked for.
    pub event: fn(usize, usize) -> bool,
}

/// The three kinds of probability.
pub const QUESTIONS: [Question; 3] = [
    Question {
        name: "P(red)",
        condition: |_, _| true,
        event: |color, _| color == RED,
    },
    Question {
        name: "P(red, upper)",
        condition: |_, _| true,
        event: |color, half| color == RED && half == UPPER,
    },
    Question {
        name: "P(red | upper)",
        condition: |_, half| half == UPPER,
        event: |color, _| color == RED,
    },
];

impl Question {
    /// The answer of a table: P(event | condition) = P(event, condition) / P(condition).
    ///
    /// # Errors
    /// Where the condition has probability 0.
    pub fn answer(&self, table: &JointTable<f64>) -> Result<f64, MathError> {
        Ok(table.given(self.condition)?.probability(self.event))
    }

    /// Whether the dart counts, and whether it is what is asked for.
    pub fn judge(&self, dart: Dart) -> (bool, bool) {
        let (color, half) = (dart.color(), dart.half());
        let counts = (self.condition)(color, half);
        (counts, counts && (self.event)(color, half))
    }

    /// The answer of the darts: a share, with its interval.
    pub fn estimate(&self, darts: &[Dart]) -> Estimate {
        let judged = darts.iter().map(|&dart| self.judge(dart));
        let (hits, trials) = judged.fold((0, 0), |(hits, trials), (counts, hit)| {
            (hits + usize::from(hit), trials + usize::from(counts))
        });
        Estimate::proportion(hits, trials)
    }
}

/// A prior belief about the half a dart is in, where nothing has been seen: that of a thrower who
/// misses the upper half three times in four.
pub fn low_thrower() -> ndarray::Array1<f64> {
    array![0.25, 0.75]
}

#[cfg(test)]
mod tests {
    use super::*;
    use dl_math::random::generator;

    #[test]
    fn the_table_is_that_of_the_areas() {
        let table = exact().unwrap();
        let expected = array![[0.02, 0.02], [0.16, 0.30], [0.32, 0.18]];
        let difference = table.probabilities() - &expected;
        assert!(difference.iter().all(|d| d.abs() <= 1e-15), "{table:?}");
    }

    #[test]
    fn a_dart_knows_its_place() {
        let place = |x, y| {
            let dart = Dart { x, y };
            (COLORS[dart.color()], HALVES[dart.half()])
        };
        assert_eq!(place(0.0, 0.1), ("gold", "upper"));
        assert_eq!(place(0.0, 0.7), ("blue", "upper"));
        assert_eq!(place(0.0, -0.7), ("red", "lower"));
        assert_eq!(place(-0.6, -0.6), ("blue", "lower"));
    }

    /// 100 darts, 2000 times: about 95 of 100 intervals hold the truth.
    #[test]
    fn darts_are_uniform_and_their_intervals_are_right() {
        let table = exact().unwrap();
        let rng = &mut generator(3);
        let mut held = [0; 3];
        for _ in 0..2000 {
            let darts: Vec<Dart> = (0..100).map(|_| Dart::throw(rng)).collect();
            for (question, held) in QUESTIONS.iter().zip(&mut held) {
                let truth = question.answer(&table).unwrap();
                let interval = question.estimate(&darts).interval(0.95).unwrap();
                *held += usize::from(interval.lower <= truth && truth <= interval.upper);
            }
        }
        assert!(
            held.iter().all(|held| (1850..=1950).contains(held)),
            "{held:?}"
        );
    }
}
