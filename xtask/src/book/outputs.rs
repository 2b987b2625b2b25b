//! The output of the programs.

use std::{collections::BTreeMap, error::Error};

use super::item::begins;
use crate::programs::{self, Programs, Record};

/// The lines of each program that ran.
#[derive(Debug, Default)]
pub(super) struct Outputs(BTreeMap<String, Vec<String>>);

impl Outputs {
    /// Runs the programs without `--quick`. Those that train for a long time replay their record.
    pub(super) fn run(names: &[String], jobs: usize) -> Result<Self, Box<dyn Error>> {
        // a page that names another is told so where it does
        let known = |name: &&String| programs::known(name).is_ok();
        let names: Vec<String> = names.iter().filter(known).cloned().collect();
        let programs = Programs::build(&names)?;
        let names = programs.drawing();
        let folder = std::env::temp_dir().join(format!("book-{}", std::process::id()));
        let run = |name: &str| programs.run(name, &folder, Record::Read);
        let texts = programs::for_each(&names, jobs, run);
        std::fs::remove_dir_all(&folder).ok();
        let mut outputs = Self::default();
        for (name, text) in names.iter().zip(texts?) {
            outputs.insert(name, &text);
        }
        Ok(outputs)
    }

    /// Lines about written files are not part of a program's output.
    pub(super) fn insert(&mut self, name: &str, text: &str) {
        let lines = text.lines().map(str::trim_end);
        let kept = lines.filter(|line| {
            !line.starts_with("wrote ") && !line.starts_with("nothing is trained: ")
        });
        self.0
            .insert(name.to_owned(), kept.map(str::to_owned).collect());
    }

    fn lines(&self, name: &str) -> Result<&[String], String> {
        let lines = self.0.get(name).ok_or_else(|| {
            format!("`{name}` is no program in examples/src/bin with the option --out")
        })?;
        Ok(lines)
    }

    /// The text after the label in the only line that starts with it; the number of spaces between words is ignored.
    pub(super) fn after(&self, name: &str, label: &str) -> Result<String, String> {
        let label = words(label);
        let lines = self.lines(name)?.iter().map(|line| words(line));
        let found: Vec<String> = lines.filter(|line| begins(line, &label)).collect();
        match &found[..] {
            [line] => Ok(line[label.len()..].trim().to_owned()),
            [] => Err(format!(
                "`{name}` prints no line that starts with `{label}`"
            )),
            _ => Err(format!(
                "`{name}` prints {} lines that start with `{label}`",
                found.len()
            )),
        }
    }

    /// The lines from the one that starts with `first` to the next that starts with `last`.
    pub(super) fn block(&self, name: &str, first: &str, last: &str) -> Result<String, String> {
        let lines = self.lines(name)?;
        let find = |lines: &[String], start: &str| {
            let start = words(start);
            let mut found = (0..lines.len()).filter(|&i| begins(&words(&lines[i]), &start));
            let line = found.next();
            line.map(|line| (line, found.count()))
                .ok_or_else(|| format!("`{name}` prints no line that starts with `{start}`"))
        };
        let (begin, more) = find(lines, first)?;
        if more > 0 {
            let count = more + 1;
            return Err(format!(
                "`{name}` prints {count} lines that start with `{first}`"
            ));
        }
        let (length, _) = find(&lines[begin..], last)?;
        Ok(lines[begin..=begin + length].join("\n"))
    }
}

fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs() -> Outputs {
        let mut outputs = Outputs::default();
        let text = "coin\n  fair coin     0.693 nats\n  fair coins  1.386\nepoch 1   2.0\nepoch 10  1.0\n\
                    epoch 10  0.9\nwrote /tmp/coin.svg\n";
        outputs.insert("entropy", text);
        outputs
    }

    #[test]
    fn a_label_finds_its_line() {
        let outputs = outputs();
        assert_eq!(
            outputs.after("entropy", "fair coin"),
            Ok("0.693 nats".to_owned())
        );
        assert_eq!(outputs.after("entropy", "epoch 1"), Ok("2.0".to_owned()));
    }

    #[test]
    fn no_line_two_lines_and_no_program_are_errors() {
        let outputs = outputs();
        for (name, label, message) in [
            (
                "entropy",
                "unfair coin",
                "`entropy` prints no line that starts with `unfair coin`",
            ),
            (
                "entropy",
                "epoch",
                "`entropy` prints 3 lines that start with `epoch`",
            ),
            (
                "entropy",
                "wrote",
                "`entropy` prints no line that starts with `wrote`",
            ),
            (
                "losses",
                "mse",
                "`losses` is no program in examples/src/bin with the option --out",
            ),
        ] {
            assert_eq!(outputs.after(name, label), Err(message.to_owned()));
            assert_eq!(outputs.block(name, label, label), Err(message.to_owned()));
        }
    }

    #[test]
    fn a_block_goes_from_line_to_line() {
        let outputs = outputs();
        let block = |first, last| outputs.block("entropy", first, last);
        assert_eq!(
            block("coin", "fair coins").expect("there").lines().count(),
            3
        );
        assert_eq!(block("epoch 1", "epoch 1").expect("there"), "epoch 1   2.0");
        assert!(
            block("epoch 1", "coin").is_err(),
            "the last line is looked for after the first"
        );
    }
}
