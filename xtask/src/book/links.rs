//! Checks that links have targets, images exist and have descriptions, and the summary lists every page.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use pulldown_cmark::{Event, Tag, TagEnd};

use super::{
    markdown::events,
    page::{Page, Problem},
};

/// The table of contents.
const SUMMARY: &str = "SUMMARY.md";

/// All problems of the links and images of the pages under `source`.
pub(super) fn check(pages: &[Page], source: &Path) -> Vec<Problem> {
    let anchors: BTreeMap<&str, BTreeSet<String>> = pages
        .iter()
        .map(|page| (page.path.as_str(), anchors(page)))
        .collect();
    let mut problems = Vec::new();
    for page in pages {
        for link in links(page) {
            let message = match target(page, &link.to) {
                Target::Elsewhere => None,
                Target::Outside => Some(format!("the link `{}` leads out of the book", link.to)),
                Target::Inside { path, anchor } => {
                    if !source.join(&path).is_file() {
                        Some(format!("`{}` is not there", link.to))
                    } else if let Some(anchors) = anchors.get(path.as_str()) {
                        let missing = anchor.filter(|anchor| !anchors.contains(anchor));
                        missing.map(|anchor| format!("`{path}` has no heading `#{anchor}`"))
                    } else {
                        None
                    }
                }
            };
            problems.extend(message.map(|message| page.at(link.offset, message)));
            if link.description.is_some_and(|text| text.trim().is_empty()) {
                problems.push(page.at(
                    link.offset,
                    format!("the image `{}` has no description", link.to),
                ));
            }
        }
    }
    problems.extend(summary(pages));
    problems
}

/// The images under figures/ that no page shows, by name.
pub(super) fn unused(pages: &[Page], source: &Path) -> Vec<String> {
    let used: BTreeSet<String> = pages
        .iter()
        .flat_map(|page| {
            links(page)
                .into_iter()
                .filter_map(|link| stem(&target(page, &link.to).inside()?))
        })
        .collect();
    let files = fs::read_dir(source.join("figures"))
        .into_iter()
        .flatten()
        .flatten();
    let figures = files.filter(|entry| entry.path().is_file());
    let names: BTreeSet<String> = figures
        .filter_map(|entry| stem(&format!("figures/{}", entry.file_name().to_string_lossy())))
        .collect();
    names.difference(&used).cloned().collect()
}

/// The name of a figure, whatever its format.
fn stem(path: &str) -> Option<String> {
    let name = path.strip_prefix("figures/")?;
    Some(name.rsplit_once('.')?.0.to_owned())
}

/// Checks that the summary lists every page once, and nothing else.
fn summary(pages: &[Page]) -> Vec<Problem> {
    let whole = |message: String| Problem {
        page: SUMMARY.to_owned(),
        line: 1,
        message,
    };
    let Some(summary) = pages.iter().find(|page| page.path == SUMMARY) else {
        return vec![whole("is not there".to_owned())];
    };
    let (mut problems, mut listed) = (Vec::new(), BTreeSet::new());
    for link in links(summary) {
        let Some(path) = target(summary, &link.to).inside() else {
            problems.push(summary.at(link.offset, format!("`{}` is no page of the book", link.to)));
            continue;
        };
        if !listed.insert(path) {
            problems.push(summary.at(link.offset, format!("`{}` is listed twice", link.to)));
        }
    }
    let others = pages.iter().filter(|page| page.path != SUMMARY);
    let unlisted = others.filter(|page| !listed.contains(&page.path));
    problems.extend(unlisted.map(|page| whole(format!("does not list `{}`", page.path))));
    problems
}

struct Link {
    offset: usize,
    to: String,
    /// Of an image.
    description: Option<String>,
}

fn links(page: &Page) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut in_image = false;
    for (event, range) in events(&page.text) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => links.push(Link {
                offset: range.start,
                to: dest_url.to_string(),
                description: None,
            }),
            Event::Start(Tag::Image { dest_url, .. }) => {
                in_image = true;
                links.push(Link {
                    offset: range.start,
                    to: dest_url.to_string(),
                    description: Some(String::new()),
                });
            }
            Event::End(TagEnd::Image) => in_image = false,
            Event::Text(text) | Event::Code(text) if in_image => {
                let description = links.last_mut().and_then(|link| link.description.as_mut());
                description.expect("pushed at the start").push_str(&text);
            }
            _ => {}
        }
    }
    links
}

enum Target {
    /// A file of the book, below docs/src, and a heading of it.
    Inside {
        path: String,
        anchor: Option<String>,
    },
    /// A path elsewhere in the repository, which does not exist in the built book.
    Outside,
    /// The web.
    Elsewhere,
}

impl Target {
    fn inside(self) -> Option<String> {
        match self {
            Self::Inside { path, .. } => Some(path),
            _ => None,
        }
    }
}

fn target(page: &Page, link: &str) -> Target {
    if ["http://", "https://", "mailto:"]
        .iter()
        .any(|scheme| link.starts_with(scheme))
    {
        return Target::Elsewhere;
    }
    let (path, anchor) = match link.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor.to_owned())),
        None => (link, None),
    };
    if path.is_empty() {
        let path = page.path.clone();
        return Target::Inside { path, anchor };
    }
    match page.resolve(path) {
        Some(path) => Target::Inside {
            path: path.to_string_lossy().replace('\\', "/"),
            anchor,
        },
        None => Target::Outside,
    }
}

/// The names by which the headings of a page are linked to, as mdBook makes them.
fn anchors(page: &Page) -> BTreeSet<String> {
    let (mut anchors, mut heading) = (BTreeSet::new(), None);
    for (event, _) in events(&page.text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                anchors.extend(heading.take().map(|text| anchor(&text)))
            }
            _ => {}
        }
    }
    anchors
}

fn anchor(heading: &str) -> String {
    let name = heading.trim().to_lowercase();
    let kept = name.chars().filter_map(|c| match c {
        c if c.is_whitespace() => Some('-'),
        c => (c.is_alphanumeric() || matches!(c, '_' | '-')).then_some(c),
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::page::page;

    /// The pages written to a folder of their own beside a figure, and what is wrong with them.
    fn checked(pages: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().expect("made");
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        write("figures/a.svg", "<svg/>");
        write("figures/b.png", "");
        write("figures/records/c.json", "");
        pages.iter().for_each(|(path, text)| write(path, text));
        let pages: Vec<Page> = pages.iter().map(|(path, text)| page(path, text)).collect();
        let problems = check(&pages, folder.path())
            .iter()
            .map(ToString::to_string)
            .collect();
        (problems, unused(&pages, folder.path()))
    }

    const SUMMARY: (&str, &str) = (
        "SUMMARY.md",
        "# Summary\n\n[Start](README.md)\n\n- [One](one/a.md)\n",
    );

    #[test]
    fn a_whole_book_has_no_problems() {
        let (problems, unused) = checked(&[
            SUMMARY,
            (
                "README.md",
                "# Start\n\n[one](one/a.md#the-code-of-one), [web](https://example.org/a)\n",
            ),
            (
                "one/a.md",
                "# One\n\n## The `code` of one\n\n![A](../figures/a.svg) [up](../README.md) [code](#one)\n",
            ),
        ]);
        assert_eq!(problems, [""; 0]);
        assert_eq!(unused, ["b"]);
    }

    #[test]
    fn broken_links_and_images_are_named() {
        let (problems, _) = checked(&[
            SUMMARY,
            (
                "README.md",
                "# Start\n\n[one](one/b.md)\n[two](one/a.md#two)\n[out](../../README.md)\n",
            ),
            (
                "one/a.md",
                "# One\n\n![A](../figures/c.svg)\n![](../figures/a.svg)\n`[x](y.md)`\n",
            ),
        ]);
        assert_eq!(
            problems,
            [
                "docs/src/README.md:3: `one/b.md` is not there",
                "docs/src/README.md:4: `one/a.md` has no heading `#two`",
                "docs/src/README.md:5: the link `../../README.md` leads out of the book",
                "docs/src/one/a.md:3: `../figures/c.svg` is not there",
                "docs/src/one/a.md:4: the image `../figures/a.svg` has no description",
            ]
        );
    }

    #[test]
    fn the_summary_lists_every_page_once() {
        let summary = "# Summary\n\n[Start](README.md)\n\n- [One](one/a.md)\n- [Again](one/a.md)\n";
        let pages = [
            ("SUMMARY.md", summary),
            ("README.md", "# Start\n"),
            ("two.md", "# Two\n"),
        ];
        let (problems, _) = checked(&pages);
        assert_eq!(
            problems,
            [
                "docs/src/SUMMARY.md:5: `one/a.md` is not there",
                "docs/src/SUMMARY.md:6: `one/a.md` is not there",
                "docs/src/SUMMARY.md:6: `one/a.md` is listed twice",
                "docs/src/SUMMARY.md:1: does not list `two.md`",
            ]
        );
        let (problems, _) = checked(&[("README.md", "# Start\n")]);
        assert_eq!(problems, ["docs/src/SUMMARY.md:1: is not there"]);
    }
}
