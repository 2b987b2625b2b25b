//! Draws the figures of the documentation, or checks that the examples still draw the same ones.

use std::{
    collections::BTreeMap,
    error::Error,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    compare,
    programs::{self, Programs, Record},
};
use examples::println;

/// Draw the figures of docs/src/figures by running the examples
#[derive(Debug, clap::Args)]
pub(crate) struct Figures {
    /// Only the figures of these examples, named as in examples/src/bin
    #[arg(value_name = "NAME", value_parser = programs::known)]
    names: Vec<String>,
    /// Write nothing; fail if a figure is missing, obsolete, or differs by more than rounding
    #[arg(long)]
    check: bool,
    /// Number of examples to run at a time [default: the number of cores]
    #[arg(long, value_name = "N", default_value_t = programs::default_jobs(), hide_default_value = true)]
    jobs: usize,
}

impl Figures {
    pub(crate) fn run(&self) -> Result<(), Box<dyn Error>> {
        let programs = if self.names.is_empty() {
            Programs::build(&programs::names()?)?
        } else {
            Programs::build(&self.names)?
        };
        let names = &programs.drawing();
        if let Some(name) = self.names.iter().find(|name| !names.contains(name)) {
            return Err(format!("example `{name}` draws nothing: it has no option --out").into());
        }
        let draw = |directory: &Path, record| {
            let draw = |name: &str| programs.run(name, directory, record);
            programs::for_each(names, self.jobs, draw)
        };
        let kept = programs::figures();
        if !self.check {
            draw(&kept, Record::Write)?;
            return Ok(());
        }
        let fresh = std::env::temp_dir().join(format!("figures-{}", std::process::id()));
        draw(&fresh, Record::Read)?;
        let problems = differences(&kept, &fresh, self.names.is_empty())?;
        if problems.is_empty() {
            println!("{} figures are as drawn", list(&fresh)?.len());
            fs::remove_dir_all(&fresh)?;
            return Ok(());
        }
        let problems = problems.join("\n  ");
        Err(format!(
            "figures differ from docs/src/figures:\n  {problems}\nas drawn now: {}",
            fresh.display()
        )
        .into())
    }
}

/// The SVG and PNG files of a directory, by name.
fn list(directory: &Path) -> Result<BTreeMap<String, PathBuf>, Box<dyn Error>> {
    let mut files = BTreeMap::new();
    if !directory.exists() {
        return Ok(files);
    }
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let drawn = matches!(
            path.extension().and_then(OsStr::to_str),
            Some("svg" | "png")
        );
        if let (true, Some(name)) = (drawn, path.file_name()) {
            files.insert(name.to_string_lossy().into_owned(), path);
        }
    }
    Ok(files)
}

/// What is missing, obsolete or different in `kept`, one line each. Only a full run can tell what is obsolete.
fn differences(kept: &Path, fresh: &Path, full: bool) -> Result<Vec<String>, Box<dyn Error>> {
    let (old, new) = (list(kept)?, list(fresh)?);
    let mut problems = Vec::new();
    for (name, path) in &new {
        let Some(old_path) = old.get(name) else {
            problems.push(format!("{name}: missing"));
            continue;
        };
        let difference = if name.ends_with(".svg") {
            compare::svg(&fs::read_to_string(old_path)?, &fs::read_to_string(path)?)
        } else {
            compare::png(&fs::read(old_path)?, &fs::read(path)?)
        };
        problems.extend(difference.map(|difference| format!("{name}: {difference}")));
    }
    if full {
        let left_over = old.keys().filter(|name| !new.contains_key(*name));
        problems.extend(left_over.map(|name| format!("{name}: no example draws it")));
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_left_over_and_different_files_are_named() {
        let base = std::env::temp_dir().join(format!("xtask-differences-{}", std::process::id()));
        let (kept, fresh) = (base.join("kept"), base.join("fresh"));
        for directory in [&kept, &fresh] {
            fs::create_dir_all(directory).expect("made");
        }
        let write = |path: PathBuf, text: &str| fs::write(path, text).expect("written");
        write(kept.join("same.svg"), r#"<svg><path d="M 1 2"/></svg>"#);
        write(fresh.join("same.svg"), r#"<svg><path d="M 1 2.1"/></svg>"#);
        write(kept.join("moved.svg"), r#"<svg><path d="M 1 2"/></svg>"#);
        write(fresh.join("moved.svg"), r#"<svg><path d="M 9 2"/></svg>"#);
        write(fresh.join("new.svg"), "<svg/>");
        write(kept.join("old.png"), "");
        write(kept.join("notes.md"), "");
        let problems = |full| differences(&kept, &fresh, full).expect("compared");
        let some = [
            "moved.svg: `<svg><path d=` moved by 8.00 of 0.2 allowed",
            "new.svg: missing",
        ];
        assert_eq!(problems(false), some);
        assert_eq!(
            problems(true),
            [&some[..], &["old.png: no example draws it"]].concat()
        );
        fs::remove_dir_all(&base).expect("removed");
    }
}
