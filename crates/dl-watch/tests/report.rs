//! Reports of real runs, rendered by Chromium if the environment variable `CHROMIUM` names its binary.

#[path = "../examples/shapes/run.rs"]
mod run;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use dl_nn::metrics::ConfusionMatrix;
use dl_nn::ndarray::{Array3, array};
use dl_nn::prelude::*;
use dl_nn::train::MetricValue;
use dl_viz::{Figure, Images, Line, Panel};
use dl_watch::report::{Mistake, Report, ReportError};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The sections of the page of [`run::run`], in order.
const SECTIONS: [&str; 12] = [
    "Results",
    "Learning curves",
    "Confusion matrix",
    "Worst mistakes",
    "Feature maps",
    "Kernels",
    "Many pixels",
    "Model",
    "Configuration",
    "Seeds",
    "Timings",
    "Environment",
];

fn chart() -> Figure {
    Figure::from(Panel::new("Loss").line(Line::steps([0.9, 0.4, 0.3])))
}

/// An image with so many pixels that its SVG is large.
fn many_pixels() -> Figure {
    let pixels = Array3::from_shape_fn((90, 90, 1), |(y, x, _)| (x * y % 17) as f64);
    Figure::from(Panel::new("").images(Images::channels(&pixels))).size(4.0, 4.0)
}

/// The headings of the sections.
fn headings(html: &str) -> Vec<&str> {
    html.split("<h2 ")
        .skip(1)
        .map(|part| {
            part.split_once('>')
                .unwrap()
                .1
                .split_once("</h2>")
                .unwrap()
                .0
        })
        .collect()
}

#[test]
fn only_sections_with_data_appear() {
    assert!(headings(&Report::new("nothing").to_html().unwrap()).is_empty());
    let empty = Report::new("no epochs").history(History::default());
    assert!(headings(&empty.to_html().unwrap()).is_empty());
    let report = Report::new("some")
        .seed("weights", 1)
        .figure("Extra", chart(), "");
    assert_eq!(headings(&report.to_html().unwrap()), ["Extra", "Seeds"]);
}

#[test]
fn a_figure_is_svg_or_if_that_is_too_large_png() {
    let html = |figure| {
        Report::new("")
            .figure("Figure", figure, "what it shows")
            .to_html()
            .unwrap()
    };
    let small = html(chart());
    assert_eq!(
        (small.matches("<svg").count(), small.matches("<img").count()),
        (1, 0)
    );
    let large = html(many_pixels());
    assert_eq!(
        (large.matches("<svg").count(), large.matches("<img").count()),
        (0, 1)
    );
    assert!(large.contains("width=\"400\" height=\"400\" alt=\"what it shows\""));
}

#[test]
fn everything_is_escaped() {
    let evil = "<script>alert('\"&')</script>\u{1b}[31m\0\u{9b}\u{ffff}";
    let matrix = ConfusionMatrix::new(&array![0, 1], &array![0, 0], 2).unwrap();
    let mistakes = Mistake::worst(
        array![[0.9, 0.1]].view(),
        &array![1],
        &[evil, evil],
        Some(
            Array3::<f64>::zeros((2, 2, 1))
                .insert_axis(dl_nn::ndarray::Axis(0))
                .view(),
        ),
        1,
    );
    let history = History {
        stopped: Some(evil.into()),
        ..History::default()
    };
    let html = Report::new(evil)
        .summary(evil)
        .result(evil, evil)
        .configuration(&json!({ evil: [evil] }))
        .setting(evil, evil)
        .seed(evil, 1)
        .history(history)
        .confusion(matrix, [evil, evil])
        .mistakes(mistakes.unwrap())
        .figure(
            evil,
            Figure::from(Panel::new(evil).line(Line::steps([1.0, 2.0]))),
            evil,
        )
        .timing(evil, Duration::from_secs(1))
        .environment(evil, evil)
        .to_html()
        .unwrap();
    assert!(!html.contains("<script"), "{html}");
    assert!(
        html.contains("alt=\"Sample 0, of class &lt;script&gt;alert('&quot;"),
        "{html}"
    );
    assert!(html.matches("&lt;script&gt;").count() > 15);
    // and the page is complete
    assert_eq!(headings(&html).len(), 8);
    assert!(html.ends_with("</html>"));
    assert!(!html.contains(|c: char| c.is_control() && c != '\n'));
    assert!(html.contains("&lt;/script&gt;\u{fffd}[31m\u{fffd}"));
    let elements = well_formed(&html);
    assert!(elements > 100, "{elements}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A history from a file may have any values; only an axis whose span overflows an `f64` is an error.
    #[test]
    fn a_history_of_any_values_has_a_page(
        numbers in prop::collection::vec((any::<usize>(), any::<f64>(), any::<f64>()), 0..4),
        last in prop_oneof![Just(usize::MAX), Just(0)],
    ) {
        let evaluation = |loss, samples| Evaluation { loss, accuracy: Some(loss), samples };
        let last = [(last, 0.5, 1e300)];
        let epochs = numbers.iter().chain(&last).map(|&(number, a, b)| Epoch {
            epoch: number,
            train: evaluation(a, number),
            validation: Some(evaluation(b, number)),
            metrics: vec![MetricValue { name: "AUC".to_owned(), value: a, higher_is_better: true }],
            learning_rate: b,
            seconds: a,
        });
        let history = History { epochs: epochs.collect(), stopped: None };
        match Report::new("any").history(history).to_html() {
            Ok(html) => prop_assert!(html.ends_with("</html>")),
            Err(error) => prop_assert!(error.to_string().ends_with("is too wide"), "{error}"),
        }
    }
}

/// The number of elements of the page, parsed as XML after closing its void elements.
fn well_formed(html: &str) -> usize {
    let page = html.strip_prefix("<!DOCTYPE html>").unwrap();
    let mut xml = String::new();
    for (i, part) in page.split('<').enumerate() {
        if i > 0 {
            xml.push('<');
        }
        let void = ["meta ", "link ", "img "]
            .iter()
            .any(|name| part.starts_with(name));
        match part.split_once('>') {
            Some((tag, text)) if void => xml += &format!("{tag}/>{text}"),
            _ => xml += part,
        }
    }
    let document = roxmltree::Document::parse(&xml).unwrap();
    document
        .descendants()
        .filter(|node| node.is_element())
        .count()
}

#[test]
fn errors_are_reported() {
    let matrix = ConfusionMatrix::new(&array![0, 1], &array![0, 0], 2).unwrap();
    let error = Report::new("")
        .confusion(matrix, ["one"])
        .to_html()
        .unwrap_err();
    assert_eq!(error.to_string(), "1 class names for 2 classes");

    let error = Report::new("")
        .figure("Empty", Figure::new(), "")
        .to_html()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("section `Empty`: the figure has no panel"),
        "{error}"
    );

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("no/report.html");
    let error = Report::new("").save(&path).unwrap_err();
    assert!(matches!(error, ReportError::Io { path: p, .. } if p == path));
}

#[test]
fn a_matrix_of_any_size_is_drawn() {
    for classes in [1, 2, 20, 21, 50] {
        let labels = dl_nn::ndarray::Array1::from_iter(0..classes);
        let matrix = ConfusionMatrix::new(&labels, &labels, classes).unwrap();
        let names = (0..classes).map(|class| format!("class {class} of a very long name"));
        let html = Report::new("").confusion(matrix, names).to_html().unwrap();
        assert!(
            html.contains("<svg") || html.contains("<img"),
            "{classes} classes"
        );
    }
}

#[test]
fn many_classes_and_odd_losses_make_a_page() {
    let labels = dl_nn::ndarray::Array1::from_iter(0..60);
    let matrix = ConfusionMatrix::new(&labels, &labels, 60).unwrap();
    let names = (0..60).map(|class| format!("class {class} of a very long name"));
    let epoch = |epoch: usize, loss: f64| Epoch {
        epoch,
        train: Evaluation {
            loss,
            accuracy: None,
            samples: 1,
        },
        validation: None,
        metrics: Vec::new(),
        learning_rate: 0.0,
        seconds: 0.0,
    };
    let history = History {
        epochs: vec![epoch(0, f64::INFINITY), epoch(1, f64::NAN), epoch(2, 0.0)],
        stopped: None,
    };
    let html = Report::new("")
        .confusion(matrix, names)
        .history(history)
        .to_html()
        .unwrap();
    assert!(html.contains("The 50 of 60 classes with the lowest F1"));
    assert_eq!(
        headings(&html),
        ["Results", "Learning curves", "Confusion matrix", "Timings"]
    );
}

/// A script that inspects the page and writes its findings into it.
const LOOK: &str = r#"<script>
addEventListener("load", () => {
  const images = [...document.images];
  const drawn = element => {
    const { width, height } = element.getBoundingClientRect();
    return width > 40 && height > 40;
  };
  const drawings = [...document.querySelectorAll(".drawing")];
  const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
  const seen = {
    title: document.title,
    headings: [...document.querySelectorAll("h2")].map(heading => heading.textContent),
    links: [...document.querySelectorAll("nav a")].map(link => document.querySelector(link.hash).querySelector("h2").textContent),
    images: images.length,
    images_drawn: images.filter(image => image.naturalWidth > 0 && drawn(image)).length,
    images_described: images.filter(image => image.alt).length,
    drawings: drawings.length,
    drawings_described: drawings.filter(drawing => drawing.ariaLabel || drawing.querySelector("img")?.alt).length,
    svgs: document.querySelectorAll(".drawing svg").length,
    svgs_drawn: [...document.querySelectorAll(".drawing svg")].filter(svg => drawn(svg) && svg.querySelectorAll("path").length > 5).length,
    ids_twice: ids.filter((id, i) => ids.indexOf(id) !== i),
    requests: performance.getEntriesByType("resource").map(entry => entry.name).filter(name => !name.startsWith("data:")),
    too_wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    language: document.documentElement.lang,
  };
  const out = document.createElement("pre");
  out.id = "seen";
  out.textContent = JSON.stringify(seen);
  document.body.append(out);
});
</script>"#;

/// Runs Chromium without a network on a page, and returns its stdout and console messages.
fn chromium(binary: &OsString, page: &Path, options: &[&str]) -> (String, Vec<String>) {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(binary)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
        ])
        .args([
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--enable-logging=stderr",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(options)
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{complaints}");
    let console = complaints.lines().filter(|line| line.contains("CONSOLE"));
    let console = console.map(str::to_owned).collect();
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        console,
    )
}

/// The findings of [`LOOK`] on a page in a window of this width.
fn look(binary: &OsString, html: &str, width: usize) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("looked-at.html");
    // the page forbids scripts
    let (before, after) = html.split_once("<meta http-equiv").unwrap();
    let after = after.split_once('>').unwrap().1;
    fs::write(&page, [before, after, LOOK].concat()).unwrap();
    let window = format!("--window-size={width},900");
    let (dom, console) = chromium(binary, &page, &["--dump-dom", &window]);
    assert!(console.is_empty(), "{console:?}");
    let seen = dom
        .split_once("<pre id=\"seen\">")
        .expect("the look is in the page")
        .1;
    let seen = seen.split_once("</pre>").unwrap().0;
    serde_json::from_str(
        &seen
            .replace("&amp;", "&")
            .replace("&lt;", "<")
            .replace("&gt;", ">"),
    )
    .unwrap()
}

#[test]
fn chromium_shows_the_report_of_a_run() {
    let Some(binary) = std::env::var_os("CHROMIUM") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let report = run::run(dir.path()).unwrap();
    let report = report.figure("Many pixels", many_pixels(), "An image of many pixels");
    let page = dir.path().join("report.html");
    report.save(&page).unwrap();
    let html = fs::read_to_string(&page).unwrap();

    for width in [1400, 500] {
        let seen = look(&binary, &html, width);
        let number = |name: &str| seen[name].as_u64().unwrap();
        assert_eq!(seen["title"], "Four shapes, a small convolutional network");
        assert_eq!(seen["headings"], json!(SECTIONS));
        assert_eq!(seen["links"], seen["headings"]);
        // 3 curves, the matrix, the input and 4 layers' maps, the kernels, the pixels, the epochs' times
        assert_eq!(number("drawings"), 12, "{seen}");
        assert_eq!(number("svgs"), 11, "{seen}");
        assert_eq!(number("drawings_described"), 12, "{seen}");
        let mistakes = html.matches("<li class=\"card\">").count() as u64;
        assert!(mistakes > 0);
        assert_eq!(number("images"), 1 + mistakes, "{seen}");
        assert_eq!(number("svgs_drawn"), number("svgs"), "{seen}");
        assert_eq!(number("images_drawn"), number("images"), "{seen}");
        assert_eq!(number("images_described"), number("images"), "{seen}");
        assert_eq!(seen["ids_twice"], json!([]));
        assert_eq!(seen["requests"], json!([]));
        assert_eq!(seen["too_wide"], 0, "in a window of {width} pixels");
        assert_eq!(seen["language"], "en");
    }

    // the unmodified page, whose policy forbids scripts
    let shot = dir.path().join("shot.png");
    let option = format!("--screenshot={}", shot.display());
    let (_, console) = chromium(&binary, &page, &[&option, "--window-size=1400,2000"]);
    assert!(console.is_empty(), "{console:?}");
    let file = std::io::BufReader::new(fs::File::open(&shot).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let colors: std::collections::HashSet<&[u8]> = pixels.chunks_exact(3).collect();
    assert!(
        colors.len() > 100,
        "a screenshot of {} colours",
        colors.len()
    );
}
