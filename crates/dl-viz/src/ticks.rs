//! Ticks at round numbers along an axis.

use crate::scale::{MIN_SPAN, Scale};

/// A tick: its position along the axis (the logarithm, on a log scale) and its text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) position: f64,
    pub(crate) label: String,
}

/// At most about `most` ascending ticks in `start..=end`, with a step of 1, 2 or 5 × 10ᵏ; more only if two ticks
/// require it. Only the ends if no round numbers between them can be distinguished.
pub(crate) fn ticks(scale: Scale, (start, end): (f64, f64), most: usize) -> Vec<Tick> {
    match scale {
        Scale::Linear => linear_ticks(start, end, most),
        Scale::Log10 => log_ticks(start, end, most),
        Scale::Log1p => log1p_ticks(start, end, most),
    }
}

/// Minimum span relative to the ends; in a narrower range, steps are lost to rounding.
const MIN_SHARE: f64 = 1e-11;

fn linear_ticks(start: f64, end: f64, most: usize) -> Vec<Tick> {
    let (span, largest) = (end - start, start.abs().max(end.abs()));
    if !span.is_finite() || span < (largest * MIN_SHARE).max(MIN_SPAN) {
        return ends(start, end);
    }
    let most = most.max(2) as f64;
    let mut exponent = (span / most).log10().floor() as i32;
    let step = loop {
        let found = [1.0, 2.0, 5.0]
            .map(|digit| digit * 10f64.powi(exponent))
            .into_iter()
            .find(|step| (end / step + 1e-9).floor() - (start / step - 1e-9).ceil() < most);
        match found {
            Some(step) => break step,
            None => exponent += 1,
        }
    };
    let (first, last) = (
        (start / step - 1e-9).ceil() as i64,
        (end / step + 1e-9).floor() as i64,
    );
    if last <= first {
        return linear_ticks(start, end, most as usize + 1);
    }
    let positions = (first..=last).map(|i| (i as f64 * step).clamp(start, end));
    positions
        .map(|position| Tick {
            position,
            label: number(position, step, largest),
        })
        .collect()
}

/// The ends of a range as ticks, with all their digits.
fn ends(start: f64, end: f64) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = [start, end]
        .into_iter()
        .filter(|position| position.is_finite())
        .map(|position| {
            let text = format!("{:e}", position.abs());
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let sign = if position < 0.0 { "−" } else { "" };
            let label = match exponent.parse() {
                Ok(0) | Err(_) => format!("{sign}{mantissa}"),
                Ok(exponent) => format!("{sign}{mantissa}×10{}", superscript(exponent)),
            };
            Tick { position, label }
        })
        .collect();
    ticks.dedup_by(|a, b| a.position == b.position);
    ticks
}

/// Powers of ten; in a narrow range also 2 and 5 times these; linear ticks in an even narrower one.
fn log_ticks(start: f64, end: f64, most: usize) -> Vec<Tick> {
    let digits: &[f64] = match end - start {
        decades if decades < 2.5 => &[1.0, 2.0, 5.0],
        _ => &[1.0],
    };
    let stride = ((end - start) / most.max(2) as f64).ceil().max(1.0) as i32;
    let (first, last) = (start.floor() as i32, end.ceil() as i32);
    let plain = start >= -3.0 && end <= 4.0;
    let mut ticks = Vec::new();
    for exponent in (first..=last).filter(|e| e.rem_euclid(stride) == 0) {
        for digit in digits {
            let position = f64::from(exponent) + digit.log10();
            if (start..=end).contains(&position) {
                let label = if plain {
                    format!(
                        "{:.*}",
                        (-exponent).max(0) as usize,
                        digit * 10f64.powi(exponent)
                    )
                } else if *digit == 1.0 {
                    format!("10{}", superscript(exponent))
                } else {
                    format!("{digit}×10{}", superscript(exponent))
                };
                ticks.push(Tick { position, label });
            }
        }
    }
    if ticks.len() >= 2 {
        return ticks;
    }
    let value = |position: f64| 10f64.powf(position).min(f64::MAX);
    linear_ticks(value(start), value(end), most)
        .into_iter()
        .filter(|tick| tick.position > 0.0)
        .map(|tick| Tick {
            position: tick.position.log10().clamp(start, end),
            ..tick
        })
        .collect()
}

/// Zero and powers of ten; linear ticks if the range contains fewer than two of them.
fn log1p_ticks(start: f64, end: f64, most: usize) -> Vec<Tick> {
    let value = |position: f64| position.exp_m1().min(f64::MAX);
    let (low, high) = (value(start), value(end));
    let stride = (high.max(1.0).log10() / most.max(2) as f64).ceil().max(1.0) as usize;
    let powers = (0..=308).step_by(stride).map(|exponent| {
        let label = match exponent {
            0..16 => signed(10f64.powi(exponent), 0),
            _ => format!("10{}", superscript(exponent)),
        };
        (10f64.powi(exponent), label)
    });
    let round: Vec<Tick> = std::iter::once((0.0, "0".to_owned()))
        .chain(powers)
        .map(|(count, label)| Tick {
            position: count.ln_1p(),
            label,
        })
        .filter(|tick| (start..=end).contains(&tick.position))
        .collect();
    if round.len() >= 2 {
        return round;
    }
    let linear = linear_ticks(low, high, most).into_iter();
    linear
        .map(|tick| Tick {
            position: tick.position.ln_1p().clamp(start, end),
            ..tick
        })
        .collect()
}

/// The label of a tick: as many decimals as its step needs, a typographic minus, powers of ten instead of many
/// zeros.
fn number(value: f64, step: f64, largest: f64) -> String {
    if !(1e-3..1e6).contains(&largest) {
        let exponent = largest.log10().floor() as i32;
        if value == 0.0 {
            return "0".to_owned();
        }
        let unit = 10f64.powi(exponent);
        let mantissa = decimal(value / unit, step / unit);
        return format!("{mantissa}×10{}", superscript(exponent));
    }
    decimal(value, step)
}

/// `value` with enough decimals to distinguish multiples of `step`.
fn decimal(value: f64, step: f64) -> String {
    let decimals = (0..12)
        .find(|&d| {
            let shifted = step * 10f64.powi(d);
            (shifted - shifted.round()).abs() <= 1e-6 * shifted && shifted >= 0.5
        })
        .unwrap_or(12) as usize;
    signed(value, decimals)
}

/// `value` with this many decimals, a typographic minus, no negative zero, and grouped thousands.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    let digits = grouped(&format!("{:.decimals$}", value.abs()));
    let zero = digits.chars().all(|c| matches!(c, '0' | '.'));
    if value < 0.0 && !zero {
        format!("−{digits}")
    } else {
        digits
    }
}

/// Groups thousands by thin spaces, for five digits or more.
fn grouped(digits: &str) -> String {
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    if whole.len() < 5 {
        return digits.to_owned();
    }
    let groups: Vec<&str> = (0..whole.len().div_ceil(3))
        .rev()
        .map(|group| {
            let end = whole.len() - 3 * group;
            &whole[end.saturating_sub(3)..end]
        })
        .collect();
    groups.join("\u{2009}") + fraction
}

fn superscript(exponent: i32) -> String {
    exponent
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '0' => '⁰',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            digit => char::from_u32('⁴' as u32 + (digit as u32 - '4' as u32)).unwrap_or(digit),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(scale: Scale, range: (f64, f64), most: usize) -> Vec<String> {
        ticks(scale, range, most)
            .into_iter()
            .map(|t| t.label)
            .collect()
    }

    #[test]
    fn linear_labels_are_short() {
        let linear = |start, end| labels(Scale::Linear, (start, end), 6);
        assert_eq!(linear(-10.4, 10.4), ["−10", "−5", "0", "5", "10"]);
        assert_eq!(
            linear(-0.04, 1.04),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(
            linear(0.0, 1e7),
            ["0", "0.2×10⁷", "0.4×10⁷", "0.6×10⁷", "0.8×10⁷", "1.0×10⁷"]
        );
        assert_eq!(linear(0.0, 0.5), ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
    }

    #[test]
    fn log_labels_are_powers_where_plain_numbers_grow_long() {
        let log = |start, end| labels(Scale::Log10, (start, end), 6);
        assert_eq!(
            log(-2.1, 0.2),
            ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"]
        );
        assert_eq!(log(-3.0, 1.0), ["0.001", "0.01", "0.1", "1", "10"]);
        assert_eq!(log(-6.0, -2.0), ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²"]);
        assert_eq!(log(0.30, 0.34), ["2.00", "2.05", "2.10", "2.15"]);
    }

    #[test]
    fn counts_start_at_zero() {
        let counts = |low: f64, high: f64| labels(Scale::Log1p, (low.ln_1p(), high.ln_1p()), 6);
        assert_eq!(counts(0.0, 1135.0), ["0", "1", "10", "100", "1000"]);
        assert_eq!(counts(12.0, 50.0), ["20", "30", "40", "50"]);
    }

    /// Ascending positions inside the range, labels, and not too many; two at least where they are promised.
    fn sound(scale: Scale, (start, end): (f64, f64), most: usize, least: usize) {
        let ticks = ticks(scale, (start, end), most);
        let case = format!("{scale:?}, {start:e} to {end:e}, {most}: {ticks:?}");
        // two or three ticks may take a step so fine that there are six, and a log axis of less than
        // 2.5 decades has three to a decade
        assert!((least..=most.max(9) + 2).contains(&ticks.len()), "{case}");
        assert!(
            ticks.iter().all(|t| (start..=end).contains(&t.position)),
            "{case}"
        );
        assert!(
            ticks.windows(2).all(|t| t[0].position < t[1].position),
            "{case}"
        );
        assert!(
            ticks
                .iter()
                .all(|t| (1..30).contains(&t.label.chars().count())),
            "{case}"
        );
    }

    const EXTREMES: [f64; 16] = [
        0.0,
        5e-324,
        1e-323,
        1e-310,
        f64::MIN_POSITIVE,
        1e-300,
        1e-20,
        1.0 - f64::EPSILON,
        1.0,
        1.0 + f64::EPSILON,
        1e15,
        9.007_199_254_740_993e15,
        1e300,
        1e300 * (1.0 + f64::EPSILON),
        1.797e308,
        f64::MAX,
    ];

    #[test]
    fn any_two_ends_have_ticks() {
        let values = || EXTREMES.into_iter().flat_map(|value| [value, -value]);
        for (start, end) in values().flat_map(|a| values().map(move |b| (a, b))) {
            for most in [0, 2, 6, 9] {
                if start < end {
                    sound(Scale::Linear, (start, end), most, 2);
                    assert_eq!(ticks(Scale::Linear, (start, start), most).len(), 1);
                }
                if 0.0 < start && start < end {
                    let log = (start.log10(), end.log10());
                    if log.0 < log.1 {
                        sound(Scale::Log10, log, most, 0);
                    }
                }
                if 0.0 <= start && start < end && start.ln_1p() < end.ln_1p() {
                    sound(Scale::Log1p, (start.ln_1p(), end.ln_1p()), most, 0);
                }
            }
        }
    }

    #[test]
    fn ends_that_no_step_divides_are_written_out() {
        let linear = |start, end| labels(Scale::Linear, (start, end), 6);
        assert_eq!(linear(0.0, 5e-324), ["0", "5×10⁻³²⁴"]);
        assert_eq!(linear(-1e308, 1e308), ["−1×10³⁰⁸", "1×10³⁰⁸"]);
        assert_eq!(linear(1.0, 1.0 + f64::EPSILON), ["1", "1.0000000000000002"]);
        assert!(linear(f64::NAN, f64::INFINITY).is_empty());
    }

    #[test]
    fn counts_beyond_all_bounds_have_few_ticks() {
        let counts = |high: f64| labels(Scale::Log1p, (0.0, high.ln_1p()), 6);
        assert_eq!(
            counts(1e300),
            [
                "0",
                "1",
                "10⁵⁰",
                "10¹⁰⁰",
                "10¹⁵⁰",
                "10²⁰⁰",
                "10²⁵⁰",
                "10³⁰⁰"
            ]
        );
    }

    proptest! {
        #[test]
        fn any_range_has_ticks(a in any::<f64>(), b in any::<f64>(), most in 0usize..20) {
            prop_assume!(a.is_finite() && b.is_finite() && a != b);
            sound(Scale::Linear, (a.min(b), a.max(b)), most, 2);
            let (low, high) = (a.abs().min(b.abs()), a.abs().max(b.abs()));
            if low > 0.0 && low.log10() < high.log10() {
                sound(Scale::Log10, (low.log10(), high.log10()), most, 0);
            }
            if low.ln_1p() < high.ln_1p() {
                sound(Scale::Log1p, (low.ln_1p(), high.ln_1p()), most, 0);
            }
        }

        #[test]
        fn neighbouring_numbers_have_ticks(start in any::<f64>(), apart in 1u64..1 << 50, most in 0usize..20) {
            let end = f64::from_bits(start.abs().to_bits().saturating_add(apart));
            prop_assume!(start.is_finite() && end.is_finite());
            sound(Scale::Linear, (start.abs(), end), most, 2);
            sound(Scale::Linear, (-end, -start.abs()), most, 2);
        }

        #[test]
        fn ticks_are_in_range_and_round(start in -1e6..1e6f64, span in 1e-3..1e6f64, most in 3usize..12) {
            let end = start + span;
            let ticks = ticks(Scale::Linear, (start, end), most);
            prop_assert!((2..=most.max(5)).contains(&ticks.len()), "{} ticks", ticks.len());
            let step = ticks[1].position - ticks[0].position;
            let mantissa = step / 10f64.powf(step.log10().floor());
            prop_assert!(
                [1.0, 2.0, 5.0, 10.0].iter().any(|round| (mantissa - round).abs() <= 1e-3),
                "step {step}"
            );
            for tick in &ticks {
                prop_assert!((start..=end).contains(&tick.position));
                let multiple = tick.position / step;
                prop_assert!((multiple - multiple.round()).abs() <= 1e-3 * multiple.abs().max(1.0));
            }
        }
    }
}
