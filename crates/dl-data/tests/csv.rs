//! Tables in all supported forms.

use dl_data::Csv;
use dl_data::ndarray::array;

fn read(csv: &Csv, table: &str) -> dl_data::Dataset<f64> {
    csv.read(table.as_bytes(), "table").unwrap()
}

const PETS: &str = "weight,age,species\n3.1,2,cat\n7.9,10,dog\n4.5,3,cat\n";

#[test]
fn header_and_last_column_are_the_default() {
    let pets = read(&Csv::new(), PETS);
    assert_eq!(pets.features(), array![[3.1, 2.], [7.9, 10.], [4.5, 3.]]);
    assert_eq!(pets.labels(), array![0, 1, 0]);
    assert_eq!(pets.feature_names(), ["weight", "age"]);
    assert_eq!(pets.class_names(), ["cat", "dog"]);
}

#[test]
fn a_file_is_loaded() {
    let path = std::env::temp_dir().join(format!("dl-data-{}.csv", std::process::id()));
    std::fs::write(&path, PETS).unwrap();
    let pets = Csv::new().load::<f32>(&path);
    let ages = Csv::new()
        .label("age")
        .ignore("species")
        .load_regression::<f32>(&path);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(pets.unwrap().class_counts(), [2, 1]);
    assert_eq!(ages.unwrap().target(), array![2., 10., 3.]);
}

#[test]
fn line_ends_marks_blank_lines_and_spaces_do_not_matter() {
    let expected = read(&Csv::new(), PETS);
    for table in [
        PETS.replace('\n', "\r\n"),
        PETS.replace('\n', "\r"),
        format!("\u{feff}{PETS}"),
        format!("\n  \n{PETS}\r\n \t\n\n"),
        PETS.replace('\n', "\n\n"),
        PETS.replace(',', " ,\t "),
        PETS.replace("cat", "\"cat\"").replace("4.5", "\" 4.5 \""),
        PETS.trim_end().to_owned(),
    ] {
        assert_eq!(read(&Csv::new(), &table), expected, "{table:?}");
    }
}

#[test]
fn any_separator() {
    let expected = read(&Csv::new(), PETS);
    for separator in [';', '\t', '|', ' '] {
        let table = PETS.replace(',', &separator.to_string());
        assert_eq!(read(&Csv::new().separator(separator), &table), expected);
    }
}

#[test]
fn the_label_column_by_name_and_by_number() {
    let table = "species,weight,age\ncat,3.1,2\ndog,7.9,10\ncat,4.5,3\n";
    let expected = read(&Csv::new(), PETS);
    assert_eq!(read(&Csv::new().label("species"), table), expected);
    assert_eq!(read(&Csv::new().label(0), table), expected);
}

#[test]
fn without_header() {
    let pets = read(
        &Csv::new().header(false).label(0),
        "cat,3.1,2\ndog,7.9,10\n",
    );
    assert_eq!(pets.features(), array![[3.1, 2.], [7.9, 10.]]);
    assert_eq!(pets.feature_names(), ["x1", "x2"]);
}

#[test]
fn a_numeric_header_if_requested() {
    let rain = read(&Csv::new().header(true), "2001,2002,place\n3,4,a\n5,6,b\n");
    assert_eq!(rain.feature_names(), ["2001", "2002"]);
}

#[test]
fn ignored_columns_may_hold_anything() {
    let table = "id,weight,note,species\n1,3.1,tame,cat\n2,7.9,,dog\n";
    let pets = read(&Csv::new().ignore("id").ignore(2), table);
    assert_eq!(pets.feature_names(), ["weight"]);
    assert_eq!(pets.features(), array![[3.1], [7.9]]);
}

#[test]
fn classes_are_in_alphabetic_order_or_in_the_order_given() {
    let table = "x,class\n1,b\n2,a\n3,10\n4,2\n5,B\n";
    let found = read(&Csv::new(), table);
    assert_eq!(found.class_names(), ["10", "2", "B", "a", "b"]);
    assert_eq!(found.labels(), array![4, 3, 0, 1, 2]);

    let classes = ["a", "b", "B", "2", "10", "none of these rows"];
    let given = read(&Csv::new().classes(classes), table);
    assert_eq!(given.class_names(), classes);
    assert_eq!(given.labels(), array![1, 0, 4, 3, 2]);
    assert_eq!(given.class_counts(), [1, 1, 1, 1, 1, 0]);
}

#[test]
fn a_class_may_be_named_like_a_missing_value_if_it_is_known() {
    let countries = read(&Csv::new().classes(["NA", "DE"]), "x,country\n1,NA\n2,DE\n");
    assert_eq!(countries.labels(), array![0, 1]);
}

#[test]
fn rows_with_missing_values_are_dropped_by_choice() {
    let csv = Csv::new().drop_missing();
    let left = read(&csv, "a,b,c\n1,2,p\n2,NA,q\n3,30,?\n6,7,q\n");
    assert_eq!(left.features(), array![[1., 2.], [6., 7.]]);
    assert_eq!(left.labels(), array![0, 1]);

    let table = "a,y\n1,2\n2,\n,4\n5,6\n";
    let left = csv
        .read_regression::<f64>(table.as_bytes(), "table")
        .unwrap();
    assert_eq!(left.features(), array![[1.], [5.]]);
    assert_eq!(left.target(), array![2., 6.]);
}

#[test]
fn a_class_that_only_dropped_rows_have_is_no_class() {
    let csv = Csv::new().drop_missing();
    let left = read(&csv, "a,c\n1,p\nNA,never\n2,q\n");
    assert_eq!(left.class_names(), ["p", "q"]);
}

#[test]
fn regression_reads_a_number_to_predict() {
    let table = "rooms,price,area\n3,250e3,80\n2,180e3,55\n";
    let homes = Csv::new()
        .label("price")
        .read_regression::<f32>(table.as_bytes(), "t")
        .unwrap();
    assert_eq!(homes.target(), array![250e3, 180e3]);
    assert_eq!(homes.target_name(), "price");
    assert_eq!(homes.feature_names(), ["rooms", "area"]);
    assert_eq!(homes.features(), array![[3., 80.], [2., 55.]]);
}

#[test]
fn iris_written_and_read_again_is_the_same() {
    let iris = dl_data::iris::<f64>();
    let mut table = format!("{},species\n", iris.feature_names().join(","));
    for (row, &label) in iris.features().outer_iter().zip(iris.labels()) {
        let row: Vec<String> = row.iter().map(f64::to_string).collect();
        table += &format!("{},{}\n", row.join(","), iris.class_names()[label]);
    }
    assert_eq!(read(&Csv::new(), &table), iris);
}

#[test]
fn rows_without_labels_are_features_alone() {
    let table = "a,b,name\n1,2,x\n3,4,y\n";
    let csv = Csv::new().ignore("name");
    let (x, names) = csv.read_features::<f64>(table.as_bytes(), "t").unwrap();
    assert_eq!(
        (x, names),
        (array![[1., 2.], [3., 4.]], vec!["a".into(), "b".into()])
    );
    // in a different order, and one of them ignored
    let csv = Csv::new().only(["b"]);
    let (x, _) = csv.read_features::<f64>(table.as_bytes(), "t").unwrap();
    assert_eq!(x, array![[2.], [4.]]);
    let data = Csv::new()
        .only(["b", "a"])
        .read::<f64>(table.as_bytes(), "t")
        .unwrap();
    assert_eq!(data.features(), &array![[2., 1.], [4., 3.]]);
    let error = Csv::new()
        .read_features::<f64>(table.as_bytes(), "t")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "t, line 2, column 3 (name): \"x\" is not a number"
    );
    let error = Csv::new()
        .only(["c"])
        .read_features::<f64>(table.as_bytes(), "t")
        .unwrap_err();
    assert!(error.to_string().contains("\"c\""), "{error}");
}
