//! The lists of arrays a layer shows.

use dl_core::Scalar;

use super::ContractError;
use crate::layer::{Layer, Param, ParamMut};

/// The lists of parameters and of state agree with their mutable twins.
pub(super) fn check<F: Scalar>(layer: &mut dyn Layer<F>) -> Result<(), ContractError> {
    for list in ["params", "state"] {
        let read = match list {
            "params" => layer.params(),
            _ => layer.state(),
        };
        for (i, Param { name, .. }) in read.iter().enumerate() {
            if read[..i].iter().any(|other| other.name == *name) {
                let name = name.to_string();
                return Err(ContractError::DuplicateName { list, name });
            }
        }
        let read = described(&read);
        let changed = match list {
            "params" => described_mut(&layer.params_mut()),
            _ => described_mut(&layer.state_mut()),
        };
        if let Some((index, read, changed)) = first_difference(&read, &changed) {
            return Err(ContractError::List {
                list,
                index,
                read,
                changed,
            });
        }
    }
    Ok(())
}

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

/// The first place where two lists differ, and what each has there.
pub(crate) fn first_difference(a: &[String], b: &[String]) -> Option<(usize, String, String)> {
    let index = (0..a.len().max(b.len())).find(|&i| a.get(i) != b.get(i))?;
    let item = |list: &[String]| list.get(index).map_or("nothing".to_owned(), String::clone);
    Some((index, item(a), item(b)))
}
