//! Homes and their prices: an invented table with columns of every kind and with gaps, and what is learnt from it.

use std::fmt::Write as _;

use dl_data::ndarray::Array1;
use dl_data::{Categorical, Fill, FittedPipeline, Numeric, Pipeline, PipelineError, Table};
use dl_math::{
    Scalar,
    rand::Rng,
    random::{Generator, generator},
};

/// Rows of the table.
pub const ROWS: usize = 1200;

/// The first of them are to learn from. The homes are in no order.
pub const TRAIN: usize = 960;

/// Cities, their share of the homes, and the price of a square metre in thousands.
const CITIES: [(&str, f64, f64); 5] = [
    ("Oslo", 0.35, 6.0),
    ("Bonn", 0.25, 4.2),
    ("Rome", 0.2, 3.6),
    ("Lyon", 0.15, 3.9),
    ("Graz", 0.05, 3.3),
];

/// Energy classes, from the best.
pub const ENERGY: [&str; 7] = ["A", "B", "C", "D", "E", "F", "G"];

/// Conditions, their share of the homes, and a factor of the price.
const CONDITIONS: [(&str, f64, f64); 3] = [
    ("new", 0.2, 1.12),
    ("good", 0.55, 1.0),
    ("needs work", 0.25, 0.82),
];

/// The table as text. Nothing in it is real: sizes, years and prices are drawn from formulas. The energy class is missing
/// most often for old homes, so that a gap says something.
pub fn csv() -> String {
    let mut rng = generator(20);
    let mut text = "city,area,rooms,built,energy,condition,sold,price\n".to_owned();
    for _ in 0..ROWS {
        row(&mut rng, &mut text);
    }
    text
}

fn row(rng: &mut Generator, text: &mut String) {
    let (city, _, per_metre) = chosen(&CITIES, rng);
    let (condition, _, factor) = chosen(&CONDITIONS, rng);
    let area = (4.3 + 0.35 * f64::standard_normal(rng)).exp().round();
    let rooms = (area / 25.0 + 0.6 * f64::standard_normal(rng)).round();
    let rooms = rooms.clamp(1.0, 8.0);
    let built = 1900.0 + (123.0 * rng.random::<f64>().powf(0.7)).floor();
    let energy = (2023.0 - built) / 20.0 + f64::standard_normal(rng);
    let energy = energy.round().clamp(0.0, 6.0) as usize;
    let (year, month, day) = (
        rng.random_range(2019..2024),
        rng.random_range(1..13),
        rng.random_range(1..29),
    );
    let years = f64::from(year - 2019) + f64::from(month) / 12.0;
    // old homes of one city are sought after
    let charm = if *city == "Oslo" && built < 1930.0 {
        1.25
    } else {
        1.0
    };
    let noise = (0.08 * f64::standard_normal(rng)).exp();
    let price = per_metre * area.powf(0.95) * factor * charm * noise;
    let price = price * (1.0 - 0.06 * energy as f64) * 1.06_f64.powf(years);

    let mut gap = |share: f64, value: String| {
        let is_gap = rng.random::<f64>() < share;
        if is_gap { String::new() } else { value }
    };
    let old = if built < 1950.0 { 0.5 } else { 0.1 };
    let cells = [
        gap(0.02, (*city).to_owned()),
        gap(0.05, area.to_string()),
        rooms.to_string(),
        gap(0.08, built.to_string()),
        gap(old, ENERGY[energy].to_owned()),
        (*condition).to_owned(),
        format!("{year}-{month:02}-{day:02}"),
        format!("{price:.1}"),
    ];
    writeln!(text, "{}", cells.join(",")).expect("a string takes any text");
}

/// One of these, by their shares.
fn chosen<'a, T>(items: &'a [(T, f64, f64)], rng: &mut Generator) -> &'a (T, f64, f64) {
    let mut left = rng.random::<f64>();
    let passed = items.iter().position(|&(_, share, _)| {
        left -= share;
        left < 0.0
    });
    &items[passed.unwrap_or(items.len() - 1)]
}

/// What becomes of the columns: numbers and dates are standardised, with indicators of their gaps; categories are
/// one-hot, with a category of its own for an energy class that is missing.
///
/// # Errors
/// Rows that do not suit the pipeline.
pub fn pipeline(train: &Table) -> Result<FittedPipeline, PipelineError> {
    let energy = Categorical::new().impute(Fill::Constant("unknown".to_owned()));
    Pipeline::new()
        .numbers(Numeric::new().indicator())
        .column("energy", energy)
        .fit(train)
}

/// Mean of |prediction − price| / price.
pub fn relative_error(prices: &Array1<f64>, predictions: &Array1<f64>) -> f64 {
    let errors = (predictions - prices).mapv(f64::abs) / prices;
    errors.mean().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use dl_data::Csv;
    use serde_json::Value;

    use super::*;

    const TABLE: &str = include_str!("../data/homes.csv");

    #[test]
    fn the_table_is_what_the_formulas_give() {
        assert_eq!(csv(), TABLE);
    }

    #[test]
    #[ignore = "writes the table"]
    fn write() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/homes.csv");
        std::fs::write(path, csv()).expect("written");
    }

    fn sides() -> (Table, Table) {
        let reader = Csv::new().dates(["sold"]);
        let table = reader.read_table(TABLE.as_bytes(), "homes.csv").unwrap();
        let homes = table.without("price").unwrap();
        let (train, test): (Vec<_>, Vec<_>) = (0..homes.len()).partition(|&row| row < TRAIN);
        (homes.select(&train).unwrap(), homes.select(&test).unwrap())
    }

    /// Those of `python/tabular.py`.
    #[test]
    fn the_numbers_of_the_pipeline_are_scikit_learns() {
        let reference: Value =
            serde_json::from_str(include_str!("../python/tabular.json")).unwrap();
        let (train, test) = sides();
        let pipeline = pipeline(&train).unwrap();
        let found = pipeline.transform::<f64>(&test).unwrap();
        let names = pipeline.feature_names();
        let rows: Vec<Vec<f64>> = serde_json::from_value(reference["rows"].clone()).unwrap();
        assert_eq!(rows.len(), 10);
        for (i, row) in rows.iter().enumerate() {
            assert_eq!(row.len(), names.len());
            for ((&found, expected), name) in found.row(24 * i).iter().zip(row).zip(&names) {
                assert!(
                    (found - expected).abs() <= 1e-9,
                    "{name}: {found}, {expected}"
                );
            }
        }
        let sums: Vec<f64> = serde_json::from_value(reference["sums"].clone()).unwrap();
        for ((column, sum), name) in found.columns().into_iter().zip(sums).zip(&names) {
            assert!((column.sum() - sum).abs() <= 1e-9, "{name}");
        }
    }
}
