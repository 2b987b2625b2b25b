//! What a run of cargo costs.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

/// The kernel's ticks a second in /proc, the same on all of Linux's common architectures.
const TICKS: f64 = 100.0;

/// Seconds and crates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    /// Of all cores together, in cargo and what it started. `None` where there is no /proc: known on Linux alone.
    pub(super) cpu: Option<f64>,
    /// From start to end.
    pub(super) wall: f64,
    /// That were compiled.
    pub(super) crates: usize,
}

impl Cost {
    /// Runs cargo.
    pub(super) fn measure(command: &mut Command) -> Result<Self, String> {
        command.args(["--quiet", "--message-format=json-render-diagnostics"]);
        command.stderr(Stdio::inherit());
        let (before, start) = (ended_children(), Instant::now());
        let output = command
            .output()
            .map_err(|error| format!("cargo: {error}"))?;
        let wall = start.elapsed().as_secs_f64();
        let cpu = ended_children()
            .zip(before)
            .map(|(after, before)| after - before);
        if !output.status.success() {
            return Err(format!("cargo failed ({})", output.status));
        }
        let crates = compiled(&String::from_utf8_lossy(&output.stdout));
        Ok(Self { cpu, wall, crates })
    }
}

/// The processor's seconds of all processes that this one has started and waited for, and of those they waited for.
fn ended_children() -> Option<f64> {
    parse(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// proc_pid_stat(5): the name in brackets may contain anything; `cutime` and `cstime` are the 16th and 17th field.
fn parse(stat: &str) -> Option<f64> {
    let (_, from_third) = stat.rsplit_once(')')?;
    let mut fields = from_third.split_whitespace().skip(16 - 3);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

/// The packages that cargo's messages, one JSON object a line, say were compiled. A program's lines may stand between.
fn compiled(messages: &str) -> usize {
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let compiled = messages.filter(|message| message["fresh"] == false);
    let packages = compiled.filter_map(|message| Some(message["package_id"].as_str()?.to_owned()));
    packages.collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_two_fields_of_a_process() {
        let stat = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 1100 120 12345 55 20 0 1 0 77";
        assert_eq!(parse(stat), Some(124.0));
        assert_eq!(parse("42 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13"), None);
        assert_eq!(parse("42 a S"), None);
    }

    #[test]
    fn a_package_is_counted_once_if_it_was_compiled() {
        let messages = r#"{"reason":"compiler-artifact","package_id":"a 1","target":{"kind":["custom-build"]},"fresh":false}
{"reason":"build-script-executed","package_id":"c 1"}
{"reason":"compiler-artifact","package_id":"a 1","target":{"kind":["lib"]},"fresh":false}
{"reason":"compiler-artifact","package_id":"b 1","target":{"kind":["lib"]},"fresh":true}
test accuracy 0.9667
7
{"reason":"compiler-artifact","package_id":"d 1","target":{"kind":["bin"]},"fresh":false}
{"reason":"build-finished","success":true}"#;
        assert_eq!(compiled(messages), 2);
    }
}
