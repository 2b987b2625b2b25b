//! A row of data is not mistaken for a header, and columns are what their names say.

use dl_data::ndarray::array;
use dl_data::{Csv, CsvError, Dataset};

fn read(csv: &Csv, table: &str) -> Result<Dataset<f64>, CsvError> {
    csv.read(table.as_bytes(), "t.csv")
}

#[track_caller]
fn looks_like_data(csv: &Csv, table: &str) {
    let error = read(csv, table).unwrap_err();
    assert!(
        matches!(error, CsvError::HeaderIsData { .. }),
        "{table:?}: {error}"
    );
    // an explicit choice resolves it
    let error = read(&csv.clone().header(true), table);
    assert!(
        !matches!(error, Err(CsvError::HeaderIsData { .. })),
        "{table:?}"
    );
}

#[test]
fn a_first_row_of_data_with_a_hole() {
    for first in [
        "63,1,?,p",
        "63,1,,p",
        "63,1,many,p",
        "63,NA,x,p",
        "?,?,?,p",
        "NA,?,null,p",
        "low,1e3,?,p",
    ] {
        looks_like_data(&Csv::new(), &format!("{first}\n64,2,3,q\n65,4,5,p\n"));
    }
    // only text, but one of the labels
    looks_like_data(&Csv::new(), "low,high,NA,p\n64,2,3,q\n65,4,5,p\n");
    looks_like_data(
        &Csv::new().separator(';').decimal(','),
        "1,5;x;p\n2,5;3;q\n",
    );
    looks_like_data(&Csv::new().label(0), "p,1,?\nq,2,3\np,1,2\n");
    let error = Csv::new()
        .read_regression::<f64>(&b"x,63\n1,2\n"[..], "t.csv")
        .unwrap_err();
    assert!(matches!(error, CsvError::HeaderIsData { .. }), "{error}");

    let csv = Csv::new().header(false).drop_missing();
    let data = read(&csv, "63,1,?,p\n64,2,3,q\n65,4,5,p\n").unwrap();
    assert_eq!(data.features(), array![[64., 2., 3.], [65., 4., 5.]]);
}

#[test]
fn the_error_says_what_to_choose() {
    assert_eq!(
        read(&Csv::new(), "\n63,1,?,p\n64,2,3,q\n")
            .unwrap_err()
            .to_string(),
        "t.csv, line 2: expected a header, but this looks like data (63, 1, ?, p); \
         read the table without a header if it is data, or declare the header if these are names"
    );
}

#[test]
fn a_label_by_the_name_of_a_class() {
    // features are numbers, and these names are not: no row of data is lost
    let data = read(&Csv::new(), "height,weight,spam\n1,2,spam\n3,4,ham\n").unwrap();
    assert_eq!(data.feature_names(), ["height", "weight"]);
    assert_eq!(data.class_names(), ["ham", "spam"]);
    looks_like_data(&Csv::new(), "1,weight,spam\n1,2,spam\n3,4,ham\n");
}

#[test]
fn names_that_are_names() {
    // sodium among the elements of glass, and ignored columns
    let glass = "Id,RI,Na,Mg,Type\n1,1.52,13.64,4.49,p\n2,1.51,13.89,3.60,q\n";
    let data = read(&Csv::new().ignore("Id"), glass).unwrap();
    assert_eq!(data.feature_names(), ["RI", "Na", "Mg"]);
    // numbers in ignored columns
    let data = read(&Csv::new().ignore(0), "7,a,y\n1,2,p\n3,4,q\n").unwrap();
    assert_eq!(data.feature_names(), ["a"]);
    // a column is found by name, so the first line is a header
    let rain = "2001,2002,place\n3,4,a\n5,6,b\n";
    assert_eq!(
        read(&Csv::new().label("place"), rain)
            .unwrap()
            .feature_names(),
        ["2001", "2002"]
    );
    let (x, names) = Csv::new()
        .only(["2002"])
        .read_features::<f64>(rain.as_bytes(), "t.csv")
        .unwrap();
    assert_eq!((x, names), (array![[4.], [6.]], vec!["2002".to_owned()]));
}

#[test]
fn columns_without_a_name() {
    // as pandas and R write row numbers
    let table = ",a,y\n0,1.5,p\n1,2.5,q\n";
    assert_eq!(
        read(&Csv::new(), table).unwrap_err().to_string(),
        "t.csv, line 1: column 1 has no name; ignore it by its index, 0 (from 0), or, \
         if this is data, read the table without a header"
    );
    assert_eq!(
        read(&Csv::new().ignore(0), table).unwrap().features(),
        array![[1.5], [2.5]]
    );
}

#[test]
fn two_columns_of_one_name() {
    let table = "a,b,a,y\n1,2,3,p\n4,5,6,q\n";
    let says = |csv: Csv| {
        assert_eq!(
            read(&csv, table).unwrap_err().to_string(),
            r#"t.csv: columns 1 and 3 are both named "a"; ignore one by its index, 2 (from 0)"#
        );
    };
    says(Csv::new());
    says(Csv::new().only(["a"]));
    says(Csv::new().ignore("a"));
    let left = |csv: Csv| read(&csv, table).unwrap().features().to_owned();
    assert_eq!(left(Csv::new().ignore(2)), array![[1., 2.], [4., 5.]]);
    assert_eq!(left(Csv::new().ignore(0).only(["a"])), array![[3.], [6.]]);
}

#[test]
fn a_column_has_one_role() {
    let table = "a,b,y\n1,2,p\n3,4,q\n";
    let says =
        |csv: Csv, expected: &str| assert_eq!(read(&csv, table).unwrap_err().to_string(), expected);
    says(
        Csv::new().label("y").only(["a", "y"]),
        "t.csv: column 3 (y) cannot be both a feature and the label",
    );
    says(
        Csv::new().label("y").ignore(2),
        "t.csv: column 3 (y) cannot be both ignored and the label",
    );
    says(
        Csv::new().only(["a", "b"]).ignore("b"),
        "t.csv: column 2 (b) cannot be both ignored and a feature",
    );
    says(
        Csv::new().only(["a", "a"]),
        "t.csv: column 1 (a) cannot be both a feature and a feature",
    );
    // the same column ignored twice
    assert_eq!(
        read(&Csv::new().ignore("a").ignore(0), table)
            .unwrap()
            .feature_names(),
        ["b"]
    );
}

#[test]
fn the_label_is_no_feature_of_rows_without_labels() {
    let csv = Csv::new().label("y");
    let read = |table: &str| {
        csv.read_features::<f64>(table.as_bytes(), "t.csv")
            .unwrap()
            .1
    };
    assert_eq!(read("a,y,b\n1,0,2\n"), ["a", "b"]);
    assert_eq!(read("a,b\n1,2\n"), ["a", "b"]);
}

#[test]
fn a_name_does_not_reach_the_terminal_raw() {
    let red = "\u{1b}[31m\u{7}a\u{202e}";
    let shown = r"\u{1b}[31m\u{7}a\u{202e}";
    let errors = [
        read(&Csv::new(), &format!("{red},y\nx,p\n")),
        read(&Csv::new(), &format!("{red},y\n,p\n")),
        read(&Csv::new(), &format!("{red},{red},y\n1,2,p\n")),
        read(&Csv::new().label("z"), &format!("{red},y\n1,p\n")),
        read(&Csv::new(), &format!("a,{red}\n1,p\n2,p\n")),
        read(&Csv::new(), &format!("{red},y\n?,p\n?,q\n")),
        read(&Csv::new().only([red, red]), &format!("{red},y\n1,p\n")),
        read(&Csv::new(), &format!("a,y\n1,{red}\n2,{red}\n")),
        read(&Csv::new().classes([red, "q"]), "a,y\n1,p\n"),
        read(&Csv::new().classes(["p", "q"]), &format!("a,y\n1,{red}\n")),
        read(&Csv::new(), &format!("{red},y\n{red},p\n")),
        Csv::new().read(&b"a,y\nx,p\n"[..], red),
        Csv::new().load(red),
    ];
    for error in errors {
        let message = error.unwrap_err().to_string();
        assert!(message.contains(shown), "{message:?}");
        assert!(
            !message.contains(|c: char| c.is_control() || c == '\u{202e}'),
            "{message:?}"
        );
    }
    let data = read(&Csv::new(), &format!("a,y\n1,{red}\n2,p\n3,p\n")).unwrap();
    let error = data.split(0.5, &mut dl_data::generator(0)).unwrap_err();
    assert!(error.to_string().contains(shown), "{error}");
}
