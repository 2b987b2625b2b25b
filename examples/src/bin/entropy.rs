//! Entropy, cross-entropy and Kullback–Leibler divergence: of a coin, of the species of Iris, and
//! between a normal distribution and a mixture of two.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_data::iris;
use dl_math::{
    Bernoulli, JointTable, MathError, Normal, cross_entropy, entropy,
    information::{conditional_entropy, mutual_information},
    kl_divergence,
};
use dl_viz::{
    Band, Bars, Figure, Legend, Line, Panel, Scatter, Series,
    style::{BLUE, GRAY, GREEN, ORANGE, RED},
};
use examples::{Options, println};
use ndarray::{Array1, Array2, array};

/// Draw the entropy of a coin, the cross-entropies between the species of Iris of several
/// lengths, and the normal distributions closest to a mixture by both divergences.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    examples::finish(run(&Arguments::parse().options))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    options.save("entropy_coin", &coin()?);
    let counts = species_by_length();
    options.save("entropy_iris", &information_of_a_length(&counts)?);
    options.save("entropy_cross", &wrong_beliefs(&counts)?);
    options.save("entropy_divergence", &two_divergences()?);
    Ok(())
}

/// The surprise at an outcome of probability p, and the entropy of a coin.
fn coin() -> Result<Figure, MathError> {
    let p = Array1::linspace(0.0, 1.0, 501);
    let coin = |p: f64| Ok::<f64, MathError>(Bernoulli::new(p)?.entropy());
    let entropies: Array1<f64> = p.iter().map(|&p| coin(p)).collect::<Result<_, _>>()?;
    println!("coin: entropy of a fair one      {:.3}", coin(0.5)?);
    println!("coin: entropy at p = 0.9         {:.3}", coin(0.9)?);
    println!("coin: entropy at p = 0.99        {:.3}", coin(0.99)?);

    let surprise = Bernoulli::new(0.9)?;
    println!(
        "surprise: at heads of p = 0.9    {:.3}",
        -surprise.log_prob(true)
    );
    println!(
        "surprise: at tails of p = 0.9    {:.3}",
        -surprise.log_prob(false)
    );
    let positive = Array1::linspace(0.005, 1.0, 400);
    let left = Panel::new("Surprise at an outcome")
        .x_label("Its probability p")
        .y_label("−ln p (nats)")
        .line(Line::new(&positive, &positive.mapv(|p: f64| -p.ln())).color(BLUE));
    let right = Panel::new("Entropy of a coin")
        .x_label("Probability of heads p")
        .y_label("H(p) (nats)")
        .y_range(0.0, 0.8)
        .vertical_line(0.5, "")
        .line(Line::new(&p, &entropies).color(BLUE))
        .scatter(Scatter::new([0.5], [coin(0.5)?]).color(RED).radius(5.0))
        .note(0.5, coin(0.5)? + 0.01, "fair: ln 2 = 0.693");
    Ok(Figure::new().size(12.0, 5.0).panel(left).panel(right))
}

/// Lengths of sepals, in centimetres, that part the flowers into groups.
const BOUNDS: [f64; 4] = [5.0, 5.5, 6.0, 6.5];
const GROUPS: [&str; 5] = ["below 5", "5 to 5.5", "5.5 to 6", "6 to 6.5", "6.5 and up"];
/// The group whose flowers are guessed.
const MIDDLE: usize = 2;

/// Flowers by group (rows) and species (columns).
fn species_by_length() -> Array2<usize> {
    let flowers = iris::<f64>();
    let mut counts = Array2::zeros((GROUPS.len(), 3));
    for (length, &species) in flowers.features().column(0).iter().zip(flowers.labels()) {
        let group = BOUNDS.iter().filter(|&bound| length >= bound).count();
        counts[[group, species]] += 1;
    }
    counts
}

/// What the length of a sepal tells of the species.
fn information_of_a_length(counts: &Array2<usize>) -> Result<Figure, Box<dyn Error>> {
    let joint = JointTable::<f64>::from_counts(counts)?;
    let species = entropy(&joint.marginal_y())?;
    let left = conditional_entropy(&joint);
    println!("iris: H(species)                 {species:.3}");
    println!("iris: H(species | length)        {left:.3}");
    println!(
        "iris: I(species; length)         {:.3}",
        mutual_information(&joint)
    );
    let mut entropies = Vec::new();
    for (i, group) in GROUPS.iter().enumerate() {
        let given = entropy(&joint.y_given_x(i)?)?;
        let row = counts.row(i);
        println!(
            "iris: {group:<10}  counts {:>2} {:>2} {:>2}  entropy {given:.3}",
            row[0], row[1], row[2]
        );
        entropies.push(given);
    }
    let flowers = iris::<f64>();
    let mut bars = Bars::new(GROUPS);
    for (k, name) in flowers.class_names().iter().enumerate() {
        bars = bars.series(Series::new(counts.column(k)).label(name));
    }
    let length = "Sepal length (cm)";
    let panel = |title: &str, y_label: &str| Panel::new(title).x_label(length).y_label(y_label);
    let flowers = panel("Flowers of each species", "Flowers")
        .y_range(0.0, 34.0)
        .legend(Legend::TopRight);
    let entropies = Bars::new(GROUPS)
        .series(Series::new(entropies).color(BLUE))
        .value_labels(3);
    Ok(Figure::new()
        .size(13.0, 5.0)
        .panel(flowers.bars(bars))
        .panel(
            panel("Entropy of the species", "H (nats)")
                .y_range(0.0, 1.3)
                .bars(entropies)
                .horizontal_line(species, "all flowers: ln 3 = 1.099"),
        ))
}

/// The cross-entropy between one group's species and several beliefs of them: entropy and divergence.
fn wrong_beliefs(counts: &Array2<usize>) -> Result<Figure, MathError> {
    let joint = JointTable::<f64>::from_counts(counts)?;
    let p = joint.y_given_x(MIDDLE)?;
    let (shorter, longer) = (joint.y_given_x(MIDDLE - 1)?, joint.y_given_x(MIDDLE + 1)?);
    let beliefs = [
        ("p itself", p.clone()),
        ("all flowers", joint.marginal_y()),
        ("both neighbours", 0.5 * (&shorter + &longer)),
        ("“versicolor, 98 %”", array![0.01, 0.98, 0.01]),
    ];
    let h = entropy(&p)?;
    println!("belief: {:<24} {h:.3}", "H(p)");
    let (mut names, mut totals) = (Vec::new(), Vec::new());
    for (name, q) in beliefs {
        let (total, kl) = (cross_entropy(&p, &q)?, kl_divergence(&p, &q)?);
        println!("belief: {:<24} {total:.3}", format!("H(p, {name})"));
        println!("belief: {:<24} {kl:.3}", format!("KL(p, {name})"));
        names.push(name);
        totals.push(total);
    }
    println!(
        "belief: {:<24} {}",
        "H(p, longer flowers)",
        cross_entropy(&p, &longer)?
    );

    // A bar of H(p, q), and over it one of H(p): what is seen of the former is the divergence.
    let entropies = vec![h; names.len()];
    let total = Series::new(totals)
        .color(ORANGE)
        .label("KL(p ‖ q), paid for the wrong belief");
    let entropy = Series::new(entropies)
        .color(BLUE)
        .label("H(p), paid in any case");
    let total = Bars::new(names.clone()).series(total).value_labels(3);
    let entropy = Bars::new(names).series(entropy);
    let panel = Panel::new("Cross-entropy H(p, q) = H(p) + KL(p ‖ q)")
        .x_label("Belief q about the species of the flowers of 5.5 to 6 cm")
        .y_label("Cross-entropy (nats)")
        .legend(Legend::TopLeft)
        .bars(total)
        .bars(entropy);
    Ok(Figure::from(panel).size(9.0, 5.5))
}

/// Weight, mean and standard deviation of the parts of the mixture.
const MIXTURE: [(f64, f64, f64); 2] = [(0.6, -3.0, 0.8), (0.4, 3.0, 1.0)];

/// A density on the grid x as a table of probabilities, so that divergences are sums.
fn table(x: &Array1<f64>, density: impl Fn(f64) -> f64) -> Array1<f64> {
    let p = x.mapv(density);
    let sum = p.sum();
    p / sum
}

fn mixture(x: f64) -> f64 {
    let part = |&(weight, mean, std_dev): &(f64, f64, f64)| {
        weight * Normal::new(mean, std_dev).map_or(f64::NAN, |part| part.prob(x))
    };
    MIXTURE.iter().map(part).sum()
}

/// The mean and standard deviation that make f smallest, by walking downhill from a start: to the
/// best of the four neighbours, or, where none is better, with half the step.
fn descend(f: impl Fn(f64, f64) -> f64, start: (f64, f64)) -> (f64, f64) {
    let (mut at, mut step) = (start, 0.25);
    let mut value = f(at.0, at.1);
    while step > 1e-5 {
        let (mean, std_dev) = at;
        let neighbours = [
            (mean - step, std_dev),
            (mean + step, std_dev),
            (mean, std_dev - step),
            (mean, std_dev + step),
        ];
        let allowed = neighbours
            .into_iter()
            .filter(|&(_, std_dev)| std_dev >= 0.1);
        let values = allowed.map(|(mean, std_dev)| (f(mean, std_dev), (mean, std_dev)));
        match values.min_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((lower, neighbour)) if lower < value => (value, at) = (lower, neighbour),
            _ => step /= 2.0,
        }
    }
    at
}

/// The normal distributions closest to the mixture by KL(p‖q) and by KL(q‖p).
fn two_divergences() -> Result<Figure, MathError> {
    let x = Array1::linspace(-14.0, 14.0, 1121);
    let p = table(&x, mixture);
    let normal = |mean: f64, std_dev: f64| {
        let q = Normal::new(mean, std_dev).expect("a mean and a deviation of the search");
        table(&x, |x| q.prob(x))
    };
    // a table the function accepts by construction
    let kl = |p: &Array1<f64>, q: &Array1<f64>| kl_divergence(p, q).expect("two distributions");
    let forward = |mean, std_dev| kl(&p, &normal(mean, std_dev));
    let reverse = |mean, std_dev| kl(&normal(mean, std_dev), &p);

    let expectation = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        MIXTURE
            .iter()
            .map(|&(weight, mean, std_dev)| weight * f(mean, std_dev))
            .sum()
    };
    let mean = expectation(&|mean, _| mean);
    let square = expectation(&|mean, std_dev| mean * mean + std_dev * std_dev);
    println!("mixture: mean                    {mean:.3}");
    println!(
        "mixture: standard deviation      {:.3}",
        (square - mean * mean).sqrt()
    );
    let fits = [
        ("covering", descend(forward, (0.0, 1.0))),
        ("left mode", descend(reverse, (-3.0, 1.0))),
        ("right mode", descend(reverse, (3.0, 1.0))),
    ];
    for (name, (mean, std_dev)) in fits {
        println!("{:<32} {mean:.3}", format!("{name}: mean"));
        println!("{:<32} {std_dev:.3}", format!("{name}: standard deviation"));
        println!(
            "{:<32} {:.3}",
            format!("{name}: KL(p‖q)"),
            forward(mean, std_dev)
        );
        println!(
            "{:<32} {:.3}",
            format!("{name}: KL(q‖p)"),
            reverse(mean, std_dev)
        );
    }

    let x = Array1::linspace(-7.5, 7.5, 601);
    let panel = |title: &str| {
        let (zero, p) = (Array1::<f64>::zeros(x.len()), x.mapv(mixture));
        Panel::new(title)
            .x_label("x")
            .y_label("Density")
            .y_range(0.0, 0.65)
            .legend(Legend::TopRight)
            .band(Band::new(&x, &zero, &p).color(GRAY).label("p, a mixture"))
            .line(Line::new(&x, &p).color(GRAY).width(1.2))
    };
    let line = |(mean, std_dev): (f64, f64)| -> Result<Line, MathError> {
        let q = Normal::new(mean, std_dev)?;
        Ok(Line::new(&x, &x.mapv(|x| q.prob(x))))
    };
    let [(_, covering), (_, left), (_, right)] = fits;
    Ok(Figure::new()
        .size(13.0, 5.0)
        .panel(
            panel("KL(p ‖ q) is smallest: q covers both parts").line(
                line(covering)?
                    .color(BLUE)
                    .label("q, a normal distribution"),
            ),
        )
        .panel(
            panel("KL(q ‖ p) is smallest: q keeps to one part")
                .line(line(left)?.color(RED).label("q, the minimum"))
                .line(
                    line(right)?
                        .color(GREEN)
                        .dashed()
                        .label("q, the other valley"),
                ),
        ))
}
