//! Errors in a table are reported with their location, and no table causes a panic.

use dl_data::{Csv, CsvError, Dataset};
use proptest::prelude::*;

#[track_caller]
fn says(result: Result<Dataset<f32>, CsvError>, expected: &str) {
    assert_eq!(result.unwrap_err().to_string(), expected);
}

fn read(csv: &Csv, table: &str) -> Result<Dataset<f32>, CsvError> {
    csv.read(table.as_bytes(), "t.csv")
}

fn read_regression(table: &str) -> String {
    let result = Csv::new().read_regression::<f32>(table.as_bytes(), "t.csv");
    result.unwrap_err().to_string()
}

#[test]
fn fields() {
    let csv = Csv::new();
    says(
        read(&csv, "a,b,c\n1,2,p\n3,1.5x,q\n"),
        r#"t.csv, line 3, column 2 (b): "1.5x" is not a number"#,
    );
    says(
        read(&csv, "a,b,c\n1,1e39,p\n"),
        r#"t.csv, line 2, column 2 (b): "1e39" is not a finite f32"#,
    );
    says(
        read(&csv, "a,b,c\n-inf,1,p\n"),
        r#"t.csv, line 2, column 1 (a): "-inf" is not a finite f32"#,
    );
    says(
        read(&csv, "a,b,c\n1,2,p\n3,q\n"),
        "t.csv, line 3: 2 fields, expected 3",
    );
    says(
        csv.read(&b"a,c\n1,p\n2\xFF,q\n"[..], "t.csv"),
        "t.csv, line 3, column 1 (a): \"2\u{fffd}\" is not UTF-8",
    );
    says(
        csv.read(&b"a,b\xFF\n1,p\n"[..], "t.csv"),
        "t.csv, line 1, column 2 (x1): \"b\u{fffd}\" is not UTF-8",
    );
    let long = "x".repeat(1000);
    says(
        read(&csv, &format!("a,c\n{long},p\n")),
        &format!(
            "t.csv, line 2, column 1 (a): \"{}…\" is not a number",
            "x".repeat(40)
        ),
    );
    says(
        read(&csv.header(false), "a,b,c\n1,2,p\n"),
        r#"t.csv, line 1, column 1 (x0): "a" is not a number"#,
    );
}

#[test]
fn lines_are_counted_whatever_ends_them() {
    let error = r#"t.csv, line 6, column 1 (a): "x" is not a number"#;
    for table in [
        "a,c\n1,p\n\n2,q\n\nx,p\n",
        "a,c\r\n1,p\r\n\r\n2,q\r\n\r\nx,p\r\n",
        "a,c\r1,p\r\r2,q\r\rx,p\r",
        "\u{feff}a,c\n1,p\n  \n2,q\n  \nx,p",
        "a,c\n1,\"two\nlines\"\n2,q\n3,q\nx,p\n",
    ] {
        says(read(&Csv::new(), table), error);
    }
}

#[test]
fn missing_values() {
    let csv = Csv::new();
    says(
        read(&csv, "a,b,c\n1,2,p\n3,,q\n"),
        r#"t.csv, line 3, column 2 (b): missing value (""); read a table (Csv::read_table), whose pipeline imputes it, or drop such rows (Csv::drop_missing)"#,
    );
    says(
        read(&csv, "a,b,c\n1,2,p\n3,4,?\n"),
        r#"t.csv, line 3, column 3 (c): missing label ("?"); labels are never imputed, but rows with missing values can be dropped"#,
    );
    assert_eq!(
        read_regression("a,y\n1,2\n3,NA\n"),
        r#"t.csv, line 3, column 2 (y): missing label ("NA"); labels are never imputed, but rows with missing values can be dropped"#,
    );
    says(
        read(&csv.drop_missing(), "a,b,c\n1,,p\n3,NaN,q\n"),
        "t.csv: no data rows (2 dropped for missing values)",
    );
}

#[test]
fn columns() {
    let csv = Csv::new();
    says(
        read(&csv.clone().label("species"), "a,b,c\n1,2,p\n"),
        r#"t.csv: no column "species"; the columns are a, b, c"#,
    );
    says(
        read(&csv.clone().ignore(3), "a,b,c\n1,2,p\n"),
        "t.csv: no column at index 3 (from 0); the columns are a, b, c",
    );
    let many: Vec<String> = (0..100).map(|i| format!("a{i}")).collect();
    says(
        read(&csv.clone().label("b"), &many.join(",")),
        "t.csv: no column \"b\"; the columns are a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, … (100 in all)",
    );
    says(
        read(&csv.clone().label("c"), "a,c,c\n1,2,p\n"),
        r#"t.csv: columns 2 and 3 are both named "c"; ignore one by its index, 2 (from 0)"#,
    );
    says(
        read(&csv.clone().header(false).label("c"), "1,2,p\n"),
        r#"t.csv: column "c" is requested by name, but the table has no header; use its index"#,
    );
    says(
        read(&csv, "5.1,3.5,setosa\n4.9,3.0,setosa\n"),
        "t.csv, line 1: expected a header, but this looks like data (5.1, 3.5, setosa); \
         read the table without a header if it is data, or declare the header if these are names",
    );
    says(
        read(&csv, "c\np\nq\n"),
        r#"t.csv: no feature column besides the label "c""#,
    );
    says(
        read(&csv.ignore("a"), "a,c\n1,p\n2,q\n"),
        r#"t.csv: no feature column besides the label "c""#,
    );
}

#[test]
fn classes() {
    let known = Csv::new().classes(["setosa", "versicolor"]);
    says(
        read(&known, "a,c\n1,setosa\n2,setossa\n"),
        r#"t.csv, line 3, column 2 (c): "setossa" is not one of the known classes setosa, versicolor"#,
    );
    says(
        read(&Csv::new().classes(["p", "q", "p"]), "a,c\n1,p\n"),
        r#"t.csv: classes 0 and 2 are both named "p""#,
    );
    says(
        read(&Csv::new().classes(["p"]), "a,c\n1,p\n"),
        "t.csv: 1 classes; classification needs at least 2",
    );
    says(
        read(&Csv::new(), "a,c\n1,p\n2,p\n"),
        r#"t.csv, column 2 (c): every label is "p"; at least 2 classes are needed"#,
    );
}

#[test]
fn emptiness() {
    let csv = Csv::new();
    for table in ["", "\n\n", "  \n", "\u{feff}", "a,b,c\n"] {
        says(read(&csv, table), "t.csv: no data rows");
        says(
            read(&csv.clone().header(true), table),
            "t.csv: no data rows",
        );
    }
}

#[test]
fn files() {
    let result = Csv::new().load::<f32>("no/such/file.csv");
    let message = result.unwrap_err().to_string();
    assert!(message.starts_with("no/such/file.csv: "), "{message}");
    let folder = std::env::temp_dir();
    let message = Csv::new().load::<f32>(&folder).unwrap_err().to_string();
    assert!(
        message.starts_with(&folder.display().to_string()),
        "{message}"
    );
}

#[test]
fn the_location_of_an_error_is_accessible() {
    match read(&Csv::new(), "a,b,c\n1,x,p\n") {
        Err(CsvError::NotANumber { at, text }) => {
            assert_eq!((at.line, at.column, at.name.as_str()), (2, 2, "b"));
            assert_eq!(text, "x");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_target_is_a_number() {
    assert_eq!(
        read_regression("a,y\n1,2\n3,four\n"),
        r#"t.csv, line 3, column 2 (y): "four" is not a number"#,
    );
}

fn settings_of_all_kinds() -> impl Strategy<Value = Csv> {
    let header = prop::option::of(any::<bool>());
    let label = prop::option::of(0usize..5);
    let marks = prop_oneof![
        4 => Just(Csv::new()),
        1 => Just(Csv::new().quote(None)),
        1 => Just(Csv::new().comment('#').missing_markers(["", "a"])),
        1 => Just(Csv::new().separator('\t').decimal(',').thousands('.')),
        1 => Just(Csv::new().whitespace().quote('a')),
    ];
    (
        any::<bool>(),
        header,
        label,
        marks,
        any::<char>(),
        any::<bool>(),
    )
        .prop_map(|(drop_missing, header, label, marks, separator, comma)| {
            let mut csv = match drop_missing {
                true => marks.drop_missing(),
                false => marks,
            };
            if let Some(header) = header {
                csv = csv.header(header);
            }
            if let Some(label) = label {
                csv = csv.label(label);
            }
            match comma {
                true => csv,
                false => csv.separator(separator),
            }
        })
}

/// Reads it in all ways; a table is either valid or an error that names the table or the setting.
fn read_all_ways(csv: &Csv, table: &[u8]) -> Result<(), TestCaseError> {
    let classes = csv.read::<f32>(table, "t.csv").map(|data| data.len());
    let numbers = csv
        .read_regression::<f64>(table, "t.csv")
        .map(|data| data.len());
    let typed = csv.read_table(table, "t.csv").map(|table| table.len());
    for result in [classes, numbers, typed] {
        match result {
            Ok(rows) => prop_assert!(rows > 0),
            Err(
                CsvError::Character { .. }
                | CsvError::Contradiction { .. }
                | CsvError::NoLabels { .. },
            ) => {}
            Err(error) => prop_assert!(error.to_string().starts_with("t.csv"), "{}", error),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes(
        csv in settings_of_all_kinds(),
        table in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        read_all_ways(&csv, &table)?;
    }

    #[test]
    fn the_characters_tables_are_made_of(
        csv in settings_of_all_kinds(),
        table in "(\u{feff})?([0-9.eN?A\"a, \t\r\n-]|\n|,){0,80}",
    ) {
        read_all_ways(&csv, table.as_bytes())?;
    }

    #[test]
    fn iris_with_some_bytes_changed(
        csv in settings_of_all_kinds(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in any::<prop::sample::Index>(),
    ) {
        let mut table = include_bytes!("../data/iris.csv").to_vec();
        for (place, byte) in changes {
            let place = place.index(table.len());
            table[place] = byte;
        }
        table.truncate(end.index(table.len()));
        read_all_ways(&csv, &table)?;
    }
}
