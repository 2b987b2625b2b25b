//! Answers for files that a network has never seen: rows of a table, or pictures.
//!
//! What a program of the course saved with `--save` holds the network, and what goes before and
//! after it: scaler, projection, the names of the classes. So the rows are raw, in their own units,
//! and the pictures are pictures.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use dl_core::text::{shown, shown_path};
use dl_io::Bundle;
use examples::picture::read_picture;
use examples::table::{advised, table};
use examples::{finish, println};
use ndarray::{ArrayD, Axis, stack};

/// Classifies the rows of a CSV file or the pictures of PNG files with a network that --save wrote
#[derive(Debug, Parser)]
struct Args {
    /// The network
    model: PathBuf,
    /// A CSV file for a network on rows, PNG files for one on pictures
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// The pictures are dark on a light ground; the network has seen light on dark
    #[arg(long)]
    invert: bool,
    /// The first line of the CSV file is no header, but a row of data: its columns are the network's, in order
    #[arg(long)]
    no_header: bool,
    /// Tell the probability of every class
    #[arg(long)]
    all: bool,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    // a network of f32 comes into f64 without loss, and one of f64 fits as it is
    let bundle = Bundle::<f64>::load(&args.model)?;
    let (names, samples) = match *bundle.input_shape() {
        [columns] => {
            refuse("--invert", args.invert, "networks on pictures")?;
            rows(&bundle, columns, &args.inputs, args.no_header)?
        }
        [height, width, channels @ (1 | 3)] => {
            refuse("--no-header", args.no_header, "networks on rows")?;
            let shape = [height, width, channels];
            pictures(shape, &args.inputs, args.invert)?
        }
        ref shape => {
            return Err(format!(
                "{}: the network expects samples of shape {shape:?}, but rows [n] or pictures [height, width, 1 or 3] are read here",
                args.model.display()
            )
            .into());
        }
    };
    let no_names = bundle.class_names().is_empty();
    refuse("--all", args.all && no_names, "networks with classes")?;
    let answers = bundle.predict(&samples)?;
    let classes = Bundle::most_probable(&answers);
    for ((name, answers), class) in names.iter().zip(answers.outer_iter()).zip(classes) {
        let answers: Vec<f64> = answers.iter().copied().collect();
        println!("{name}: {}", told(&bundle, &answers, class, args.all));
    }
    Ok(())
}

/// An option that would change nothing is an error.
fn refuse(option: &str, is_given: bool, only_for: &str) -> Result<(), String> {
    match is_given {
        true => Err(format!("{option} is for {only_for} only")),
        false => Ok(()),
    }
}

/// An answer as text: the class with its probability, or the values.
fn told(bundle: &Bundle<f64>, answers: &[f64], class: usize, all: bool) -> String {
    let names = bundle.class_names();
    if names.is_empty() {
        let values: Vec<String> = answers.iter().map(|y| format!("{y:.6}")).collect();
        return values.join(" ");
    }
    // a single output is the probability of class 1
    let probabilities = match *answers {
        [p] => vec![1.0 - p, p],
        _ => answers.to_vec(),
    };
    let told = |class: usize| {
        format!(
            "{} ({:.1} %)",
            shown(&names[class]),
            100.0 * probabilities[class]
        )
    };
    if !all {
        return told(class);
    }
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let all: Vec<String> = order.into_iter().map(told).collect();
    all.join(", ")
}

/// The rows of a table, named by their numbers.
fn rows(
    bundle: &Bundle<f64>,
    columns: usize,
    inputs: &[PathBuf],
    no_header: bool,
) -> Result<(Vec<String>, ArrayD<f64>), Box<dyn Error>> {
    let [path] = inputs else {
        return Err(format!("one CSV file is read at a time, not {}", inputs.len()).into());
    };
    let csv = match bundle.feature_names() {
        names if names.is_empty() || no_header => table(no_header),
        names => table(false).only(names.iter().map(String::as_str)),
    };
    let (rows, _) = csv
        .load_features::<f64>(path)
        .map_err(|error| advised(error, ""))?;
    if rows.ncols() != columns {
        return Err(format!(
            "{}: {} columns, but the network takes {columns}",
            path.display(),
            rows.ncols()
        )
        .into());
    }
    let names = (1..=rows.nrows()).map(|row| format!("row {row}"));
    Ok((names.collect(), rows.into_dyn()))
}

/// The pictures, named by their files.
fn pictures(
    shape: [usize; 3],
    inputs: &[PathBuf],
    invert: bool,
) -> Result<(Vec<String>, ArrayD<f64>), Box<dyn Error>> {
    let read = |path: &PathBuf| read_picture(path, shape, invert);
    let pictures = inputs.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let views: Vec<_> = pictures.iter().map(|picture| picture.view()).collect();
    let name = |path: &PathBuf| shown_path(path);
    let samples = stack(Axis(0), &views)?;
    Ok((inputs.iter().map(name).collect(), samples.into_dyn()))
}
