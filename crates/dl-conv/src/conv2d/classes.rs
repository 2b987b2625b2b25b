//! The positions along an axis, by what they see.

use std::collections::HashMap;
use std::ops::Range;

/// Positions that see the same taps, each as far from the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) members: Vec<Member>,
    pub(super) taps: Vec<SeenTap>,
}

/// A position of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) position: usize,
    /// What it sees through the first tap (0 where it sees nothing).
    pub(super) first: usize,
}

/// A tap through which a position sees something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SeenTap {
    pub(super) tap: usize,
    /// How far behind what the first tap sees.
    pub(super) distance: usize,
}

/// The classes of positions, in the order of their first members; `sees` gives what a position sees through a
/// tap, and rises with the tap.
pub(super) fn classes(
    positions: usize,
    taps: Range<usize>,
    sees: impl Fn(usize, usize) -> Option<usize>,
) -> Vec<Class> {
    let mut found: HashMap<Vec<SeenTap>, usize> = HashMap::new();
    let mut classes: Vec<Class> = Vec::new();
    for position in 0..positions {
        let mut seen = taps
            .clone()
            .filter_map(|tap| Some((tap, sees(position, tap)?)))
            .peekable();
        let first = seen.peek().map_or(0, |&(_, first)| first);
        let seen = seen.map(|(tap, at)| SeenTap {
            tap,
            distance: at - first,
        });
        let taps: Vec<SeenTap> = seen.collect();
        let class = *found.entry(taps).or_insert_with_key(|taps| {
            classes.push(Class {
                members: Vec::new(),
                taps: taps.clone(),
            });
            classes.len() - 1
        });
        classes[class].members.push(Member { position, first });
    }
    classes
}

/// The largest possible number of classes of these positions and taps: what is seen changes only where a tap enters or
/// leaves the image, for each of the `step` ways to stand on a strided grid.
pub(super) fn most_classes(positions: usize, taps: usize, step: usize) -> usize {
    positions.min(taps.saturating_mul(2).saturating_add(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_classes_of_their_own() {
        // five pixels, three taps, a zero on both sides
        let sees = |u: usize, j: usize| (u + j).checked_sub(1).filter(|&column| column < 5);
        let found = classes(5, 0..3, sees);
        let members = |class: &Class| class.members.iter().map(|m| m.position).collect::<Vec<_>>();
        let all: Vec<_> = found
            .iter()
            .map(|class| (members(class), class.taps.len()))
            .collect();
        assert_eq!(all, [(vec![0], 2), (vec![1, 2, 3], 3), (vec![4], 2)]);
        assert_eq!(
            found[1].members[1],
            Member {
                position: 2,
                first: 1
            }
        );
        assert_eq!(
            found[1].taps[2],
            SeenTap {
                tap: 2,
                distance: 2
            }
        );
        assert_eq!(
            found[0].taps[0],
            SeenTap {
                tap: 1,
                distance: 0
            }
        );
    }

    #[test]
    fn there_are_no_more_classes_than_said() {
        for (input, taps, stride, dilation, before) in [
            (20, 3, 1, 1, 1),
            (20, 5, 2, 1, 2),
            (20, 7, 3, 2, 9),
            (10, 4, 5, 3, 0),
            (30, 11, 1, 7, 40),
        ] {
            let output = (input + 2 * before - (taps - 1) * dilation - 1) / stride + 1;
            let sees = |u: usize, j: usize| {
                let column = (u * stride + j * dilation).checked_sub(before);
                column.filter(|&column| column < input)
            };
            let found = classes(output, 0..taps, sees).len();
            assert!(found <= most_classes(output, taps, 1), "{found}");
            let seen_by = |x: usize, flipped: usize| {
                let column = (x + before).checked_sub((taps - 1 - flipped) * dilation)?;
                let u = column / stride;
                (column % stride == 0 && u < output).then_some(u)
            };
            let found = classes(input, 0..taps, seen_by).len();
            assert!(found <= most_classes(input, taps, stride), "{found}");
        }
    }

    #[test]
    fn a_position_that_sees_nothing_is_a_member_too() {
        let found = classes(2, 0..2, |_, _| None);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].members.len(), found[0].taps.len()), (2, 0));
    }
}
