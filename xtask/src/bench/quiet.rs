//! Waits until the machine is otherwise idle.
//!
//! A peer whose threads wait in spin loops becomes many times slower when another program takes one
//! of its cores, and ours does not: on a busy machine the comparison is meaningless.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// How long to observe the machine. Meanwhile, the threads of the side measured before go to sleep:
/// some spin on a core each, waiting for more work.
const WATCHED: Duration = Duration::from_millis(300);

/// The fraction of all cores that others may use.
const ALLOWED: f64 = 0.05;

/// How long to wait for others to finish.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns true once the machine has been idle for a moment, or false if that takes more than a minute.
/// Without /proc/stat, it only waits that moment.
pub(super) fn wait() -> bool {
    let start = Instant::now();
    loop {
        let before = Ticks::now();
        thread::sleep(WATCHED);
        match (before, Ticks::now()) {
            (Some(before), Some(after)) if after.busy_since(before) > ALLOWED => {}
            _ => return true,
        }
        if start.elapsed() > PATIENCE {
            return false;
        }
    }
}

/// How long the machine's cores have worked since it started, in the kernel's ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ticks {
    all: u64,
    idle: u64,
}

impl Ticks {
    fn now() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/stat").ok()?)
    }

    /// proc_stat(5): user, nice, system, idle, waiting for input, interrupts, and stolen by other
    /// virtual machines; what follows is part of the first two.
    fn parse(stat: &str) -> Option<Self> {
        let fields = stat.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Result<Vec<u64>, _> = fields.split_whitespace().map(str::parse).collect();
        let ticks = ticks.ok()?;
        let [_, _, _, idle, waiting, ..] = ticks[..] else {
            return None;
        };
        Some(Self {
            all: ticks.iter().take(8).sum(),
            idle: idle + waiting,
        })
    }

    /// The fraction of all cores' time in which they worked.
    fn busy_since(self, before: Self) -> f64 {
        let all = self.all.saturating_sub(before.all);
        let idle = self.idle.saturating_sub(before.idle);
        1.0 - idle as f64 / all.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_ticks_are_those_not_idle() {
        let before = Ticks::parse("cpu  100 0 50 1000 10 0 0 5 7 0\ncpu0 1 2 3 4\n");
        let before = before.expect("a line of the kernel");
        assert_eq!(
            before,
            Ticks {
                all: 1165,
                idle: 1010
            }
        );
        let after = Ticks::parse("cpu 120 0 50 1030 40 0 0 25 9 0").expect("a line");
        assert_eq!(after.busy_since(before), 0.4);
        assert_eq!(Ticks::parse("intr 5"), None);
        assert_eq!(Ticks::parse("cpu 1 2 3"), None);
    }
}
