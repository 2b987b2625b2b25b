//! Tables in other dialects, and options that contradict each other.

use dl_data::ndarray::array;
use dl_data::{Csv, CsvError, Dataset};

fn read(csv: &Csv, table: &str) -> Dataset<f64> {
    csv.read(table.as_bytes(), "t.csv").unwrap()
}

fn error(csv: &Csv, table: &str) -> String {
    csv.read::<f64>(table.as_bytes(), "t.csv")
        .unwrap_err()
        .to_string()
}

#[test]
fn decimal_commas_and_thousands() {
    let csv = Csv::new().separator(';').decimal(',').thousands('.');
    let data = read(&csv, "a;b;y\n1.234,5;-0,25;p\n12;3,5e2;q\n");
    assert_eq!(data.features(), array![[1234.5, -0.25], [12., 350.]]);
    assert_eq!(
        error(&csv, "a;b;y\n1.5;2;p\n"),
        r#"t.csv, line 2, column 1 (a): "1.5" is not a number"#
    );
    // the target, too
    let homes = csv
        .read_regression::<f64>(&b"a;y\n1;2,5\n2;1.000\n"[..], "t.csv")
        .unwrap();
    assert_eq!(homes.target(), array![2.5, 1000.]);
    // an English table of quoted numbers
    let csv = Csv::new().thousands(',');
    assert_eq!(
        read(&csv, "a,y\n\"1,234.5\",p\n7,q\n").features(),
        array![[1234.5], [7.]]
    );
    assert_eq!(
        error(&csv, "a,y\n1,234.5,p\n"),
        "t.csv, line 2: 3 fields, expected 2"
    );
    assert_eq!(
        error(&csv, "a,y\n\"1,5\",p\n"),
        r#"t.csv, line 2, column 1 (a): "1,5" is not a number"#
    );
    // a decimal comma is not a number by default
    assert_eq!(
        error(&Csv::new().separator(';'), "a;y\n1,5;p\n"),
        r#"t.csv, line 2, column 1 (a): "1,5" is not a number"#
    );
}

#[test]
fn comments() {
    let table = "# made by hand\n\na,y # names\n  # 1,p\n1,p\n2,\"# q\" # two\n#\n3,p\n# end";
    let data = read(&Csv::new().comment('#'), table);
    assert_eq!(data.features(), array![[1.], [2.], [3.]]);
    assert_eq!(data.class_names(), ["# q", "p"]);
    assert_eq!(
        error(&Csv::new().comment('#'), &table.replace("3,p", "x,p")),
        r#"t.csv, line 8, column 1 (a): "x" is not a number"#
    );
    // there are no comments by default
    assert_eq!(
        error(&Csv::new(), "a,y\n# 1,p\n"),
        r##"t.csv, line 2, column 1 (a): "# 1" is not a number"##
    );
    assert_eq!(
        error(&Csv::new().comment('%'), "% nothing\n"),
        "t.csv: no data rows"
    );
}

#[test]
fn any_number_of_spaces() {
    let table = "  a \t  b   y\n\n 1   2  p  \n\t3\t4\t\"q r\"\n   \n 5 6 p";
    let csv = Csv::new().whitespace();
    let data = read(&csv, table);
    assert_eq!(data.features(), array![[1., 2.], [3., 4.], [5., 6.]]);
    assert_eq!(data.class_names(), ["p", "q r"]);
    assert_eq!(
        error(&csv, "a b y\n1  p\n"),
        "t.csv, line 2: 2 fields, expected 3"
    );
    assert_eq!(
        read(
            &csv.clone().comment('#').decimal(','),
            "a y # names\n1,5 p\n# x\n2,5 q\n"
        )
        .features(),
        array![[1.5], [2.5]]
    );
    assert_eq!(
        error(&csv, "a y\n1 \"p\"q\n"),
        "t.csv, line 2, column 2: text after the closing quote of the field that begins on line 2; \
         quotes inside a field must be doubled"
    );
}

#[test]
fn what_marks_a_missing_value() {
    let complete = Csv::new().drop_missing();
    for marker in [
        "", "  ", "\"\"", "?", "NA", "na", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NULL",
        "null", "NaN", "nan", "-NaN", "-nan", "None", "1.#IND", "-1.#IND", "1.#QNAN",
    ] {
        let table = format!("a,b,y\n1,{marker},p\n2,3,q\n4,5,p\n");
        assert_eq!(
            read(&complete, &table).features(),
            array![[2., 3.], [4., 5.]],
            "{marker:?}"
        );
        let rejected = Csv::new()
            .read::<f64>(table.as_bytes(), "t.csv")
            .unwrap_err();
        assert!(matches!(rejected, CsvError::Missing { .. }), "{rejected}");
    }
    for other in ["-", ".", "missing", "1.#", "??"] {
        let table = format!("a,b,y\n1,{other},p\n2,3,q\n");
        assert!(
            matches!(
                complete.read::<f64>(table.as_bytes(), "t.csv"),
                Err(CsvError::NotANumber { .. })
            ),
            "{other}"
        );
    }
}

#[test]
fn markers_by_choice() {
    let csv = Csv::new().drop_missing().missing_markers(["-999", "n.d."]);
    assert_eq!(
        read(&csv, "a,b,y\n-999,1,p\n2, n.d. ,q\n3,4,p\n5,6,q\n").features(),
        array![[3., 4.], [5., 6.]]
    );
    // compared exactly, and instead of the defaults
    for other in ["N.D.", "?", "", "-999.0x"] {
        let table = format!("a,b,y\n1,{other},p\n2,3,q\n");
        assert!(
            matches!(
                csv.read::<f64>(table.as_bytes(), "t.csv"),
                Err(CsvError::NotANumber { .. })
            ),
            "{other}"
        );
    }
    // a label, too
    let csv = Csv::new().drop_missing().missing_markers(["unknown"]);
    assert_eq!(
        read(&csv, "a,y\n1,p\n2,unknown\n3,NA\n").class_names(),
        ["NA", "p"]
    );
}

#[test]
fn none_is_a_class() {
    let csv = Csv::new().drop_missing();
    let data = read(&csv, "a,disease\n1,None\n2,flu\n3,NULL\nNone,flu\n4,none\n");
    assert_eq!(data.class_names(), ["None", "flu", "none"]);
    assert_eq!(data.labels(), array![0, 1, 2]);
}

#[test]
fn labels_that_are_numbers_are_in_the_order_of_numbers() {
    let classes = |labels: &[&str]| {
        let rows: Vec<String> = labels.iter().map(|label| format!("0,{label}")).collect();
        let data = read(&Csv::new(), &format!("a,y\n{}\n", rows.join("\n")));
        let labels = data.labels().to_vec();
        (data.class_names().to_vec(), labels)
    };
    assert_eq!(
        classes(&["10", "9", "2", "9"]),
        (vec!["2".into(), "9".into(), "10".into()], vec![2, 1, 0, 1])
    );
    assert_eq!(
        classes(&["0.5", "-1", "1e1", "-0.25"]).0,
        ["-1", "-0.25", "0.5", "1e1"]
    );
    // a number written in several ways
    assert_eq!(
        classes(&["1.0", "2", "1", "2.00", "01"]),
        (vec!["1".into(), "2".into()], vec![0, 1, 0, 1, 0])
    );
    assert_eq!(classes(&["0", "-0.0", "1"]).0, ["0", "1"]);
    assert_eq!(classes(&["007", "01234"]).0, ["007", "01234"]);
    // more digits than an f64 has
    assert_eq!(
        classes(&["9007199254740993", "9007199254740992"]).0,
        ["9007199254740992", "9007199254740993"]
    );
    // not all labels are numbers
    assert_eq!(
        classes(&["10", "9", "B12", "1", "1.0"]).0,
        ["1", "1.0", "10", "9", "B12"]
    );

    let german = Csv::new().separator(';').decimal(',');
    assert_eq!(
        read(&german, "a;y\n0;10\n0;2,5\n0;2,50\n").class_names(),
        ["2,5", "10"]
    );
    let single = error(&Csv::new(), "a,y\n0,1\n0,1.0\n");
    assert!(single.contains("every label is \"1\""), "{single}");
}

#[test]
fn options_that_contradict_each_other() {
    let says = |csv: Csv, first: &str, second: &str| {
        assert_eq!(
            error(&csv, "a,y\n1,p\n"),
            format!("{first} and {second} contradict each other")
        );
    };
    let csv = Csv::new;
    says(csv().decimal(','), "separator ','", "decimal ','");
    says(
        csv().separator(';').decimal(';'),
        "separator ';'",
        "decimal ';'",
    );
    says(csv().comment(','), "separator ','", "comment ','");
    says(csv().quote(','), "separator ','", "quote ','");
    says(csv().separator('"'), "separator '\"'", "quote '\"'");
    says(csv().comment('"'), "quote '\"'", "comment '\"'");
    says(csv().thousands('.'), "decimal '.'", "thousands '.'");
    says(
        csv().thousands(',').quote(None),
        "separator ','",
        "thousands ','",
    );
    says(
        csv().thousands('\'').quote('\''),
        "quote '\\''",
        "thousands '\\''",
    );
    says(
        csv().comment('#').thousands('#'),
        "comment '#'",
        "thousands '#'",
    );
    says(
        csv().separator(';').decimal(',').quote(','),
        "decimal ','",
        "quote ','",
    );
    says(
        csv().separator(';').whitespace(),
        "separator ';'",
        "whitespace",
    );
    says(csv().whitespace().quote(' '), "whitespace ' '", "quote ' '");
    says(
        csv().whitespace().comment('\t'),
        "whitespace '\\t'",
        "comment '\\t'",
    );
    says(
        csv().whitespace().decimal(' '),
        "whitespace ' '",
        "decimal ' '",
    );
}

#[test]
fn characters_that_cannot_be() {
    let allowed = "other than a letter, a digit, a line end or part of a number";
    for c in [
        '\n', '\r', '\0', '7', 'e', '-', '+', '.', 'µ', '\u{a0}', '長',
    ] {
        let one = format!("{c:?}: it must be one ASCII character {allowed}");
        assert_eq!(
            error(&Csv::new().separator(c), "a,c\n1,p\n"),
            format!("separator {one}")
        );
        assert_eq!(
            error(&Csv::new().quote(c), "a,c\n1,p\n"),
            format!("quote {one}")
        );
        assert_eq!(
            error(&Csv::new().comment(c), "a,c\n1,p\n"),
            format!("comment {one}")
        );
    }
    for c in ['\n', '7', 'e', '-'] {
        let one = format!("{c:?}: it must be a character {allowed}");
        assert_eq!(
            error(&Csv::new().decimal(c), "a,c\n1,p\n"),
            format!("decimal {one}")
        );
        assert_eq!(
            error(&Csv::new().thousands(c), "a,c\n1,p\n"),
            format!("thousands {one}")
        );
    }
}
