//! Formats numbers for readers.

use std::time::Duration;

/// Four significant digits, with an exponent where there would be many zeros.
pub(super) fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    if !(1e-4..1e6).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let before_point = magnitude.log10().floor() as i32 + 1;
    format!("{value:.*}", (4 - before_point).clamp(0, 7) as usize)
}

/// A fraction in per cent.
pub(super) fn percent(fraction: f64) -> String {
    format!("{:.2} %", 100.0 * fraction)
}

/// An integer with a thin space before each group of three digits.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A duration in its two largest units: `1 h 02 min`, `3.20 s`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let whole = seconds.round() as u64;
    match whole {
        3600.. => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
        60.. => format!("{} min {:02} s", whole / 60, whole % 60),
        _ if seconds >= 1.0 => format!("{seconds:.2} s"),
        _ if seconds >= 1e-3 => format!("{:.1} ms", 1e3 * seconds),
        _ => format!("{:.1} µs", 1e6 * seconds),
    }
}

/// A shape: `28 × 28 × 1`.
pub(super) fn shape(shape: &[usize]) -> String {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    sides.join(" × ")
}

/// Bytes in binary units.
pub(super) fn bytes(number: usize) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let mut value = number as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        let numbers = [
            0.0,
            0.034_56,
            1.0,
            12.345_6,
            123_456.0,
            1.5e-7,
            -2e9,
            f64::NAN,
        ];
        let expected = [
            "0", "0.03456", "1.000", "12.35", "123456", "1.500e-7", "-2.000e9", "NaN",
        ];
        assert_eq!(numbers.map(number), expected);
        assert_eq!(percent(0.973_26), "97.33 %");
        assert_eq!(thousands(1_093_322), "1\u{202f}093\u{202f}322");
        assert_eq!(shape(&[28, 28, 1]), "28 × 28 × 1");
        assert_eq!(
            [512, 1536, 3 << 30].map(bytes),
            ["512 B", "1.5 KiB", "3.0 GiB"]
        );
    }

    #[test]
    fn times_have_two_units() {
        let times = [3725.0, 61.6, 59.99, 3.2, 0.0456, 1.2e-5].map(Duration::from_secs_f64);
        let expected = [
            "1 h 02 min",
            "1 min 02 s",
            "1 min 00 s",
            "3.20 s",
            "45.6 ms",
            "12.0 µs",
        ];
        assert_eq!(times.map(duration), expected);
    }
}
