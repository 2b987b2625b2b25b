//! The pages of the book, and their problems.

use std::{
    error::Error,
    fmt, fs,
    path::{Component, Path, PathBuf},
};

/// A Markdown file under docs/src.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Page {
    /// Below docs/src, with `/` between the parts.
    pub(super) path: String,
    pub(super) text: String,
}

/// A problem and its location.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    pub(super) page: String,
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "docs/src/{}:{}: {}", self.page, self.line, self.message)
    }
}

impl Page {
    /// A problem at a line, counted from 0.
    pub(super) fn at_line(&self, line: usize, message: impl Into<String>) -> Problem {
        Problem {
            page: self.path.clone(),
            line: line + 1,
            message: message.into(),
        }
    }

    /// A problem at a byte of the text.
    pub(super) fn at(&self, offset: usize, message: impl Into<String>) -> Problem {
        let line = self.text[..offset].matches('\n').count();
        self.at_line(line, message)
    }

    /// The target of a relative link of this page, below docs/src; `None` if it is outside.
    pub(super) fn resolve(&self, link: &str) -> Option<PathBuf> {
        let mut path = PathBuf::new();
        let from = Path::new(&self.path).parent()?;
        for component in from.join(link).components() {
            match component {
                Component::Normal(part) => path.push(part),
                Component::CurDir => {}
                Component::ParentDir if path.pop() => {}
                _ => return None,
            }
        }
        Some(path)
    }
}

/// Every page, by path.
pub(super) fn read_all(source: &Path) -> Result<Vec<Page>, Box<dyn Error>> {
    let mut pages = Vec::new();
    let mut folders = vec![source.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let below = path.strip_prefix(source)?;
                pages.push(Page {
                    path: below.to_string_lossy().replace('\\', "/"),
                    text: fs::read_to_string(&path)?,
                });
            }
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(pages)
}

/// A page for a test.
#[cfg(test)]
pub(super) fn page(path: &str, text: &str) -> Page {
    Page {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_resolved_below_the_source() {
        let page = page("iris/README.md", "");
        let resolved = |link| {
            page.resolve(link)
                .map(|path| path.to_string_lossy().into_owned())
        };
        assert_eq!(
            resolved("../figures/a.svg").as_deref(),
            Some("figures/a.svg")
        );
        assert_eq!(resolved("./pca.md").as_deref(), Some("iris/pca.md"));
        assert_eq!(resolved("../../architecture.md"), None);
        assert_eq!(resolved("/etc/passwd"), None);
    }

    #[test]
    fn a_problem_names_page_and_line() {
        let page = page("a.md", "one\ntwo\nthree");
        assert_eq!(page.at(4, "no").to_string(), "docs/src/a.md:2: no");
        assert_eq!(page.at_line(2, "no").to_string(), "docs/src/a.md:3: no");
    }
}
