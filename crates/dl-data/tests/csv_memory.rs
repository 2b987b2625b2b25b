//! Reading a table takes a few times its size in memory, whatever its fields are, within `dl_fs::Budget`. A
//! separate program with a single test, since the allocations of the whole process are counted.

use std::alloc::System;
use std::fmt::Write;

use cap::Cap;
use dl_data::{Csv, CsvError};
use dl_fs::Budget;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

const SIZE: usize = 6 << 20;

/// A table of about `SIZE` bytes, one line per number.
fn table(header: &str, line: impl Fn(usize, &mut String)) -> String {
    let mut table = String::with_capacity(SIZE + 100);
    table += header;
    (0..)
        .take_while(|&number| {
            line(number, &mut table);
            table.len() < SIZE
        })
        .for_each(drop);
    table
}

/// Reads it and checks that the peak memory use is within its budget.
fn read<T>(what: &str, table: &str, read: impl FnOnce(&[u8]) -> T) -> T {
    let before = MEMORY.allocated();
    let result = read(table.as_bytes());
    // the peak of the whole run: the tables have the same size, so the first to exceed its budget is found
    let peak = MEMORY.max_allocated() - before;
    let times = peak / table.len();
    let budget = Budget::for_file(table.len() as u64).memory();
    assert!(peak as u64 <= budget, "{what}: {times} times its size");
    result
}

#[test]
fn tables_cost_what_their_size_warrants() {
    let csv = Csv::new();
    let ones = table("a\n", |_, text| *text += "1\n");
    let (rows, _) = read("a column", &ones, |t| csv.read_features::<f64>(t, "t")).unwrap();
    assert!(rows.nrows() > SIZE / 3);
    let pairs = table("a,y\n", |i, text| *text += ["1,p\n", "1,q\n"][i % 2]);
    read("labels", &pairs, |t| csv.read::<f64>(t, "t")).unwrap();

    read("a typed column", &ones, |t| csv.read_table(t, "t")).unwrap();
    read("categories", &pairs, |t| csv.read_table(t, "t")).unwrap();
    let gaps = table("a,b\n", |_, text| *text += ",\n");
    let gaps = read("gaps", &gaps, |t| csv.read_table(t, "t")).unwrap();
    assert_eq!(gaps.column("b").unwrap().missing(), gaps.len());

    // one line of fields
    let wide = table("", |i, text| write!(text, "c{i},").unwrap());
    let wide = wide + "last\n";
    let error = read("names", &wide, |t| csv.read_features::<f64>(t, "t")).unwrap_err();
    assert!(matches!(error, CsvError::TooManyFields { .. }), "{error}");
    let fewer = wide[..wide.len() / 4].rsplit_once(',').unwrap().0;
    let digits = vec!["1"; fewer.split(',').count()].join(",");
    let mut fewer = format!("{fewer}\n");
    while fewer.len() < SIZE {
        fewer += &digits;
        fewer += "\n";
    }
    let (_, names) = read("columns", &fewer, |t| csv.read_features::<f64>(t, "t")).unwrap();
    assert!(names.len() > 100_000);
    read("typed columns", &fewer, |t| csv.read_table(t, "t")).unwrap();
    let holes = ",".repeat(SIZE);
    let error = read("holes", &holes, |t| csv.read_features::<f64>(t, "t")).unwrap_err();
    assert!(matches!(error, CsvError::TooManyFields { .. }), "{error}");

    // classes: as numbers, and as names
    for first in ["", "k"] {
        let labels = table("a,y\n", |i, text| writeln!(text, "1,{first}{i}").unwrap());
        let result = read("classes", &labels, |t| csv.read::<f64>(t, "t"));
        let error = result.unwrap_err();
        assert!(matches!(error, CsvError::TooManyClasses { .. }), "{error}");
        let several = table("a,y\n", |i, text| {
            writeln!(text, "1,{first}{}", i % 400_000).unwrap();
        });
        let data = read("classes", &several, |t| csv.read::<f64>(t, "t")).unwrap();
        assert_eq!(data.class_names().len(), 400_000);
        let names = csv.clone().categories(["a", "y"]);
        let result = read("names", &labels, |t| names.read_table(t, "t"));
        let error = result.unwrap_err();
        assert!(matches!(error, CsvError::TooManyClasses { .. }), "{error}");
        let table = read("names", &several, |t| names.read_table(t, "t")).unwrap();
        assert_eq!(table.categories("y").unwrap().names().len(), 400_000);
    }
}
