//! Lists of arrays as text, and where two of them differ.

use crate::layer::{Param, ParamMut};

/// Name, shape and decay of each array.
pub(crate) fn described<F>(params: &[Param<'_, F>]) -> Vec<String> {
    let describe = |p: &Param<'_, F>| description(&p.name, p.value.shape(), p.decay);
    params.iter().map(describe).collect()
}

/// Name, shape and decay of each array.
pub(crate) fn described_mut<F>(params: &[ParamMut<'_, F>]) -> Vec<String> {
    let describe = |p: &ParamMut<'_, F>| description(&p.name, p.value.shape(), p.decay);
    params.iter().map(describe).collect()
}

fn description(name: &str, shape: &[usize], decay: bool) -> String {
    let decay = if decay { ", with weight decay" } else { "" };
    format!("`{name}` {shape:?}{decay}")
}

/// The first position at which two lists differ, and what each has there.
pub(crate) fn first_difference(a: &[String], b: &[String]) -> Option<(usize, String, String)> {
    let index = (0..a.len().max(b.len())).find(|&i| a.get(i) != b.get(i))?;
    let item = |list: &[String]| list.get(index).map_or("nothing".to_owned(), String::clone);
    Some((index, item(a), item(b)))
}
