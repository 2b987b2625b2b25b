//! Dates as numbers.

/// Days since 1970-01-01 of `YYYY-MM-DD`, with a fraction for a time (`THH:MM` or `THH:MM:SS`, or a space for T). `None`
/// if the text is something else, or a day that no month has.
pub(super) fn days(text: &str) -> Option<f64> {
    let text = text.trim();
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, fraction(time)?),
        None => (text, 0.0),
    };
    let mut parts = date.split('-');
    let mut part = |digits| number(parts.next()?, digits);
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    let exists = (1..=12).contains(&month) && (1..=month_length(year, month)).contains(&day);
    let is_date = parts.next().is_none() && exists;
    is_date.then(|| day_number(year, month, day) as f64 + time)
}

/// The time of day in days.
fn fraction(time: &str) -> Option<f64> {
    let mut parts = time.split(':');
    let (hours, minutes) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let seconds = parts.next().map_or(Some(0), |seconds| number(seconds, 2))?;
    let is_time = hours < 24 && minutes < 60 && seconds < 60 && parts.next().is_none();
    is_time.then(|| f64::from((hours * 60 + minutes) * 60 + seconds) / 86_400.0)
}

/// A number of so many digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400)
}

fn month_length(year: u32, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01, in the Gregorian calendar.
fn day_number(year: u32, month: u32, day: u32) -> i64 {
    /// Days from 0000-01-01 to 1970-01-01.
    const EPOCH: i64 = 719_528;
    let before = i64::from(year) - 1;
    // the year 0 is a leap year, and the years before `year` have one leap day in four, but for three in 400 years
    let leap_days = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) + 1;
    let days_of_year: u32 = (1..month).map(|month| month_length(year, month)).sum();
    i64::from(year) * 365 + leap_days + i64::from(days_of_year + day) - 1 - EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of Python's `date.toordinal() - 719163`, and of its `timestamp() / 86400`.
    #[test]
    fn dates_are_numbers_of_days() {
        for (text, expected) in [
            ("1970-01-01", 0.0),
            ("1969-12-31", -1.0),
            ("2000-02-29", 11_016.0),
            ("2000-03-01", 11_017.0),
            ("2024-01-31", 19_753.0),
            ("1900-03-01", -25_508.0),
            ("0001-01-01", -719_162.0),
            ("9999-12-31", 2_932_896.0),
            ("1970-01-02T12:00", 1.5),
            (" 1970-01-02 18:00:00 ", 1.75),
        ] {
            assert_eq!(days(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn each_day_is_one_after_the_day_before() {
        let mut expected = days("1899-12-31").unwrap();
        for year in 1900..2101 {
            for month in 1..=12 {
                for day in 1..=month_length(year, month) {
                    expected += 1.0;
                    let text = format!("{year:04}-{month:02}-{day:02}");
                    assert_eq!(days(&text), Some(expected), "{text}");
                }
            }
        }
    }

    #[test]
    fn other_texts_are_no_dates() {
        for text in [
            "",
            "2024",
            "2024-1-31",
            "2024-13-01",
            "2024-00-01",
            "2023-02-29",
            "1900-02-29",
            "2024-04-31",
            "2024-04-00",
            "31.01.2024",
            "2024-01-31-01",
            "2024-01-31T",
            "2024-01-31T24:00",
            "2024-01-31T12:60",
            "2024-01-31T12:00:00Z",
            "2024-01-31T1:00",
            "+024-01-31",
        ] {
            assert_eq!(days(text), None, "{text}");
        }
    }
}
