//! Checks of JSON text before it is parsed: what its values cost, and whether an object has a duplicate key, of
//! which serde would silently keep the last.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use dl_fs::{Budget, OverBudget};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Bytes per value in a list whose capacity is twice its length.
const VALUE: u64 = 64;

/// Bytes of an object without entries: a tree node with room for eleven.
const OBJECT: u64 = 640;

/// Bytes of an entry without its value.
const ENTRY: u64 = 64;

/// Text that is not JSON or not allowed.
#[derive(Debug)]
pub(crate) enum JsonError {
    /// The parser will report the position.
    Syntax,
    /// An object has this duplicate key.
    Duplicate(String),
    Cost(OverBudget),
}

/// Counts the memory of the values in `text`, whatever they are parsed into, and checks each object for duplicate
/// keys.
pub(crate) fn check(text: &str, what: &str, budget: &Budget) -> Result<(), JsonError> {
    let state = State {
        what,
        budget,
        found: RefCell::new(None),
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    let walked = Walk(&state).deserialize(&mut reader);
    let walked = walked.and_then(|()| reader.end());
    walked.map_err(|_| state.found.into_inner().unwrap_or(JsonError::Syntax))
}

struct State<'a> {
    what: &'a str,
    budget: &'a Budget,
    /// Why the walk ended, unless it was a syntax error.
    found: RefCell<Option<JsonError>>,
}

impl State<'_> {
    fn take<E: Error>(&self, bytes: u64) -> Result<(), E> {
        let taken = self.budget.take_memory(self.what, bytes);
        taken.map_err(|over| self.end(JsonError::Cost(over)))
    }

    fn end<E: Error>(&self, found: JsonError) -> E {
        *self.found.borrow_mut() = Some(found);
        E::custom("rejected")
    }
}

/// Visits one value and discards it.
#[derive(Clone, Copy)]
struct Walk<'a>(&'a State<'a>);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.take(VALUE)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.0.take(VALUE)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.0.take(VALUE)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.0.take(VALUE)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.0.take(VALUE)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.take(VALUE + text.len() as u64)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        self.0.take(VALUE)?;
        while values.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.0.take(VALUE + OBJECT)?;
        let mut keys = HashSet::new();
        while let Some(Key(key)) = entries.next_key()? {
            self.0.take(ENTRY + key.len() as u64)?;
            if let Some(key) = keys.replace(key) {
                return Err(self.0.end(JsonError::Duplicate(key.into_owned())));
            }
            entries.next_value_seed(self)?;
        }
        Ok(())
    }
}

/// A key, borrowed from the text unless it has escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(), JsonError> {
        check(text, "the text", &Budget::for_file(text.len() as u64))
    }

    #[test]
    fn a_key_twice_in_one_object_is_found_at_any_depth() {
        for text in [
            r#"{"a": 1, "a": 1}"#,
            r#"{"b": [0, {"a": null, "c": "", "a": {}}]}"#,
            r#"{"a": 1, "\u0061": 2}"#,
        ] {
            assert!(matches!(checked(text), Err(JsonError::Duplicate(key)) if key == "a"));
        }
        checked(r#"{"a": {"a": [true, {"a": -1}]}, "b": {"a": 1.5e300}}"#).unwrap();
    }

    #[test]
    fn many_small_values_cost_too_much() {
        // 730 bytes of memory per seven bytes of text
        let many = format!("[{}0]", r#"{"":0},"#.repeat(200_000));
        assert!(matches!(checked(&many), Err(JsonError::Cost(_))));
        let fewer = format!("[{}0]", r#"{"":0},"#.repeat(20_000));
        checked(&fewer).unwrap();
    }

    #[test]
    fn invalid_json_is_reported_as_such() {
        for text in ["", "[1,]", "{} {}", "{\"a\"}"] {
            assert!(matches!(checked(text), Err(JsonError::Syntax)));
        }
    }
}
