//! Scales and ranges of values.

/// The scale of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    Log10,
    /// log(1 + value), for counts that include zero.
    Log1p,
}

impl Scale {
    /// The position of a value along the axis; NaN if it has none.
    pub(crate) fn position(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log10 if value > 0.0 => value.log10(),
            Self::Log10 => f64::NAN,
            Self::Log1p => value.ln_1p(),
        }
    }
}

/// The smallest and largest finite value; `None` if there is none.
pub(crate) fn bounds(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .into_iter()
        .filter(|v| v.is_finite())
        .fold(None, |range, v| match range {
            None => Some((v, v)),
            Some((low, high)) => Some((low.min(v), high.max(v))),
        })
}

/// Minimum span of an axis, besides a billionth of the size of its ends: steps between the ends are still normal
/// numbers.
pub(crate) const MIN_SPAN: f64 = 1e-303;

/// Whether a range is too narrow for an axis, or empty.
pub(crate) fn too_narrow((low, high): (f64, f64)) -> bool {
    let size = low.abs().max(high.abs());
    (high - low).abs() <= (size * 1e-9).max(MIN_SPAN)
}

/// Widens a range by a fraction of its span on both sides; a range of (nearly) one value gets a span.
pub(crate) fn widen((low, high): (f64, f64), fraction: f64) -> (f64, f64) {
    let size = low.abs().max(high.abs());
    let pad = if !too_narrow((low, high)) {
        (high - low) * fraction
    } else if size > 0.0 {
        (size * 0.1).max(MIN_SPAN)
    } else {
        1.0
    };
    ((low - pad).max(f64::MIN), (high + pad).min(f64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_gets_a_span() {
        assert_eq!(widen((2.0, 2.0), 0.04), (1.8, 2.2));
        assert_eq!(widen((0.0, 0.0), 0.04), (-1.0, 1.0));
        assert_eq!(widen((0.0, 1.0), 0.5), (-0.5, 1.5));
        let extremes = [
            0.0,
            5e-324,
            1e-308,
            1e-300,
            1e-9,
            1.0,
            1e300,
            1.7e308,
            f64::MAX,
        ];
        for value in extremes.iter().flat_map(|&value| [value, -value]) {
            for other in [value, value * (1.0 - f64::EPSILON), 0.0] {
                let (low, high) = (value.min(other), value.max(other));
                let wide = widen((low, high), 0.04);
                assert!(!too_narrow(wide), "{low} {high}: {wide:?}");
                assert!(wide.0 <= low && high <= wide.1, "{low} {high}: {wide:?}");
            }
        }
    }
}
