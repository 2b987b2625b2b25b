//! The tables of what was measured.

use super::{Cost, Profile};

/// A build.
#[derive(Debug)]
pub(super) struct Row {
    what: String,
    profile: Profile,
    cost: Cost,
}

impl Row {
    pub(super) fn new(what: &str, profile: Profile, cost: Cost) -> Self {
        let what = what.to_owned();
        Self {
            what,
            profile,
            cost,
        }
    }
}

/// How fast the user's network learns.
#[derive(Debug)]
pub(super) struct Speed {
    mode: &'static str,
    images_per_second: f64,
}

impl Speed {
    pub(super) fn new(mode: &'static str, images_per_second: f64) -> Self {
        Self {
            mode,
            images_per_second,
        }
    }
}

/// What the builds cost.
pub(super) fn costs(rows: &[Row]) -> String {
    let mut lines = vec![
        "| build | profile | seconds of CPU | seconds | crates compiled |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    for Row {
        what,
        profile,
        cost,
    } in rows
    {
        let cpu = cost.cpu.map_or("-".into(), |cpu| format!("{cpu:.1}"));
        let (profile, wall, crates) = (profile.name(), cost.wall, cost.crates);
        lines.push(format!(
            "| {what} | {profile} | {cpu} | {wall:.1} | {crates} |"
        ));
    }
    lines.join("\n")
}

/// How fast it trains.
pub(super) fn speeds(speeds: &[Speed]) -> String {
    let mut lines = vec![
        "| the user's network | images/s trained |".to_owned(),
        "|---|---|".to_owned(),
    ];
    for Speed {
        mode,
        images_per_second,
    } in speeds
    {
        lines.push(format!("| {mode} | {images_per_second:.0} |"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each_build_and_each_mode() {
        let cost = Cost {
            cpu: Some(12.345),
            wall: 6.0,
            crates: 47,
        };
        let elsewhere = Cost { cpu: None, ..cost };
        let rows = [
            Row::new("`a`", Profile::Release, cost),
            Row::new("`b`, a line changed", Profile::Debug, elsewhere),
        ];
        assert_eq!(
            costs(&rows),
            "| build | profile | seconds of CPU | seconds | crates compiled |\n\
             |---|---|---|---|---|\n\
             | `a` | release | 12.3 | 6.0 | 47 |\n\
             | `b`, a line changed | debug | - | 6.0 | 47 |"
        );
        assert_eq!(
            speeds(&[Speed::new("release", 12345.6)]),
            "| the user's network | images/s trained |\n|---|---|\n| release | 12346 |"
        );
    }
}
