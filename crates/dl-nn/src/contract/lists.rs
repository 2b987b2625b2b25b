//! The lists of arrays a layer exposes.

use dl_core::Scalar;

use super::ContractError;
use super::description::{described, described_mut, first_difference};
use crate::layer::{Layer, Param};

/// Checks that the lists of parameters and of state agree with their mutable twins.
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
