//! The settings of one trial.

use std::collections::BTreeMap;
use std::fmt;

use dl_core::text::shown;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A value for each setting of a [`Space`](crate::Space), by name.
///
/// Formats as `rate=0.01 width=32`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params {
    /// The values.
    pub values: BTreeMap<String, Value>,
}

impl Params {
    /// A number.
    ///
    /// # Errors
    /// [`ParamsError`] if there is no such setting, or it is not a number.
    pub fn number(&self, name: &str) -> Result<f64, ParamsError> {
        self.value(name, "a number", Value::as_f64)
    }

    /// A count.
    ///
    /// # Errors
    /// [`ParamsError`] if there is no such setting, or it is not an integer from 0.
    pub fn count(&self, name: &str) -> Result<usize, ParamsError> {
        let count = |value: &Value| value.as_u64().and_then(|count| usize::try_from(count).ok());
        self.value(name, "an integer from 0", count)
    }

    /// A text.
    ///
    /// # Errors
    /// [`ParamsError`] if there is no such setting, or it is not a text.
    pub fn text(&self, name: &str) -> Result<&str, ParamsError> {
        self.value(name, "a text", Value::as_str)
    }

    /// All settings as a struct of the caller's:
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Settings { rate: f64, width: usize }
    ///
    /// let params: dl_select::Params = serde_json::from_str(r#"{"rate": 0.01, "width": 32}"#)?;
    /// let settings: Settings = params.read()?;
    /// assert_eq!((settings.rate, settings.width), (0.01, 32));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ParamsError::Read`] if they do not fit.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ParamsError> {
        let values = self.values.clone().into_iter().collect();
        serde_json::from_value(Value::Object(values)).map_err(|error| ParamsError::Read {
            params: self.to_string(),
            why: error.to_string(),
        })
    }

    fn value<'a, T>(
        &'a self,
        name: &str,
        expected: &'static str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<T, ParamsError> {
        let value = self.values.get(name).ok_or_else(|| ParamsError::Unknown {
            name: name.to_owned(),
            known: self.to_string(),
        })?;
        read(value).ok_or_else(|| ParamsError::Type {
            name: name.to_owned(),
            found: value.to_string(),
            expected,
        })
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, value)) in self.values.iter().enumerate() {
            let space = if i == 0 { "" } else { " " };
            let value = value.to_string();
            write!(f, "{space}{}={}", shown(name), shown(&value))?;
        }
        Ok(())
    }
}

/// A setting that is not there, or is of another type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParamsError {
    /// No setting has this name.
    #[error("there is no setting `{}` in: {known}", shown(name))]
    Unknown {
        /// The name.
        name: String,
        /// The settings there are.
        known: String,
    },
    /// A setting has a value of another type.
    #[error(
        "setting `{}` is {}, but {expected} is expected",
        shown(name),
        shown(found)
    )]
    Type {
        /// The setting.
        name: String,
        /// Its value.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The settings do not fit a struct.
    #[error("settings {params}: {why}")]
    Read {
        /// The settings.
        params: String,
        /// What serde says.
        why: String,
    },
}
