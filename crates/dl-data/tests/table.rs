//! Tables: how CSV files become typed columns, and how labels are taken out of them.

use dl_data::ndarray::array;
use dl_data::{ColumnKind, Csv, Series, Table, generator};

fn read(csv: &Csv, text: &str) -> Table {
    csv.read_table(text.as_bytes(), "t.csv").unwrap()
}

fn error(csv: &Csv, text: &str) -> String {
    let read = csv.read_table(text.as_bytes(), "t.csv");
    read.unwrap_err().to_string()
}

fn kinds(table: &Table) -> Vec<ColumnKind> {
    table.columns().map(|(_, series)| series.kind()).collect()
}

fn names<'a>(table: &'a Table, column: &str) -> Vec<Option<&'a str>> {
    table.categories(column).unwrap().iter().collect()
}

#[test]
fn each_column_has_the_kind_of_its_cells() {
    use ColumnKind::{Category, Date, Number};
    let text =
        "n,c,when,zip,gaps\n1.5,a,2024-02-29,0123,\n,?,NA,4567,\n-2e3,b,2024-03-01T12:00,0123,\n";
    let csv = Csv::new().dates(["when"]).categories(["zip"]);
    let table = read(&csv, text);
    assert_eq!(table.len(), 3);
    assert_eq!(kinds(&table), [Number, Category, Date, Category, Number]);
    let n = table.numbers("n").unwrap();
    assert_eq!((n[0], n[2]), (1.5, -2000.0));
    assert!(n[1].is_nan());
    assert_eq!(names(&table, "c"), [Some("a"), None, Some("b")]);
    assert_eq!(
        names(&table, "zip"),
        [Some("0123"), Some("4567"), Some("0123")]
    );
    let when = table.numbers("when").unwrap();
    assert_eq!((when[0], when[2]), (19_782.0, 19_783.5));
    assert_eq!(table.column("gaps").unwrap().missing(), 3);
    // without a choice, dates are categories and codes numbers
    assert_eq!(
        kinds(&read(&Csv::new(), text)),
        [Number, Category, Category, Number, Number]
    );
    // options of the reader hold
    let csv = Csv::new()
        .separator(';')
        .decimal(',')
        .missing_markers(["-"])
        .only(["b", "a"]);
    let table = read(&csv, "a;b;c\n1,5;x;\n-;y;\n");
    let columns: Vec<_> = table.columns().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(columns, ["b", "a"]);
    assert_eq!(table.column("a").unwrap().missing(), 1);
    // rows with gaps can be dropped
    assert_eq!(
        read(&Csv::new().drop_missing(), "a,b\n1,x\n,y\n3,?\n4,z\n").len(),
        2
    );
    assert_eq!(
        error(&Csv::new().drop_missing(), "a,b\n1,\n"),
        "t.csv: no data rows (1 dropped for missing values)"
    );
}

#[test]
fn names_are_in_order() {
    let table = read(&Csv::new().categories(["n"]), "n,c\n10,b\n9,Z\n1,a\n");
    assert_eq!(table.categories("n").unwrap().names(), ["1", "9", "10"]);
    assert_eq!(table.categories("c").unwrap().names(), ["Z", "a", "b"]);
    assert_eq!(names(&table, "c"), [Some("b"), Some("Z"), Some("a")]);
}

#[test]
fn doubtful_columns_are_refused_with_their_place() {
    let csv = Csv::new();
    let mixed = "id,age\n1,31\n2,4S\n3,52\n";
    assert_eq!(
        error(&csv, mixed),
        "t.csv, line 3, column 2 (age): \"4S\" among numbers: 2 of 3 cells are numbers; if it marks a missing value, \
         add it to Csv::missing_markers; if the column is one of categories, name it in Csv::categories"
    );
    assert_eq!(
        names(&read(&csv.clone().categories(["age"]), mixed), "age")[1],
        Some("4S")
    );
    assert_eq!(
        error(&csv.clone().numbers(["age"]), mixed),
        r#"t.csv, line 3, column 2 (age): "4S" is not a number"#
    );
    assert!(error(&csv, "a\n1\ninf\n").contains("\"inf\" among numbers"));

    let text = |n: usize| {
        let rows = (0..n).map(|i| format!("{i},remark {}\n", i * 2 / 3));
        "n,remark\n".to_owned() + &rows.collect::<String>()
    };
    read(&csv, &text(30));
    assert_eq!(
        error(&csv, &text(33)),
        "t.csv, line 2, column 2 (remark): \"remark 0\": free text, 22 different texts in 33 cells; ignore the column \
         (Csv::ignore), or say that its texts are categories (Csv::categories)"
    );
    read(&csv.clone().ignore("remark"), &text(33));
    read(&csv.clone().categories(["remark"]), &text(33));

    assert_eq!(
        error(
            &csv.clone().dates(["d"]),
            "d,x\n2024-02-29,1\n2023-02-29,2\n"
        ),
        "t.csv, line 3, column 1 (d): \"2023-02-29\" is not a date: YYYY-MM-DD is expected, or with a time, \
         YYYY-MM-DDTHH:MM or YYYY-MM-DDTHH:MM:SS, without a zone"
    );
}

#[test]
fn settings_are_checked() {
    let csv = Csv::new();
    assert_eq!(
        error(&csv.clone().label("a"), "a,b\n1,2\n"),
        "Csv::label says what labels are, but a table has none: Table::classes or Table::target takes them out"
    );
    assert!(error(&csv.clone().classes(["p"]), "a,b\n1,2\n").starts_with("Csv::classes says"));
    assert_eq!(
        error(&csv.clone().categories(["b"]).numbers([1]), "a,b\n1,2\n"),
        "t.csv: column 2 (b) cannot be both categories and numbers"
    );
    assert_eq!(
        error(&csv.clone().dates(["when"]), "a,b\n1,2\n"),
        "t.csv: no column \"when\"; the columns are a, b"
    );
    assert_eq!(
        error(&csv, "1,x\n2,y\n").split(';').next().unwrap(),
        "t.csv, line 1: expected a header, but this looks like data (1, x)"
    );
    let table = read(&csv.header(false), "1,x\n2,y\n");
    assert_eq!(kinds(&table), [ColumnKind::Number, ColumnKind::Category]);
}

#[test]
fn a_table_is_valid() {
    let says = |columns: Vec<(&str, Series)>| Table::new(columns).unwrap_err().to_string();
    let numbers = |values: &[f64]| Series::Numbers(values.to_vec());
    assert_eq!(
        says(vec![]),
        "a table needs at least one column and one row"
    );
    assert_eq!(
        says(vec![("a", numbers(&[]))]),
        "a table needs at least one column and one row"
    );
    assert_eq!(
        says(vec![("a", numbers(&[1.0])), ("a", numbers(&[1.0]))]),
        "two columns are named `a`"
    );
    assert_eq!(
        says(vec![
            ("a", numbers(&[1.0])),
            ("b", Series::categories([Some("x"), None]))
        ]),
        "column `b` has 2 rows, but the first column has 1"
    );
    assert_eq!(
        says(vec![("a", numbers(&[1.0, f64::INFINITY]))]),
        "row 1 of column `a` is inf; numbers must be finite, or NaN where missing"
    );
    let table = read(&Csv::new(), "age,city\n1,Oslo\n2,Rome\n");
    assert_eq!(
        table.numbers("city").unwrap_err().to_string(),
        "column `city` contains categories, but numbers are expected"
    );
    assert!(table.categories("age").is_err());
    assert_eq!(
        table.select(&[2]).unwrap_err().to_string(),
        "row 2 is out of range: the data has 2 rows"
    );
    assert!(table.select(&[]).is_err());
    let rest = table.clone().without("age").unwrap();
    assert_eq!(
        rest.without("city").unwrap_err().to_string(),
        "column `city` is the only one: no column is left to predict from"
    );
}

#[test]
fn labels_of_text_integers_and_other_numbers() {
    for (labels, expected) in [
        (["no", "yes", "no", "yes"], ["no", "yes"]),
        (["0", "10", "0", "10"], ["0", "10"]),
        (["-1", "2", "-1.0", "2"], ["-1", "2"]),
        (["0.5", "1e1", "0.5", "10"], ["0.5", "10"]),
    ] {
        let rows = labels.iter().map(|label| format!("1,{label}\n"));
        let text = "x,y\n".to_owned() + &rows.collect::<String>();
        let data = read(&Csv::new(), &text).classes("y").unwrap();
        assert_eq!(data.class_names(), expected);
        assert_eq!(data.labels(), array![0, 1, 0, 1]);
        let columns: Vec<_> = data
            .features()
            .columns()
            .map(|(name, _)| name.to_owned())
            .collect();
        assert_eq!(columns, ["x"]);
    }
    let table = read(&Csv::new(), "x,y\n1,yes\n2,no\n");
    let data = table
        .clone()
        .classes_in_order("y", ["yes", "no", "never"])
        .unwrap();
    assert_eq!(data.labels(), array![0, 1]);
    assert_eq!(data.class_counts(), [1, 1, 0]);
    assert_eq!(
        table
            .clone()
            .classes_in_order("y", ["yes", "never"])
            .unwrap_err()
            .to_string(),
        r#"row 1 of column `y` is "no", which is not one of the classes yes, never"#
    );
    assert_eq!(
        table
            .select(&[0])
            .unwrap()
            .classes("y")
            .unwrap_err()
            .to_string(),
        "1 classes; classification needs at least 2"
    );
    assert_eq!(
        table.target("y").unwrap_err().to_string(),
        "column `y` contains categories, but numbers are expected"
    );
    let gaps = read(&Csv::new(), "x,y\n1,yes\n2,\n3,no\n");
    assert_eq!(
        gaps.classes("y").unwrap_err().to_string(),
        "row 1 of column `y` is missing: labels and targets are never imputed; drop such rows when reading \
         (Csv::drop_missing), or select the others"
    );
}

#[test]
fn both_sides_of_a_split_number_their_classes_alike() {
    let rows = (0..20).map(|i| format!("{i},{}\n", i % 4));
    let text = "x,y\n".to_owned() + &rows.collect::<String>();
    let data = read(&Csv::new(), &text).classes("y").unwrap();
    let (train, test) = data.split(0.2, &mut generator(1)).unwrap();
    assert_eq!(train.class_counts(), [4; 4]);
    assert_eq!(test.class_counts(), [1; 4]);
    for side in [&train, &test] {
        let x = side.features().numbers("x").unwrap();
        let classes = x.iter().map(|x| *x as usize % 4);
        assert!(classes.eq(side.labels().iter().copied()));
    }
    for fold in data.k_fold(5, &mut generator(1)).unwrap() {
        assert_eq!(data.select(&fold.test).unwrap().class_counts(), [1; 4]);
    }
}

#[test]
fn targets_are_split_with_their_rows() {
    let rows = (0..10).map(|i| format!("{i},{}\n", 10 * i));
    let text = "x,y\n".to_owned() + &rows.collect::<String>();
    let data = read(&Csv::new(), &text).target("y").unwrap();
    let (train, test) = data.split(0.3, &mut generator(1)).unwrap();
    assert_eq!((train.target().len(), test.target().len()), (7, 3));
    for side in [&train, &test] {
        let x = side.features().numbers("x").unwrap();
        assert!(x.iter().zip(side.target()).all(|(x, y)| 10.0 * x == *y));
        assert_eq!(side.target_name(), "y");
    }
    let (train, test) = data.features().split(0.3, &mut generator(1)).unwrap();
    assert_eq!((train.len(), test.len()), (7, 3));
}
