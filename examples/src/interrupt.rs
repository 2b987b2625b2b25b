//! Signals that ask a program to end while it trains a network: SIGINT (Ctrl-C), SIGTERM, and SIGHUP
//! (the terminal was closed).

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Time until a further signal ends the program at once: `timeout` and others send each one twice.
const PATIENCE: Duration = Duration::from_secs(1);

/// State set by signals.
#[derive(Debug)]
struct Signals {
    /// Set by the first signal.
    interrupted: Arc<AtomicBool>,
    /// Whether the next signal ends the program at once.
    at_once: Arc<AtomicBool>,
    /// The number of the last signal, or 0.
    number: Arc<AtomicUsize>,
    /// The message for the user.
    advice: String,
}

static SIGNALS: OnceLock<Signals> = OnceLock::new();

/// From now on, a signal sets the returned flag, for
/// [`Fit::interrupt`](dl_nn::train::Fit::interrupt), and another one after a second ends the program.
/// `advice` says how to resume.
///
/// # Errors
/// The system does not allow catching signals.
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

/// The signals to catch: not those that the program was started to ignore, such as SIGHUP by `nohup`.
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

/// From now on, a signal ends the program at once, since everything has been saved.
pub fn release() {
    if let Some(signals) = SIGNALS.get() {
        signals.at_once.store(true, Ordering::Relaxed);
    }
}

/// How to resume.
pub(crate) fn advice() -> Option<&'static str> {
    SIGNALS.get().map(|signals| signals.advice.as_str())
}

/// The exit status that a shell expects after the caught signal, 128 plus its number: 129, 130 or 143.
pub(crate) fn exit_status() -> Option<u8> {
    let number = SIGNALS.get()?.number.load(Ordering::Relaxed);
    let number = u8::try_from(number).ok().filter(|&number| number > 0)?;
    Some(128 + number)
}
