//! Simple, joint and conditional probability on a dartboard.
//!
//! A board is cut into three colours and two halves, so that every probability is an area and known
//! exactly. Darts are thrown and counted: how close does counting come, and how does the answer
//! change when only the darts in the upper half count?

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_math::{JointTable, posterior, random::generator};
use dl_nn::metrics::Estimate;
use dl_viz::style::{BLUE, Color, GRAY, ORANGE, PURPLE, RED, WHITE};
use dl_viz::{Band, Figure, HeatMap, Legend, Line, Panel, Scatter};
use examples::dartboard::{
    COLORS, Dart, HALVES, QUESTIONS, Question, RADII, RED as RED_AREA, UPPER, counts, exact,
    low_thrower,
};
use examples::{Options, finish, println};
use ndarray::{Array1, Array2};

/// The confidence of every interval.
const LEVEL: f64 = 0.95;
/// Darts that are drawn.
const DRAWN: usize = 800;
/// Darts of an experiment that is repeated to see how often its interval is right.
const FEW: usize = 100;

/// Throws darts at a board of known areas and compares what is counted with what is so
#[derive(Debug, Parser)]
struct Args {
    /// Darts to throw; 2000 with --quick
    #[arg(long, default_value_t = 10_000, default_value_if("quick", "true", "2000"),
          value_parser = clap::value_parser!(u32).range(1000..=10_000_000))]
    darts: u32,
    /// Seed of the darts
    #[arg(long, default_value_t = 42)]
    seed: u64,
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let rng = &mut generator(args.seed);
    let darts: Vec<Dart> = (0..args.darts).map(|_| Dart::throw(rng)).collect();
    let table = exact()?;
    let counted = JointTable::from_counts(&counts(&darts))?;

    println!("darts thrown  {}", darts.len());
    print_table("exact", &table);
    print_table("counted", &counted);

    println!(
        "\n{:<16} {:>7} {:>8} {:>7} {:>8} {:>8}",
        "probability", "exact", "counted", "darts", "lower", "upper"
    );
    for question in QUESTIONS {
        let estimate = question.estimate(&darts);
        let interval = estimate.interval(LEVEL)?;
        println!(
            "{:<16} {:>7.4} {:>8.4} {:>7} {:>8.4} {:>8.4}",
            question.name,
            question.answer(&table)?,
            estimate.value,
            estimate.n,
            interval.lower,
            interval.upper
        );
    }

    println!("\nexact, turned round by Bayes' rule");
    println!(
        "P(upper | red)           {:.4}",
        table.y_given_x(RED_AREA)?[UPPER]
    );
    let likelihood = array_of_halves(|half| Ok(table.x_given_y(half)?[RED_AREA]))?;
    let by_bayes = posterior(&table.marginal_y(), &likelihood)?;
    println!("the same by posterior()  {:.4}", by_bayes[UPPER]);
    let low = posterior(&low_thrower(), &likelihood)?;
    println!("for the low thrower      {:.4}", low[UPPER]);

    println!();
    for (name, color) in COLORS.iter().zip(0..) {
        let (joint, product) = (
            table.probabilities()[[color, UPPER]],
            table.marginal_x()[color] * table.marginal_y()[UPPER],
        );
        println!("{name} and upper: joint {joint:.4} product {product:.4}");
    }

    let experiments = if args.options.quick { 200 } else { 10_000 };
    println!("\nexperiments of {FEW} darts  {experiments}");
    for question in QUESTIONS {
        let truth = question.answer(&table)?;
        let mut held = 0;
        for _ in 0..experiments {
            let darts: Vec<Dart> = (0..FEW).map(|_| Dart::throw(rng)).collect();
            let interval = question.estimate(&darts).interval(LEVEL)?;
            held += usize::from(interval.lower <= truth && truth <= interval.upper);
        }
        let share = 100.0 * f64::from(u32::try_from(held)?) / f64::from(experiments);
        println!("intervals that hold {:<14} {share:.1} %", question.name);
    }

    println!();
    for question in QUESTIONS {
        let (hits, estimate) = hits(&question, &darts[..DRAWN]);
        println!(
            "drawn {:<14} {hits} of {} {estimate:.3}",
            question.name, estimate.n
        );
    }

    let options = &args.options;
    let panels = QUESTIONS
        .iter()
        .map(|question| board(question, &darts[..DRAWN]));
    let boards = Figure::new().size(15.0, 5.6).grid(1, 3).panels(panels);
    options.save("dartboard", &boards);
    let tables = Figure::new()
        .size(10.0, 4.6)
        .grid(1, 2)
        .panel(heat_map("Areas of the board", &table))
        .panel(heat_map(
            &format!("Shares of {} darts", darts.len()),
            &counted,
        ));
    options.save("dartboard_tables", &tables);
    options.save("dartboard_convergence", &convergence(&darts, &table)?);
    Ok(())
}

fn array_of_halves(
    value: impl Fn(usize) -> Result<f64, Box<dyn Error>>,
) -> Result<Array1<f64>, Box<dyn Error>> {
    (0..HALVES.len()).map(value).collect()
}

/// p(colour, half) with the marginals at the edges.
fn print_table(name: &str, table: &JointTable<f64>) {
    let (p, colors, halves) = (
        table.probabilities(),
        table.marginal_x(),
        table.marginal_y(),
    );
    println!(
        "\n{name:<14} {:>7} {:>7} {:>7}",
        HALVES[0], HALVES[1], "sum"
    );
    for ((color, row), sum) in COLORS.iter().zip(p.rows()).zip(&colors) {
        let label = format!("{name} {color}");
        println!("{label:<14} {:>7.4} {:>7.4} {:>7.4}", row[0], row[1], sum);
    }
    let label = format!("{name} sum");
    println!(
        "{label:<14} {:>7.4} {:>7.4} {:>7.4}",
        halves[0],
        halves[1],
        p.sum()
    );
}

/// How many darts are what is asked for, and the share they are of those that count.
fn hits(question: &Question, darts: &[Dart]) -> (usize, Estimate) {
    let hits = darts.iter().filter(|&&dart| question.judge(dart).1).count();
    (hits, question.estimate(darts))
}

/// The board with what counts for one question: darts that do not are left out, those that do are
/// white, those that are what is asked for red.
fn board(question: &Question, darts: &[Dart]) -> Panel {
    let (hits, estimate) = hits(question, darts);
    let title = format!(
        "{} ≈ {hits} / {} = {estimate:.3}",
        question.name, estimate.n
    );
    let mut panel = Panel::new(title)
        .equal_aspect()
        .x_label("x")
        .y_label("y")
        .x_range(-1.08, 1.08)
        .y_range(-1.08, 1.08)
        .legend(Legend::Above);
    let x = Array1::linspace(-1.0, 1.0, 401);
    for (half, sign) in [1.0, -1.0].into_iter().enumerate() {
        let circle =
            |radius: f64| x.mapv(|x: f64| sign * (radius * radius - x * x).max(0.0).sqrt());
        let mut inner = x.mapv(|_| 0.0);
        for (color, &radius) in RADII[half].iter().enumerate() {
            let outer = circle(radius);
            let shade: Color = [ORANGE, RED, BLUE][color];
            panel = panel.band(Band::new(&x, &inner, &outer).color(shade));
            inner = outer;
        }
        for &radius in &RADII[half] {
            let angles = Array1::linspace(0.0, std::f64::consts::PI, 181);
            let arc = Line::new(
                angles.mapv(|a| radius * a.cos()),
                angles.mapv(|a| sign * radius * a.sin()),
            );
            panel = panel.line(arc.color(GRAY).width(1.0));
        }
    }
    panel = panel.line(Line::new([-1.0, 1.0], [0.0, 0.0]).color(GRAY).width(1.0));
    let (mut others, mut asked): (Vec<Dart>, Vec<Dart>) = (Vec::new(), Vec::new());
    for &dart in darts {
        match question.judge(dart) {
            (true, true) => asked.push(dart),
            (true, false) => others.push(dart),
            (false, _) => {}
        }
    }
    let points = |darts: &[Dart], color: Color, label: &str| {
        let (x, y) = (darts.iter().map(|d| d.x), darts.iter().map(|d| d.y));
        Scatter::new(x, y).color(color).radius(2.6).label(label)
    };
    panel
        .scatter(points(&others, WHITE, "counts"))
        .scatter(points(&asked, RED, "counts and is asked for"))
}

fn heat_map(title: &str, table: &JointTable<f64>) -> Panel {
    let p: &Array2<f64> = table.probabilities();
    let map = HeatMap::new(p)
        .rows(COLORS)
        .columns(HALVES)
        .range(0.0, 0.4)
        .value_labels(3)
        .color_bar("P(colour, half)");
    Panel::new(title)
        .x_label("Half")
        .y_label("Colour")
        .heat_map(map)
}

/// Each estimate with its interval after 10, … darts, beside the area.
fn convergence(darts: &[Dart], table: &JointTable<f64>) -> Result<Figure, Box<dyn Error>> {
    let mut steps: Vec<usize> = (0..=240)
        .map(|i| (10.0 * (darts.len() as f64 / 10.0).powf(f64::from(i) / 240.0)).round() as usize)
        .collect();
    steps.dedup();
    let mut panels = Vec::new();
    for question in &QUESTIONS {
        let (mut values, mut lower, mut upper) = (Vec::new(), Vec::new(), Vec::new());
        for &n in &steps {
            let estimate = question.estimate(&darts[..n]);
            let interval = estimate.interval(LEVEL)?;
            values.push(estimate.value);
            lower.push(interval.lower);
            upper.push(interval.upper);
        }
        let truth = question.answer(table)?;
        panels.push(
            Panel::new(question.name)
                .x_label("Darts thrown")
                .y_label("Share")
                .log_x()
                .y_range(0.0, 0.8)
                .legend(Legend::TopRight)
                .band(
                    Band::new(&steps, &lower, &upper)
                        .color(PURPLE)
                        .label("95 % interval"),
                )
                .line(Line::new(&steps, &values).color(PURPLE).label("counted"))
                .horizontal_line(truth, format!("exact {truth:.2}")),
        );
    }
    Ok(Figure::new().size(15.0, 4.8).grid(1, 3).panels(panels))
}
