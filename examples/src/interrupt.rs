//! SIGINT (Ctrl-C) and SIGTERM while a network is trained.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// What a signal leaves behind.
#[derive(Debug)]
struct Signals {
    /// Set by the first one; the next one ends the program at once.
    interrupted: Arc<AtomicBool>,
    /// The last one's number, 0 before.
    number: Arc<AtomicUsize>,
    /// What the user is told then.
    advice: String,
}

static SIGNALS: OnceLock<Signals> = OnceLock::new();

/// From now on a signal sets the flag that is returned, for
/// [`Fit::interrupt`](dl_nn::train::Fit::interrupt), and a second one ends the program. `advice` says
/// how to go on.
///
/// # Errors
/// The system does not let them be caught.
pub(crate) fn catch(advice: String) -> std::io::Result<&'static AtomicBool> {
    if let Some(signals) = SIGNALS.get() {
        return Ok(&signals.interrupted);
    }
    let signals = Signals {
        interrupted: Arc::default(),
        number: Arc::default(),
        advice,
    };
    for signal in [SIGINT, SIGTERM] {
        // in this order: the first signal sets the flag that the second one looks at
        flag::register_conditional_default(signal, Arc::clone(&signals.interrupted))?;
        flag::register(signal, Arc::clone(&signals.interrupted))?;
        let number = usize::try_from(signal).expect("a small positive number");
        flag::register_usize(signal, Arc::clone(&signals.number), number)?;
    }
    Ok(&SIGNALS.get_or_init(|| signals).interrupted)
}

/// From now on a signal ends the program at once: there is nothing more to keep.
pub fn release() {
    if let Some(signals) = SIGNALS.get() {
        signals.interrupted.store(true, Ordering::Relaxed);
    }
}

/// How to go on.
pub(crate) fn advice() -> Option<&'static str> {
    SIGNALS.get().map(|signals| signals.advice.as_str())
}

/// The exit status that a shell expects after the signal that was caught: 128 and its number, 130 or
/// 143.
pub(crate) fn exit_status() -> Option<u8> {
    let number = SIGNALS.get()?.number.load(Ordering::Relaxed);
    let number = u8::try_from(number).ok().filter(|&number| number > 0)?;
    Some(128 + number)
}
