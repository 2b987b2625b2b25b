//! Compares our results with PyTorch's and prints a table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dl_nn::ndarray::ArrayD;

use crate::case::{Case, Quantity};
use crate::passes::{Quantities, quantities};

/// The largest allowed difference in `f64`, relative to the quantity's scale.
const DOUBLE: f64 = 1e-9;

/// The largest allowed error in `f32` as a multiple of PyTorch's own, plus [`UNITS`] units in the last place of the
/// scale. Both are sums of many roundings, so either may be smaller by chance.
const FACTOR: f64 = 8.0;
const UNITS: f64 = 8.0;

fn allowed_single(quantity: Quantity) -> f64 {
    FACTOR * quantity.most_error + UNITS * f64::from(f32::EPSILON)
}

/// The errors of a quantity, all relative to its scale.
struct Errors {
    double: f64,
    single: f64,
    /// PyTorch's in `f32`.
    theirs: f64,
    /// The largest allowed of ours in `f32`.
    allowed: f64,
}

/// Compares every network of a folder, prints a table by kind of layer, and panics with all quantities that differ
/// too much. Returns the kinds of layers found.
pub(crate) fn all_in(folder: &Path) -> BTreeSet<String> {
    let (mut rows, mut failures) = (BTreeMap::<String, Row>::new(), Vec::new());
    let mut all = Row::default();
    let paths = cases(folder);
    assert!(!paths.is_empty(), "no networks in {}", folder.display());
    for path in &paths {
        let case = Case::read(path);
        let layers = &case.description.architecture.layers;
        let kinds: BTreeSet<_> = layers.iter().map(|l| l.config.kind.clone()).collect();
        let compared = compared(&case);
        for kind in kinds {
            rows.entry(kind).or_default().add(compared.values());
        }
        all.add(compared.values());
        for (name, errors) in &compared {
            let good = errors.double <= DOUBLE && errors.single <= errors.allowed; // false for NaN
            if !good {
                failures.push(format!("{} {name}: {errors}", path.display()));
            }
        }
    }
    println!("{:<22} {}", "networks with", Row::TITLES);
    for (kind, row) in &rows {
        println!("{kind:<22} {row}");
    }
    println!("{:<22} {all}", "any");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    rows.into_keys().collect()
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let mut paths: Vec<_> = files.map(|file| file.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    paths
}

fn compared(case: &Case) -> BTreeMap<String, Errors> {
    let (double, single) = (quantities::<f64>(case), quantities::<f32>(case));
    let expected: Vec<_> = case.description.quantities.keys().collect();
    let named = |found: &Quantities| found.iter().map(|(name, _)| name.clone()).collect();
    let names: BTreeSet<String> = named(&double);
    assert_eq!(names.iter().collect::<Vec<_>>(), expected);
    let both = double.into_iter().zip(single);
    let errors = both.map(|((name, double), (_, single))| {
        let quantity = case.description.quantities[&name];
        let exact = case.array(&name);
        let errors = Errors {
            double: difference(&double, exact) / quantity.scale,
            single: difference(&single, exact) / quantity.scale,
            theirs: quantity.error,
            allowed: allowed_single(quantity),
        };
        (name, errors)
    });
    errors.collect()
}

/// The largest difference; NaN where there is one.
fn difference(ours: &ArrayD<f64>, theirs: &ArrayD<f64>) -> f64 {
    assert_eq!(ours.shape(), theirs.shape());
    let differences = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |most: f64, d| match d.is_nan() {
        true => d,
        false if most.is_nan() => most,
        false => most.max(d),
    })
}

impl std::fmt::Display for Errors {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            double,
            single,
            theirs,
            allowed,
        } = self;
        write!(
            out,
            "f64 {double:.1e}, f32 {single:.1e} where {allowed:.1e} is allowed and PyTorch has \
             {theirs:.1e}"
        )
    }
}

/// Statistics of the networks with a kind of layer.
#[derive(Default)]
struct Row {
    networks: usize,
    quantities: usize,
    /// The largest difference in `f64`.
    double: f64,
    /// Sums of the logarithms of our errors in `f32` and of PyTorch's, of one unit at least.
    single: f64,
    theirs: f64,
    /// The largest fraction of the allowed error in `f32`.
    part: f64,
}

impl Row {
    const TITLES: &str = "networks quantities  f64: most  f32: ours / PyTorch's  most / allowed";

    fn add<'a>(&mut self, quantities: impl ExactSizeIterator<Item = &'a Errors>) {
        self.networks += 1;
        self.quantities += quantities.len();
        let unit = f64::from(f32::EPSILON) / 2.0;
        for errors in quantities {
            self.double = self.double.max(errors.double);
            self.single += errors.single.max(unit).ln();
            self.theirs += errors.theirs.max(unit).ln();
            self.part = self.part.max(errors.single / errors.allowed);
        }
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ratio = ((self.single - self.theirs) / self.quantities as f64).exp();
        write!(
            out,
            "{:>8} {:>10} {:>10.1e} {ratio:>22.2} {:>15.2}",
            self.networks, self.quantities, self.double, self.part
        )
    }
}
