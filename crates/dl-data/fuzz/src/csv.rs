//! A CSV table with options: an error, or valid numbers and labels, with line numbers within the file.

use dl_data::{Csv, Pipeline};

/// Reads all but the first four bytes as a table, with options chosen by those four.
pub(crate) fn check(bytes: &[u8]) {
    let Some((&[separator, quote, numbers, rest], table)) = bytes.split_first_chunk() else {
        return;
    };
    let mut csv = Csv::new();
    match separator % 8 {
        0 => csv = csv.separator(';'),
        1 => csv = csv.separator('\t'),
        2 => csv = csv.separator('|'),
        3 => csv = csv.separator(' '),
        4 => csv = csv.whitespace(),
        _ => {}
    }
    match quote % 4 {
        0 => csv = csv.quote(None),
        1 => csv = csv.quote('\''),
        _ => {}
    }
    if quote & 4 != 0 {
        csv = csv.comment('#');
    }
    if numbers & 1 != 0 {
        csv = csv.decimal(',');
    }
    match numbers & 6 {
        2 => csv = csv.thousands('.'),
        4 => csv = csv.thousands(','),
        _ => {}
    }
    csv = match rest & 3 {
        0 => csv.header(true),
        1 => csv.header(false),
        _ => csv,
    };
    if rest >> 2 & 7 == 3 {
        csv = csv.drop_missing();
    }
    let any_kind = match rest >> 6 {
        1 => csv.clone().categories([0]),
        2 => csv.clone().dates([0]),
        _ => csv.clone(),
    };
    if rest & 32 != 0 {
        csv = csv.label(0);
    }

    let lines = 1 + table.iter().filter(|byte| b"\r\n".contains(byte)).count();
    if let Ok(data) = csv.read::<f32>(table, "fuzz") {
        assert!((1..=lines).contains(&data.len()));
        assert!(data.features().iter().all(|value| value.is_finite()));
        let classes = data.class_names().len();
        assert!(data.labels().iter().all(|&label| label < classes));
    }
    if let Ok(data) = csv.read_regression::<f64>(table, "fuzz") {
        assert!((1..=lines).contains(&data.len()));
        assert!(data.target().iter().all(|value| value.is_finite()));
    }
    if let Ok((features, names)) = csv.read_features::<f64>(table, "fuzz") {
        assert!((1..=lines).contains(&features.nrows()));
        assert_eq!(features.ncols(), names.len());
    }
    if let Ok(table) = any_kind.read_table(table, "fuzz") {
        assert!((1..=lines).contains(&table.len()));
        // a column may have nothing but gaps, or numbers whose deviations overflow
        if let Ok(pipeline) = Pipeline::new().fit(&table)
            && let Ok(rows) = pipeline.transform::<f64>(&table)
        {
            assert_eq!(rows.dim(), (table.len(), pipeline.width()));
            assert!(rows.iter().all(|value| value.is_finite()));
        }
    }
}
