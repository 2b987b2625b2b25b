//! Maximum likelihood: of a coin, and of two conditional distributions on Iris, normal and Bernoulli.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_data::{Dataset, iris};
use dl_math::{Bernoulli, LinearGaussian, MathError, likelihood::bernoulli_nll, special::sigmoid};
use dl_nn::{prelude::*, schedule::Cosine, train::LearningRate};
use dl_viz::{
    Band, Figure, Legend, Line, Panel, Scatter,
    style::{BLUE, GREEN, ORANGE, PURPLE, RED},
};
use examples::{Options, println};
use ndarray::{Array1, Array2, Axis, array};

/// Draw the likelihood of coin flips, and fit the width of Iris petals and the species, given the
/// petals' length, by maximum likelihood.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

/// The flips, true for heads.
const FLIPS: [bool; 10] = [
    true, true, false, true, false, true, true, true, false, true,
];

fn main() -> ExitCode {
    examples::finish(run(&Arguments::parse().options))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    options.check()?;
    options.save("likelihood_coin", &coin()?);

    let flowers = iris::<f64>();
    let length = flowers.features().select(Axis(1), &[2]);
    let width = flowers.features().column(3).to_owned();
    let model = LinearGaussian::fit(&length, &width)?;
    describe(&model, &length, &width)?;
    options.save("likelihood_iris", &density(&model, &length, &width)?);
    options.save("likelihood_nll", &nll_curves(&model, &length, &width)?);
    options.save("likelihood_coins", &coins(&flowers)?);
    Ok(())
}

/// Likelihood and log-likelihood of the flips, and what more flips change.
fn coin() -> Result<Figure, MathError> {
    let flips = Array1::from_iter(FLIPS);
    let best = Bernoulli::<f64>::fit(&flips)?;
    let p = Array1::from_iter((1..1000).map(|i| f64::from(i) / 1000.0));
    let log_likelihood = |flips: &Array1<bool>| -> Result<Array1<f64>, MathError> {
        let of = |&p: &f64| Ok(-Bernoulli::new(p)?.negative_log_likelihood(flips));
        p.iter().map(of).collect()
    };
    let curve = log_likelihood(&flips)?;

    let highest = p.iter().zip(&curve).max_by(|a, b| a.1.total_cmp(b.1));
    let (best_on_grid, _) = highest.expect("a grid of 999 values");
    let at = |p: f64| -> Result<f64, MathError> {
        Ok(Bernoulli::new(p)?.negative_log_likelihood(&flips))
    };
    let (at_best, at_half) = (at(best.p())?, at(0.5)?);
    println!("coin: flips                  {}", flips.len());
    println!(
        "coin: heads                  {}",
        flips.iter().filter(|&&x| x).count()
    );
    println!("coin: heads / flips          {:.3}", best.p());
    println!("coin: best p of a fine grid  {best_on_grid:.3}");
    println!("coin: likelihood at 0.7      {:.6}", (-at_best).exp());
    println!("coin: likelihood at 0.5      {:.6}", (-at_half).exp());
    println!(
        "coin: ratio of the two       {:.2}",
        (at_half - at_best).exp()
    );
    println!("coin: NLL at 0.7             {at_best:.3}");
    println!("coin: NLL at 0.5             {at_half:.3}");

    let panel = |title: &str, y_label: &str| Panel::new(title).x_label("p").y_label(y_label);
    let marked = |panel: Panel, y: &Array1<f64>, top: f64| {
        let line = Line::new(&p, y).color(BLUE);
        let top = Scatter::new([best.p()], [top]).color(RED).radius(5.0);
        panel
            .vertical_line(best.p(), "p = 0.7")
            .line(line)
            .scatter(top)
    };
    let likelihood = panel("Likelihood", "L(p)").y_range(0.0, 0.0025);
    let logarithm = panel("Log-likelihood", "ln L(p)").y_range(-30.0, 0.0);
    let mut more = panel("The same share of more flips", "L(p) / L(0.7)").legend(Legend::TopLeft);
    for (times, color) in [(1, BLUE), (4, GREEN), (16, PURPLE)] {
        let flips = Array1::from_iter((0..times).flat_map(|_| FLIPS));
        let curve = log_likelihood(&flips)?;
        let top = curve.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        let relative = curve.mapv(|l| (l - top).exp());
        let label = format!("{} of {}", 7 * times, 10 * times);
        more = more.line(Line::new(&p, &relative).label(label).color(color));
    }
    Ok(Figure::new()
        .title("Seven heads in ten flips, and the same share in more")
        .size(14.0, 5.0)
        .panel(marked(likelihood, &curve.mapv(f64::exp), (-at_best).exp()))
        .panel(marked(logarithm, &curve, -at_best))
        .panel(more))
}

/// The fit in numbers.
fn describe(
    model: &LinearGaussian<f64>,
    x: &Array2<f64>,
    y: &Array1<f64>,
) -> Result<(), MathError> {
    let n = y.len() as f64;
    let sigma = model.variance().sqrt();
    let error = (model.mean(x)? - y).mapv(|e| e * e).sum() / n;
    let nll = model.negative_log_likelihood(x, y)? / n;
    let from_error =
        error / (2.0 * model.variance()) + sigma.ln() + 0.5 * (2.0 * std::f64::consts::PI).ln();
    println!("iris: flowers                {}", y.len());
    println!("iris: weight                 {:.3}", model.weights()[0]);
    println!("iris: bias                   {:.3}", model.bias());
    println!("iris: sigma                  {sigma:.3}");
    println!("iris: mean squared error     {error:.4}");
    println!("iris: variance               {:.4}", model.variance());
    println!("iris: NLL of a flower        {nll:.4}");
    println!("iris: NLL by the formula     {from_error:.4}");
    for (name, factor) in [("half sigma ", 0.5), ("twice sigma", 2.0)] {
        let variance = (factor * sigma).powi(2);
        let other = LinearGaussian::new(model.weights().clone(), model.bias(), variance)?;
        let nll = other.negative_log_likelihood(x, y)? / n;
        println!("iris: NLL at {name}     {nll:.4}");
    }
    let residuals = model.mean(x)? - y;
    for (name, times) in [("one sigma ", 1.0), ("two sigmas", 2.0)] {
        let inside = residuals.iter().filter(|e| e.abs() <= times * sigma);
        let percent = 100.0 * inside.count() as f64 / n;
        println!("iris: within {name}      {percent:.1} % of the flowers");
    }
    let at_four = model.at(&array![4.0])?;
    println!("iris: mean at 4 cm           {:.2}", at_four.mean());
    Ok(())
}

/// The line with a band of one and of two σ, and the density itself at three lengths.
fn density(
    model: &LinearGaussian<f64>,
    x: &Array2<f64>,
    y: &Array1<f64>,
) -> Result<Figure, MathError> {
    let grid = Array1::linspace(0.5, 7.5, 71);
    let mean = model.mean(&grid.clone().insert_axis(Axis(1)))?;
    let sigma = model.variance().sqrt();
    let band = |times: f64| {
        Band::new(&grid, &(&mean - times * sigma), &(&mean + times * sigma)).color(BLUE)
    };
    let points = Scatter::new(x.column(0), y).color(ORANGE).radius(3.2);
    let mut panel = Panel::new("The width of a petal, given its length")
        .x_label("Petal length x (cm)")
        .y_label("Petal width y (cm)")
        .x_range(0.5, 7.5)
        .y_range(-0.6, 3.2)
        .legend(Legend::TopLeft)
        .band(band(2.0).label("mean ± σ, mean ± 2σ"))
        .band(band(1.0))
        .scatter(points.label("a flower"))
        .line(Line::new(&grid, &mean).color(BLUE).label("mean wx + b"));
    for (i, x) in [2.5, 4.0, 5.5].into_iter().enumerate() {
        let p = model.at(&array![x])?;
        let y = Array1::linspace(p.mean() - 3.5 * sigma, p.mean() + 3.5 * sigma, 141);
        // The density is drawn to the right of its x, 0.35 cm for each unit.
        let right = y.mapv(|y| x + 0.35 * p.prob(y));
        let line = Line::new(&right, &y).color(RED).width(2.0);
        let line = if i == 0 {
            line.label("density p(y | x)")
        } else {
            line
        };
        let foot = Line::new([x, x], [y[0], y[y.len() - 1]])
            .color(RED)
            .width(1.0);
        panel = panel.line(foot).line(line);
    }
    Ok(Figure::from(panel).size(9.0, 6.5))
}

/// The mean negative log-likelihood against σ, and against the slope for several σ.
fn nll_curves(
    model: &LinearGaussian<f64>,
    x: &Array2<f64>,
    y: &Array1<f64>,
) -> Result<Figure, MathError> {
    let n = y.len() as f64;
    let nll = |weight: f64, bias: f64, sigma: f64| -> Result<f64, MathError> {
        let model = LinearGaussian::new(array![weight], bias, sigma * sigma)?;
        Ok(model.negative_log_likelihood(x, y)? / n)
    };
    let (weight, bias, best) = (model.weights()[0], model.bias(), model.variance().sqrt());
    let sigmas = Array1::linspace(0.09, 0.6, 256);
    let against_sigma = sigmas.iter().map(|&sigma| nll(weight, bias, sigma));
    let against_sigma: Array1<f64> = against_sigma.collect::<Result<_, _>>()?;
    let lowest = Scatter::new([best], [nll(weight, bias, best)?]);
    let left = Panel::new("Against σ, for the best line")
        .x_label("σ (cm)")
        .y_label("NLL of a flower (nats)")
        .vertical_line(best, format!("σ = {best:.3}"))
        .line(Line::new(&sigmas, &against_sigma).color(BLUE))
        .scatter(lowest.color(RED).radius(5.0));

    // Each slope with the bias that suits it, so that the line goes through the centre of the data.
    let (x_mean, y_mean) = (x.sum() / n, y.sum() / n);
    let slopes = Array1::linspace(0.25, 0.58, 166);
    let mut right = Panel::new("Against the slope, for three σ")
        .x_label("Slope w")
        .y_label("NLL of a flower (nats)")
        .y_range(-0.3, 2.6)
        .legend(Legend::TopRight)
        .vertical_line(weight, format!("w = {weight:.3}"));
    for (sigma, color) in [(0.15, PURPLE), (0.205, BLUE), (0.4, GREEN)] {
        let against_slope = slopes.iter().map(|&w| nll(w, y_mean - w * x_mean, sigma));
        let against_slope: Array1<f64> = against_slope.collect::<Result<_, _>>()?;
        let lowest = Scatter::new([weight], [nll(weight, bias, sigma)?]);
        let line = Line::new(&slopes, &against_slope).color(color);
        right = right
            .line(line.label(format!("σ = {sigma}")))
            .scatter(lowest.color(color).radius(5.0));
    }
    Ok(Figure::new().size(12.0, 5.0).panel(left).panel(right))
}

/// Petal length, in centimetres, that counts as 0: gradients suit each other better near zero.
const CENTRE: f64 = 4.9;
/// Full-batch steps of the network; the data are small, and the loss has a single valley.
const STEPS: u64 = 3000;

/// A network of one neuron, trained by the negative log-likelihood of a coin for each x: y is 0 or 1.
fn one_neuron(x: &Array2<f64>, y: &Array1<usize>) -> Result<Trainer<f64>, Box<dyn Error>> {
    let model = Sequential::input([1]).push(Dense::new(1)).build(0)?;
    let mut trainer = Trainer::new(model, BinaryCrossEntropy::new(), Adam::new(0.1))?;
    let cooling = LearningRate::per_step(Cosine::new(STEPS));
    let fit = Fit::epochs(STEPS as usize)
        .batch_size(x.nrows())
        .callback(cooling);
    trainer.fit(x, y, fit)?;
    Ok(trainer)
}

/// A coin for each length: whether a flower is *virginica* or *versicolor*, by a network of one
/// sigmoid neuron.
fn coins(flowers: &Dataset<f64>) -> Result<Figure, Box<dyn Error>> {
    let rows: Vec<usize> = (50..150).collect();
    let pair = flowers.select(&rows)?;
    let length = pair.features().select(Axis(1), &[2]);
    let x = length.mapv(|x| x - CENTRE);
    let virginica = pair.labels().mapv(|species| species - 1);

    let trainer = one_neuron(&x, &virginica)?;
    let logit = |x: &Array2<f64>| trainer.model().predict(x);

    let (b, w) = (
        logit(&array![[0.0]])?[[0, 0]],
        logit(&array![[1.0]])?[[0, 0]],
    );
    let w = w - b;
    let probability = |length: f64| sigmoid(w * (length - CENTRE) + b);
    let logits = logit(&x)?;
    let logits = logits.index_axis(Axis(1), 0);
    let is_virginica = virginica.mapv(|y| y == 1).into_dyn();
    let n = x.nrows() as f64;
    println!("coins: flowers               {n}");
    println!("coins: weight                {w:.2}");
    println!("coins: even odds at          {:.2} cm", CENTRE - b / w);
    println!("coins: P at 4.5 cm           {:.3}", probability(4.5));
    println!("coins: P at 5.5 cm           {:.3}", probability(5.5));
    println!(
        "coins: mean P                {:.3}",
        logits.mapv(sigmoid).sum() / n
    );
    println!(
        "coins: NLL of a flower       {:.3}",
        bernoulli_nll(&is_virginica, &logits.to_owned())? / n
    );
    println!(
        "coins: NLL of a fair coin    {:.3}",
        -Bernoulli::new(0.5)?.log_prob(true)
    );

    // The shares of virginica among the flowers of each half centimetre.
    let mut shares = Vec::new();
    for bin in 0..8 {
        let (low, high) = (3.0 + 0.5 * f64::from(bin), 3.5 + 0.5 * f64::from(bin));
        let inside = length.iter().zip(&virginica);
        let inside: Vec<f64> = inside
            .filter(|(length, _)| (low..high).contains(*length))
            .map(|(_, &y)| y as f64)
            .collect();
        shares.push((low + 0.25, inside.iter().sum::<f64>() / inside.len() as f64));
    }
    let (middles, shares): (Vec<f64>, Vec<f64>) = shares.into_iter().unzip();
    let grid = Array1::linspace(2.8, 7.2, 221);
    let answers = Scatter::new(&length, &virginica).color(ORANGE).radius(3.2);
    let shares = Scatter::new(middles, shares).color(RED).radius(5.0);
    let curve = Line::new(&grid, &grid.mapv(probability)).color(BLUE);
    let panel = Panel::new("A coin for each length: virginica or versicolor?")
        .x_label("Petal length x (cm)")
        .y_label("Probability of virginica")
        .x_range(2.8, 7.2)
        .y_range(-0.08, 1.08)
        .legend(Legend::TopLeft)
        .line(curve.label("P(virginica | x)"))
        .scatter(answers.label("a flower, 1 for virginica"))
        .scatter(shares.label("share in each half centimetre"));
    Ok(Figure::from(panel).size(9.0, 5.5))
}
