//! Standard output, which may be closed or full.
//!
//! What a program has trained must not be lost because nobody reads what it prints: `| head -1` has
//! seen enough, a disk is full. Standard's `println!` panics there; the one of this crate prints no more,
//! and the program goes on.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, PoisonError};

use dl_core::text::escaped;

/// Why nothing is printed any more.
static ENDED: Mutex<Option<io::Error>> = Mutex::new(None);

/// As the standard library's `println!`; where nothing can be printed any more, the program goes on,
/// and [`finish`](crate::finish) tells why.
#[macro_export]
macro_rules! println {
    () => {
        $crate::println!("")
    };
    ($($text:tt)*) => {
        $crate::output::print_line(format_args!($($text)*))
    };
}

/// Prints a line, unless an earlier one could not be printed.
#[doc(hidden)]
pub fn print_line(text: fmt::Arguments<'_>) {
    let mut ended = ENDED.lock().unwrap_or_else(PoisonError::into_inner);
    if ended.is_none() {
        *ended = writeln!(io::stdout(), "{}", safe(&text.to_string())).err();
    }
}

/// A text whose lines have nothing in them that a terminal would obey: names of files, classes and columns
/// come from outside.
pub(crate) fn safe(text: &str) -> String {
    let lines = text.split('\n').map(|line| escaped(line).to_string());
    lines.collect::<Vec<_>>().join("\n")
}

/// Prints what is left, and gives the error that ended the output; none where its reader closed it,
/// who had seen enough.
pub(crate) fn close() -> Result<(), io::Error> {
    let ended = ENDED.lock().unwrap_or_else(PoisonError::into_inner).take();
    let result = ended.map_or_else(|| io::stdout().flush(), Err);
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
