//! Fills in and checks the book's code, outputs and numbers, and converts its pages to HTML.

mod captions;
mod directives;
mod fill;
mod formulas;
mod html;
mod item;
mod links;
mod markdown;
mod numbers;
mod outputs;
mod page;

use std::{
    collections::BTreeSet,
    error::Error,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::programs::{self, root};
use examples::println;
use outputs::Outputs;
use page::{Page, Problem};

/// Fill in the code and the outputs on the book's pages, check its numbers and links, and build it in target/book
#[derive(Debug, clap::Args)]
pub(crate) struct Book {
    /// Change no page; fail if code or output is out of date
    #[arg(long)]
    check: bool,
    /// Open the built book in a browser
    #[arg(long)]
    open: bool,
    /// Number of examples to run at a time [default: the number of cores]
    #[arg(long, value_name = "N", default_value_t = programs::default_jobs(), hide_default_value = true)]
    jobs: usize,
}

impl Book {
    pub(crate) fn run(&self) -> Result<(), Box<dyn Error>> {
        let source = root().join("docs").join("src");
        let mut pages = page::read_all(&source)?;
        let outputs = Outputs::run(&programs_of(&pages), self.jobs)?;
        let mut problems = Vec::new();
        for page in &mut pages {
            problems.extend(self.filled_and_checked(page, &outputs, &source)?);
        }
        problems.extend(links::check(&pages, &source));
        let mut rendered = Vec::new();
        for page in &pages {
            match formulas::render(page) {
                Ok(text) => rendered.push(captions::shown(&Page {
                    path: page.path.clone(),
                    text,
                })),
                Err(found) => problems.extend(found),
            }
        }
        for name in links::unused(&pages, &source) {
            println!("warning: no page shows the figure {name}");
        }
        if !problems.is_empty() {
            return Err(listed(problems).into());
        }
        let built = root().join("target").join("book");
        html::build(&root().join("docs"), &built, &rendered)?;
        println!("{} pages in {}", pages.len() - 1, built.display());
        if self.open {
            open(&built.join("index.html"))?;
        }
        Ok(())
    }

    /// Fills in the blocks of a page, or checks that they are up to date, and checks its numbers.
    fn filled_and_checked(
        &self,
        page: &mut Page,
        outputs: &Outputs,
        source: &Path,
    ) -> Result<Vec<Problem>, Box<dyn Error>> {
        let (directives, mut problems) = directives::find(page);
        let filled = fill::fill(page, &directives, outputs, read);
        problems.extend(filled.problems);
        problems.extend(numbers::check(page, &directives, outputs));
        if self.check {
            problems.extend(filled.stale);
        } else if !filled.stale.is_empty() {
            println!("filled in docs/src/{}", page.path);
            dl_fs::write(source.join(&page.path), filled.text.as_bytes())?;
            page.text = filled.text;
        }
        Ok(problems)
    }
}

/// The programs whose output the pages name.
fn programs_of(pages: &[Page]) -> Vec<String> {
    let directives = pages.iter().flat_map(|page| directives::find(page).0);
    let programs: BTreeSet<String> = directives
        .filter_map(|placed| placed.directive.program().map(str::to_owned))
        .collect();
    programs.into_iter().collect()
}

/// A file of the repository.
fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))
}

fn listed(mut problems: Vec<Problem>) -> String {
    problems.sort_by(|a, b| (&a.page, a.line).cmp(&(&b.page, b.line)));
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    format!("the book has problems:\n  {}", lines.join("\n  "))
}

/// Opens a file with the system's default program.
fn open(path: &Path) -> Result<(), String> {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let opened = Command::new(program)
        .arg(path)
        .stderr(Stdio::null())
        .spawn();
    opened
        .map(drop)
        .map_err(|error| format!("{program}: {error}"))
}
