//! Reading tables: `cargo bench -p dl-data --bench csv`.

use std::fmt::Write as _;

use dl_data::{Csv, Dataset};

fn main() {
    divan::main();
}

/// 100 000 rows of 20 numbers and a label, 17 MB.
fn table() -> String {
    let mut table: String = (0..20).map(|column| format!("x{column},")).collect();
    table += "class\n";
    let mut state = 1_u64;
    for row in 0..100_000 {
        for _ in 0..20 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let value = (state >> 44) as f64 / 1e4 - 50.0;
            write!(table, "{value:.4},").unwrap();
        }
        writeln!(table, "c{}", row % 10).unwrap();
    }
    table
}

#[divan::bench(types = [f32, f64], sample_count = 10)]
fn numbers<F: dl_data::Scalar>(bencher: divan::Bencher) {
    let table = table();
    bencher.bench(|| -> Dataset<F> { Csv::new().read(table.as_bytes(), "table").unwrap() });
}
