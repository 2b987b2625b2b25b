//! Mistakes that other readers tolerate and misread: each is an error with its line and column, or read correctly.

use dl_data::ndarray::array;
use dl_data::{Csv, CsvError, Dataset, Malformed};
use proptest::prelude::*;

fn read(csv: &Csv, table: &str) -> Result<Dataset<f64>, CsvError> {
    csv.read(table.as_bytes(), "t.csv")
}

#[track_caller]
fn malformed(table: &str, at: (usize, usize), expected: Malformed) {
    match read(&Csv::new(), table) {
        Err(CsvError::Malformed {
            line,
            column,
            problem,
            ..
        }) => {
            assert_eq!(((line, column), problem), (at, expected));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_quote_that_is_never_closed() {
    malformed(
        "a,y\n1,p\n2,q\n3,\"p\n4,q\n5,p\n",
        (4, 2),
        Malformed::UnclosedQuote,
    );
    malformed("a,y\n1,p\n2,q\n3,\"p", (4, 2), Malformed::UnclosedQuote);
    malformed("a,y\n1,p\n2,\"", (3, 2), Malformed::UnclosedQuote);
    malformed("\"a,y\n1,p\n2,q\n", (1, 1), Malformed::UnclosedQuote);
    // the last quote is one of a doubled pair
    malformed("a,y\n1,p\n2,\"q\"\"\n", (3, 2), Malformed::UnclosedQuote);
    malformed("a,y\r\n1,p\r\n2,\"q\r\n", (3, 2), Malformed::UnclosedQuote);
    // also in an ignored column
    let error = read(&Csv::new().ignore("b"), "a,b,y\n1,\"x,p\n2,x,q\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "t.csv, line 2, column 2: the field begins with a quote that is never closed"
    );
}

#[test]
fn a_quote_that_another_field_closes() {
    // the field is "p\n4,", and q follows its quote
    malformed(
        "a,y\n3,\"p\n4,\"q\"\n5,p\n",
        (3, 2),
        Malformed::TextAfterQuote { opened: 2 },
    );
    malformed(
        "a,y\n3,\"p\n4,q\n5,\"r\n",
        (4, 2),
        Malformed::TextAfterQuote { opened: 2 },
    );
}

#[test]
fn a_quote_inside_an_unquoted_field() {
    for (table, at) in [
        ("a,y\n1,5\" nail\n2,q\n", (2, 2)),
        ("a,y\n1,p\"\n2,q\n", (2, 2)),
        ("a,y\n1\"5,p\n", (2, 1)),
        ("a,y\n1,p\"q,r\"\n", (2, 2)),
        ("a,the \"y\"\n1,p\n", (1, 2)),
    ] {
        malformed(table, at, Malformed::QuoteInField);
    }
    let error = read(&Csv::new(), "a,y\n1,5\" nail\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "t.csv, line 2, column 2: a quote inside an unquoted field; quote the field \
         and double its quotes, or disable quoting"
    );
}

#[test]
fn text_behind_a_closing_quote() {
    for table in [
        "a,y\n1,\"p\"q\n2,q\n",
        "a,y\n1,\"p\" q\n2,q\n",
        "a,y\n1,\"p\" \"q\"\n2,q\n",
        "a,y\n1,\"a\\\"b\"\n",
    ] {
        malformed(table, (2, 2), Malformed::TextAfterQuote { opened: 2 });
    }
    let error = read(&Csv::new(), "a,y\n1,\"p\"q\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "t.csv, line 2, column 2: text after the closing quote of the field that begins on line 2; \
         quotes inside a field must be doubled"
    );
}

#[test]
fn spaces_around_quotes_are_no_part_of_the_field() {
    let table = "weight, species\n3.1, \"cat\"\n7.9,\t\"big, dog\" \n \"4.5\" ,cat\n";
    let pets = read(&Csv::new(), table).unwrap();
    assert_eq!(pets.class_names(), ["big, dog", "cat"]);
    assert_eq!(pets.features(), array![[3.1], [7.9], [4.5]]);
}

/// As with pandas, whose `read_csv` keeps spaces inside quotes in names and labels.
#[test]
fn spaces_in_quotes_are_part_of_the_field() {
    let table = "\" x\",\"y \"\n\" 1\", \" a\"\n2,\"a\"\n\"3\t\",\"a \" \n4, a \n";
    let data = read(&Csv::new(), table).unwrap();
    assert_eq!(data.class_names(), [" a", "a", "a "]);
    assert_eq!(data.labels(), array![0, 1, 2, 1]);
    assert_eq!(data.feature_names(), [" x"]);
    assert_eq!(data.features(), array![[1.], [2.], [3.], [4.]]);
    let error = read(&Csv::new().classes(["a", "a "]), table).unwrap_err();
    assert!(
        matches!(error, CsvError::UnknownClass { ref text, .. } if text == " a"),
        "{error}"
    );
    assert!(read(&Csv::new().label("y"), table).is_err());
    read(&Csv::new().label("y "), table).unwrap();
    // numbers and missing values are not names
    let table = "x,y\n\" 1\",\" 2 \"\n\" NA \",2\n\" \",\"10\"\n3,2\n4,10\n";
    let data = read(&Csv::new().drop_missing(), table).unwrap();
    assert_eq!(data.class_names(), ["2", "10"]);
    assert_eq!(data.features(), array![[1.], [3.], [4.]]);
    let error = read(&Csv::new(), "\" \",y\n1,p\n2,q\n").unwrap_err();
    assert!(
        matches!(
            error,
            CsvError::UnnamedColumn {
                ends_line: false,
                ..
            }
        ),
        "{error}"
    );
}

/// The line ends with a blank, not a separator.
#[test]
fn blanks_at_the_end_of_a_line() {
    for label in [" ", " \t ", "\" \"", "\u{a0}"] {
        let error = read(&Csv::new(), &format!("a,y\n1,{label}\n2,q\n")).unwrap_err();
        let CsvError::MissingLabel { at, ends_line, .. } = &error else {
            panic!("{label:?}: {error}");
        };
        assert_eq!((at.line, ends_line), (2, &false), "{label:?}: {error}");
        // the first error is reported
        let error = read(&Csv::new(), &format!("a,y\nx,{label}\n2,q\n")).unwrap_err();
        assert!(matches!(error, CsvError::NotANumber { .. }), "{error}");
    }
    let error = read(&Csv::new(), "a,y\n1,\n2,q\n").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("since the line ends with a separator")
    );
    let error = read(&Csv::new(), "a,y\n1,p, \n2,q\n").unwrap_err();
    assert_eq!(error.to_string(), "t.csv, line 2: 3 fields, expected 2");
    let error = read(&Csv::new(), "a,y, \n1,p, \n").unwrap_err();
    assert!(!error.to_string().contains("since"), "{error}");
}

#[test]
fn quoted_fields_hold_separators_line_ends_and_quotes() {
    let table = "a,\"the \"\"y\"\"\"\n1,\"p, or\r\nso\"\n2,\"\"\"q\"\"\"\n3,q\n";
    let data = read(&Csv::new(), table).unwrap();
    assert_eq!(data.class_names(), ["\"q\"", "p, or\r\nso", "q"]);
    assert_eq!(data.labels(), array![1, 0, 2]);
    // a later error names the right line
    let error = read(&Csv::new(), &format!("{table}x,q\n")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "t.csv, line 6, column 1 (a): \"x\" is not a number"
    );
    // a quoted empty field is a field even where a blank line would be skipped
    let error = Csv::new()
        .read_features::<f64>(&b"a\n1\n\"\"\n\n2\n"[..], "t.csv")
        .unwrap_err();
    assert!(
        matches!(error, CsvError::Missing { ref at, .. } if at.line == 3),
        "{error}"
    );
}

#[test]
fn other_quotes_or_none() {
    let table = "a,y\n1,'p, q'\n2,\"\n";
    let data = read(&Csv::new().quote('\''), table).unwrap();
    assert_eq!(data.class_names(), ["\"", "p, q"]);
    let data = read(&Csv::new().quote(None), "a,y\n1,5\" nail\n2,\"q\"\n").unwrap();
    assert_eq!(data.class_names(), ["\"q\"", "5\" nail"]);
}

#[test]
fn bytes_no_text_has() {
    malformed("a,y\n1,p\0\n2,q\n", (2, 2), Malformed::NulByte);
    malformed("a,y\n1,\"p\0\"\n2,q\n", (2, 2), Malformed::NulByte);
    let utf16 = |bytes: &[u8]| match Csv::new().read::<f64>(bytes, "t.csv") {
        Err(CsvError::Malformed { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(utf16(b"\xFF\xFEa\0,\0y\0\n\0"), Malformed::Utf16);
    assert_eq!(utf16(b"\xFE\xFF\0a\0,\0y\0\n"), Malformed::Utf16);
    // without a mark
    assert_eq!(utf16(b"a\0,\0y\0\n\0"), Malformed::NulByte);
}

#[test]
fn byte_order_marks() {
    let data = read(&Csv::new(), "\u{feff}\"a\",y\n1,p\n2,q\n").unwrap();
    assert_eq!(data.feature_names(), ["a"]);
    malformed(
        "\u{feff}\u{feff}a,y\n1,p\n2,q\n",
        (1, 1),
        Malformed::ByteOrderMark,
    );
    // two concatenated files
    malformed("a,y\n1,p\n2,\u{feff}q\n", (3, 2), Malformed::ByteOrderMark);
}

#[test]
fn a_lone_carriage_return_ends_a_line() {
    let expected = read(&Csv::new(), "a,y\n1,p\n2,q\n3,q\n").unwrap();
    assert_eq!(read(&Csv::new(), "a,y\r1,p\r2,q\r3,q").unwrap(), expected);
    assert_eq!(
        read(&Csv::new(), "a,y\r\n1,p\r2,q\n\r\n\r3,q\r\r\n").unwrap(),
        expected
    );
    let error = read(&Csv::new(), "a,b,y\n1,2\r3,p\n").unwrap_err();
    assert_eq!(error.to_string(), "t.csv, line 2: 2 fields, expected 3");
}

#[test]
fn rows_of_other_lengths() {
    let says = |table: &str, expected: &str| {
        assert_eq!(read(&Csv::new(), table).unwrap_err().to_string(), expected);
    };
    says("a,b,y\n1,2,p\n3,q\n", "t.csv, line 3: 2 fields, expected 3");
    says(
        "a,b,y\n1,2,p\n3,4,5,q\n",
        "t.csv, line 3: 4 fields, expected 3",
    );
    says("a,b,y\n1,2,p,,\n", "t.csv, line 2: 5 fields, expected 3");
    // a quoted field is intentional
    says("a,b,y\n1,2,p,\"\"\n", "t.csv, line 2: 4 fields, expected 3");
    says(
        "a,b,y\n1,2,p,\n3,4,q,\n",
        "t.csv, line 2: 4 fields, expected 3; the last is empty, since the line ends with a separator",
    );
}

#[test]
fn a_separator_that_ends_every_line() {
    let table = "a,b,y,\n1,2,p,\n3,4,q,\n";
    let error = read(&Csv::new(), table).unwrap_err();
    assert_eq!(
        error.to_string(),
        "t.csv, line 1: column 4 has no name, since the line ends with a separator; ignore it by its \
         index, 3 (from 0), or, if this is data, read the table without a header"
    );
    let data = read(&Csv::new().ignore(3), table).unwrap();
    assert_eq!(
        (data.features(), data.class_names()),
        (&array![[1., 2.], [3., 4.]], &["p".into(), "q".into()][..])
    );

    let csv = Csv::new().header(false);
    let error = read(&csv, "1,2,p,\n3,4,q,\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "t.csv, line 1, column 4 (x3): missing label (\"\", since the line ends with a separator); \
         labels are never imputed, but rows with missing values can be dropped"
    );
    assert_eq!(
        read(&csv.ignore(3), "1,2,p,\n3,4,q,\n").unwrap().labels(),
        array![0, 1]
    );
}

#[test]
fn a_row_of_more_fields_than_its_bytes_warrant() {
    let table = ",".repeat(4 << 20);
    let error = Csv::new()
        .read_features::<f32>(table.as_bytes(), "t.csv")
        .unwrap_err();
    assert!(
        matches!(error, CsvError::TooManyFields { line: 1, .. }),
        "{error}"
    );
}

proptest! {
    /// Labels of any characters, in any dialect.
    #[test]
    fn quoted_labels_are_read_as_they_were_written(
        labels in prop::collection::vec("x[a-z\"',;#\\n\\r\\t é]{0,8}", 2..20),
        (separator, quote) in prop_oneof![
            Just((',', '"')), Just((';', '"')), Just(('\t', '\'')), Just((' ', '"')), Just(('|', '\'')),
        ],
        line_end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
    ) {
        let mut table = String::new();
        for (row, label) in labels.iter().enumerate() {
            let label = label.replace(quote, &format!("{quote}{quote}"));
            table += &format!("{row}{separator}{quote}{label}{quote}{line_end}");
        }
        table += &format!("0{separator}other{line_end}");
        let csv = Csv::new().header(false).separator(separator).quote(quote).comment('#');
        let data = read(&csv, &table).unwrap();
        prop_assert_eq!(data.len(), labels.len() + 1);
        for (row, label) in labels.iter().enumerate() {
            prop_assert_eq!(&data.class_names()[data.labels()[row]], label);
        }
    }
}
