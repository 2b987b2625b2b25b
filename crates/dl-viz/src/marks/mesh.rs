//! A mesh of values over a rectangle.

use crate::error::DataProblem;

/// `Ok` for at least two rows and columns over increasing ranges.
pub(super) fn check(
    (rows, columns): (usize, usize),
    x: (f64, f64),
    y: (f64, f64),
) -> Result<(), DataProblem> {
    if rows < 2 || columns < 2 {
        return Err(DataProblem::Empty(
            "mesh cells; two rows and two columns are needed",
        ));
    }
    for (what, (start, end)) in [("end of the x range", x), ("end of the y range", y)] {
        if !(start < end && (end - start).is_finite()) {
            let allowed = "above its start, and finite";
            return Err(DataProblem::Parameter {
                what,
                value: end,
                allowed,
            });
        }
    }
    Ok(())
}
