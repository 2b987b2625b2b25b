//! The order of a file's layers, if they are to be matched in order.

use std::collections::{BTreeMap, HashSet};

use dl_core::text::excerpt;
use dl_nn::{Model, Scalar};

use super::entry::Entry;
use super::error::{WeightsFileErrorKind, listed};
use super::layout::Layout;
use super::natural::{Chunk, natural};
use super::tensor_mapping::layers_with_weights;

/// Matches the file's layers in order with those of the model's that are not in `names`, and returns `names` with
/// these pairs added.
///
/// A layer is the prefix of a tensor's name. With `groups`, layers come in the order of the groups that their names
/// begin with. Within a group, or without groups, their order is that of the numbers in their names if they differ
/// only in numbers, or else that of the file, unless its tensors are sorted by name, as most programs write them.
/// If neither determines the order, or they contradict each other, it is an error: layers of the same shape could
/// be swapped silently.
pub(super) fn in_order<F: Scalar>(
    model: &Model<F>,
    layout: Layout,
    entries: &[Entry],
    groups: &[String],
    names: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, WeightsFileErrorKind> {
    let layers = layers_with_weights(model);
    let layers: Vec<&str> = layers
        .into_iter()
        .filter(|layer| !names.contains_key(*layer))
        .collect();
    let named: HashSet<&str> = names.values().map(String::as_str).collect();
    let mut seen = HashSet::new();
    let prefixes = entries.iter().map(|entry| layout.layer_of(&entry.name));
    let in_file: Vec<&str> = prefixes
        .filter(|prefix| !named.contains(prefix) && seen.insert(*prefix))
        .collect();
    let mut sorted = in_file.clone();
    sorted.sort_by_cached_key(|prefix| natural(prefix));
    if sorted.len() != layers.len() {
        return Err(WeightsFileErrorKind::LayerCount {
            found: listed(sorted),
            expected: listed(layers),
        });
    }
    let ordered = if layers.iter().all(|layer| seen.contains(layer)) {
        layers.clone()
    } else {
        let in_file = (!is_sorted(entries)).then_some(in_file);
        by_group(groups, sorted, in_file)?
    };
    let pairs = layers.into_iter().zip(ordered);
    let pairs = pairs.map(|(layer, prefix)| (layer.to_owned(), prefix.to_owned()));
    Ok(names.clone().into_iter().chain(pairs).collect())
}

/// Whether the order of the tensors is uninformative: sorted by name, among those of each type.
fn is_sorted(entries: &[Entry]) -> bool {
    let sorted = |pair: &[Entry]| pair[0].dtype != pair[1].dtype || pair[0].name <= pair[1].name;
    entries.windows(2).all(sorted)
}

/// The layers of each group in turn; a single group if none are given.
fn by_group<'a>(
    groups: &[String],
    sorted: Vec<&'a str>,
    in_file: Option<Vec<&'a str>>,
) -> Result<Vec<&'a str>, WeightsFileErrorKind> {
    if groups.is_empty() {
        return order(sorted, in_file);
    }
    let group_of = |prefix: &str| groups.iter().position(|group| begins_with(prefix, group));
    if let Some(outside) = sorted.iter().find(|prefix| group_of(prefix).is_none()) {
        let groups = listed(groups.iter().map(String::as_str));
        return Err(WeightsFileErrorKind::Order {
            why: format!("`{}` is in none of the groups {groups}", excerpt(outside)),
            layers: listed(sorted),
        });
    }
    let mut ordered = Vec::new();
    for group in 0..groups.len() {
        let of_group = |prefixes: &[&'a str]| {
            let prefixes = prefixes.iter().copied();
            prefixes
                .filter(|prefix| group_of(prefix) == Some(group))
                .collect::<Vec<_>>()
        };
        let in_file = in_file.as_deref().map(of_group);
        ordered.extend(order(of_group(&sorted), in_file)?);
    }
    Ok(ordered)
}

/// `features.0` begins with `features`, `conv1` with `conv`; `features` not with `feature`.
fn begins_with(prefix: &str, group: &str) -> bool {
    let rest = prefix.strip_prefix(group);
    rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphabetic() || next == '_'))
}

/// The only possible order of some layers, given sorted by name.
fn order<'a>(
    sorted: Vec<&'a str>,
    in_file: Option<Vec<&'a str>>,
) -> Result<Vec<&'a str>, WeightsFileErrorKind> {
    let numbered = sorted
        .windows(2)
        .all(|pair| differ_in_numbers(pair[0], pair[1]));
    let why = match in_file {
        Some(in_file) if !numbered || in_file == sorted => return Ok(in_file),
        Some(_) => "the numbers in their names and the order in the file differ",
        None if numbered => return Ok(sorted),
        None => "they are named differently, and the file has its tensors sorted by name",
    };
    Err(WeightsFileErrorKind::Order {
        layers: listed(sorted),
        why: why.to_owned(),
    })
}

/// Whether two names first differ in a number.
fn differ_in_numbers(a: &str, b: &str) -> bool {
    let (a, b) = (natural(a), natural(b));
    let mut runs = a.iter().zip(&b);
    matches!(
        runs.find(|(a, b)| a != b),
        Some((Chunk::Number(..), Chunk::Number(..)))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered<'a>(
        groups: &[&str],
        in_file: &[&'a str],
        is_own_order: bool,
    ) -> Result<Vec<&'a str>, String> {
        let groups: Vec<String> = groups.iter().map(|&group| group.into()).collect();
        let mut sorted = in_file.to_vec();
        sorted.sort_by_cached_key(|prefix| natural(prefix));
        let in_file = is_own_order.then(|| in_file.to_vec());
        by_group(&groups, sorted, in_file).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_or_the_file_determine_the_order() {
        let numbered = ["features.0", "features.10", "features.3"];
        let expected = ["features.0", "features.3", "features.10"];
        assert_eq!(ordered(&[], &numbered, false).unwrap(), expected);
        assert_eq!(ordered(&[], &expected, true).unwrap(), expected);
        assert_eq!(ordered(&[], &["b", "a"], true).unwrap(), ["b", "a"]);
        assert_eq!(
            ordered(&[], &["1.2.a", "1.10.b"], false).unwrap(),
            ["1.2.a", "1.10.b"]
        );
        assert_eq!(ordered(&[], &["a"], false).unwrap(), ["a"]);
    }

    #[test]
    fn an_undetermined_order_is_rejected() {
        for (in_file, is_own_order, why) in [
            (&["a", "b"][..], false, "named differently"),
            (&["fc1", "conv1"], false, "named differently"),
            (&["a", "a.0"], false, "named differently"),
            (
                &["1", "0"],
                true,
                "numbers in their names and the order in the file differ",
            ),
        ] {
            let error = ordered(&[], in_file, is_own_order).unwrap_err();
            assert!(error.contains(why) && error.contains("`rename`"), "{error}");
        }
    }

    #[test]
    fn groups_come_in_the_order_given() {
        let in_file = ["classifier.1", "features.0", "features.3"];
        let expected = ["features.0", "features.3", "classifier.1"];
        let groups = ["features", "classifier"];
        assert_eq!(ordered(&groups, &in_file, false).unwrap(), expected);
        let error = ordered(&["features"], &in_file, false).unwrap_err();
        assert!(
            error.contains("`classifier.1` is in none of the groups `features`"),
            "{error}"
        );
        assert_eq!(
            ordered(&["conv", "fc"], &["fc1", "conv2", "conv1"], false).unwrap(),
            ["conv1", "conv2", "fc1"]
        );
        let error = ordered(&["feature"], &["features.0", "features.1"], false).unwrap_err();
        assert!(error.contains("none of the groups"), "{error}");
    }
}
