//! Signals that ask a program to end while a network is trained: SIGINT (Ctrl-C), SIGTERM, and SIGHUP
//! (the terminal was closed).

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Time to the signal that ends the program at once: `timeout` and others send one twice.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a signal leaves behind.
#[derive(Debug)]
struct Signals {
    /// Set by the first one.
    interrupted: Arc<AtomicBool>,
    /// Whether the next one ends the program at once.
    at_once: Arc<AtomicBool>,
    /// The last one's number, 0 before.
    number: Arc<AtomicUsize>,
    /// What the user is told then.
    advice: String,
}

static SIGNALS: OnceLock<Signals> = OnceLock::new();

/// From now on a signal sets the flag that is returned, for
/// [`Fit::interrupt`](dl_nn::train::Fit::interrupt), and one that comes a second later ends the program.
/// `advice` says how to resume.
///
/// # Errors
/// The system does not let them be caught.
pub(crate) fn catch(advice: String) -> io::Result<&'static AtomicBool> {
    if let Some(signals) = SIGNALS.get() {
        return Ok(&signals.interrupted);
    }
    let signals = Signals {
        interrupted: Arc::default(),
        at_once: Arc::default(),
        number: Arc::default(),
        advice,
    };
    for signal in caught() {
        flag::register_conditional_default(signal, Arc::clone(&signals.at_once))?;
        flag::register(signal, Arc::clone(&signals.interrupted))?;
        let number = usize::try_from(signal).expect("a small positive number");
        flag::register_usize(signal, Arc::clone(&signals.number), number)?;
    }
    let (interrupted, at_once) = (signals.interrupted.clone(), signals.at_once.clone());
    let patience = thread::Builder::new().name("signals".to_owned());
    patience.spawn(move || {
        while !interrupted.load(Ordering::Relaxed) {
            thread::sleep(PATIENCE / 10);
        }
        thread::sleep(PATIENCE);
        at_once.store(true, Ordering::Relaxed);
    })?;
    Ok(&SIGNALS.get_or_init(|| signals).interrupted)
}

/// Those that the program was not started to ignore, as `nohup` does with SIGHUP.
#[cfg(target_os = "linux")]
fn caught() -> Vec<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let ignored = ignored.unwrap_or(0);
    let mut signals = vec![SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
    signals.retain(|signal| ignored >> (signal - 1) & 1 == 0);
    signals
}

#[cfg(not(target_os = "linux"))]
fn caught() -> Vec<i32> {
    vec![SIGINT, SIGTERM]
}

/// From now on a signal ends the program at once: there is nothing more to keep.
pub fn release() {
    if let Some(signals) = SIGNALS.get() {
        signals.at_once.store(true, Ordering::Relaxed);
    }
}

/// How to resume.
pub(crate) fn advice() -> Option<&'static str> {
    SIGNALS.get().map(|signals| signals.advice.as_str())
}

/// The exit status that a shell expects after the signal that was caught: 128 and its number: 129, 130 or
/// 143.
pub(crate) fn exit_status() -> Option<u8> {
    let number = SIGNALS.get()?.number.load(Ordering::Relaxed);
    let number = u8::try_from(number).ok().filter(|&number| number > 0)?;
    Some(128 + number)
}
