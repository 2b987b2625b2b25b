//! Universal approximation: one hidden layer comes as near to a function as one likes, if it is wide enough.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_viz::{
    Band, Figure, Legend, Line, Panel,
    style::{BLUE, GRAY, GREEN, ORANGE, PURPLE, RED},
};
use examples::{
    Options,
    approximation::{
        CURVATURE, LIPSCHITZ, bump, centred, hinges, hinges_bound, outputs, points, staircase,
        staircase_bound, target, trained, worst_error,
    },
    println,
    record::RecordOptions,
};
use serde::{Deserialize, Serialize};

/// Build staircases and lines from hidden neurons, train networks of growing width, and measure how far each
/// is from the function.
#[derive(Debug, Parser)]
struct Arguments {
    /// Training passes over the 200 points; 1500 with --quick
    #[arg(long, default_value_t = 5000, default_value_if("quick", "true", "1500"),
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    epochs: u32,
    /// Networks trained for each width; 2 with --quick
    #[arg(long, default_value_t = 7, default_value_if("quick", "true", "2"),
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    networks: u32,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    record: RecordOptions,
}

/// Steepness of the sigmoids times the width of a step.
const SHARPNESS: f64 = 20.0;
const STEPS: [usize; 9] = [2, 4, 8, 16, 32, 64, 128, 256, 512];
const WIDTHS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Widths whose fits are drawn.
const DRAWN: [usize; 3] = [2, 4, 16];
/// Points on which errors are measured: a multiple of every number of steps, and one more.
const FINE: usize = 20 * 512 + 1;
/// Points of a drawn curve.
const COARSE: usize = 401;

/// What the networks of one width learnt.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Width {
    width: usize,
    /// The largest error of each network, from the least.
    errors: Vec<f64>,
    /// The first network's outputs at the points of a curve.
    curve: Vec<f64>,
}

impl Width {
    fn median(&self) -> f64 {
        self.errors[self.errors.len() / 2]
    }
}

fn main() -> ExitCode {
    examples::finish(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    arguments.options.check()?;
    let options = &arguments.options;
    options.save("universal_approximation_bumps", &bumps()?);
    let learnt = arguments.record.record(|| train(arguments))?;
    options.save("universal_approximation_fits", &fits(&learnt));
    options.save("universal_approximation", &errors(&learnt)?);
    Ok(())
}

/// A bump, staircases of 8 and of 32 steps.
fn bumps() -> Result<Figure, Box<dyn Error>> {
    let x = points(COARSE);
    let (from, to) = (0.3, 0.6);
    let curve = |f: &dyn Fn(f64) -> f64| Line::new(&x, x.iter().map(|&x| f(x)));
    let steepness = 60.0;
    let one = Panel::new("Two steep sigmoids make a bump")
        .x_label("x")
        .y_label("y")
        .y_range(-1.2, 1.95)
        .legend(Legend::TopLeft)
        .line(
            curve(&|x| bump(x, (from, 2.0), steepness))
                .label("σ(60(x − 0.3))")
                .color(GREEN)
                .dashed(),
        )
        .line(
            curve(&|x| -bump(x, (to, 2.0), steepness))
                .label("−σ(60(x − 0.6))")
                .color(PURPLE)
                .dashed(),
        )
        .line(
            curve(&|x| bump(x, (from, to), steepness))
                .label("their sum")
                .color(BLUE)
                .width(3.0),
        );
    let steps = |steps: usize| -> Result<Panel, Box<dyn Error>> {
        let model = staircase(target, steps, SHARPNESS)?;
        let built = Line::new(&x, outputs(&model, &x)?);
        let title = format!("{steps} steps from {} sigmoids", steps - 1);
        Ok(Panel::new(title)
            .x_label("x")
            .y_label("y")
            .y_range(-1.55, 1.55)
            .legend(Legend::TopRight)
            .line(curve(&target).label("f(x)").color(GRAY).dashed())
            .line(built.label("network").color(BLUE)))
    };
    Ok(Figure::new()
        .size(14.0, 4.8)
        .panel(one)
        .panel(steps(8)?)
        .panel(steps(32)?))
}

fn train(arguments: &Arguments) -> Result<Vec<Width>, Box<dyn Error>> {
    let quick = arguments.options.quick;
    let fine = points(2001);
    let mut all = Vec::new();
    for &width in WIDTHS.iter().filter(|&&width| !quick || width <= 16) {
        let (mut errors, mut curve) = (Vec::new(), Vec::new());
        for seed in 0..u64::from(arguments.networks) {
            let model = trained(target, width, arguments.epochs as usize, seed)?;
            let y = outputs(&model, &centred(&fine))?;
            errors.push(worst_error(&fine, &y, target));
            if seed == 0 {
                curve = outputs(&model, &centred(&points(COARSE)))?;
            }
        }
        errors.sort_by(f64::total_cmp);
        all.push(Width {
            width,
            errors,
            curve,
        });
    }
    Ok(all)
}

/// Networks of three widths, trained.
fn fits(learnt: &[Width]) -> Figure {
    let x = points(COARSE);
    let panels = learnt
        .iter()
        .filter(|width| DRAWN.contains(&width.width))
        .map(|width| {
            Panel::new(format!("Trained, {} hidden neurons", width.width))
                .x_label("x")
                .y_label("y")
                .y_range(-1.55, 1.55)
                .legend(Legend::TopRight)
                .line(
                    Line::new(&x, x.iter().map(|&x| target(x)))
                        .label("f(x)")
                        .color(GRAY)
                        .dashed(),
                )
                .line(Line::new(&x, &width.curve).label("network").color(RED))
        });
    Figure::new().size(14.0, 4.8).panels(panels)
}

/// The largest error against the number of hidden neurons.
fn errors(learnt: &[Width]) -> Result<Figure, Box<dyn Error>> {
    let x = points(FINE);
    let mut built = [(); 4].map(|()| Vec::new());
    for steps in STEPS {
        let stairs = outputs(&staircase(target, steps, SHARPNESS)?, &x)?;
        let line = outputs(&hinges(target, steps)?, &x)?;
        let [a, b, c, d] = [
            worst_error(&x, &stairs, target),
            staircase_bound(LIPSCHITZ, steps, SHARPNESS),
            worst_error(&x, &line, target),
            hinges_bound(CURVATURE, steps),
        ];
        println!(
            "built, {steps:>3} pieces: staircase {a:.4} (bound {b:.4}), line {c:.6} (bound {d:.6})"
        );
        for (values, value) in built.iter_mut().zip([a, b, c, d]) {
            values.push(value);
        }
    }
    for width in learnt {
        println!(
            "trained, width {:>2}: largest error, median {:.4}, least {:.4}, most {:.4}",
            width.width,
            width.median(),
            width.errors[0],
            width.errors[width.errors.len() - 1]
        );
    }
    let neurons = STEPS.map(|steps| steps - 1);
    let [stairs, stairs_bound, line, line_bound] = built;
    let widths: Vec<usize> = learnt.iter().map(|width| width.width).collect();
    let of = |value: &dyn Fn(&Width) -> f64| -> Vec<f64> { learnt.iter().map(value).collect() };
    let panel = Panel::new("How far from the function")
        .x_label("Hidden neurons")
        .y_label("Largest error on [0, 1]")
        .log_x()
        .log_y()
        .legend(Legend::BottomLeft)
        .band(
            Band::new(
                &widths,
                of(&|w| w.errors[0]),
                of(&|w| w.errors[w.errors.len() - 1]),
            )
            .color(RED),
        )
        .line(
            Line::new(neurons, stairs_bound)
                .label("bound, in proportion to 1/n")
                .color(BLUE.tint(0.6))
                .dashed(),
        )
        .line(
            Line::new(neurons, stairs)
                .dots()
                .label("staircase of sigmoids")
                .color(BLUE),
        )
        .line(
            Line::new(STEPS, line_bound)
                .label("bound, in proportion to 1/n²")
                .color(ORANGE.tint(0.6))
                .dashed(),
        )
        .line(
            Line::new(STEPS, line)
                .dots()
                .label("line of ReLUs")
                .color(ORANGE),
        )
        .line(
            Line::new(&widths, of(&Width::median))
                .dots()
                .label("trained, tanh: median and range")
                .color(RED),
        );
    Ok(Figure::from(panel).size(9.0, 6.5))
}
