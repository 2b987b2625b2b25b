//! Room for as many values as a caller asks for, or an error: a count that is a typo must not end the
//! program.

/// Not enough memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not enough memory for {count} values of {bytes} bytes each")]
pub struct OutOfMemory {
    /// How many values there should be.
    pub count: usize,
    /// What each takes.
    pub bytes: usize,
}

/// An empty vector with room for `count` values.
///
/// # Errors
/// [`OutOfMemory`] where the allocator refuses it.
pub fn room<T>(count: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut values = Vec::new();
    let bytes = size_of::<T>();
    match values.try_reserve_exact(count) {
        Ok(()) => Ok(values),
        Err(_) => Err(OutOfMemory { count, bytes }),
    }
}

/// `count` values, each made by `value`.
///
/// # Errors
/// [`OutOfMemory`] before the first is made.
pub fn filled<T>(count: usize, mut value: impl FnMut() -> T) -> Result<Vec<T>, OutOfMemory> {
    let mut values = room(count)?;
    values.extend(std::iter::repeat_with(&mut value).take(count));
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_are_an_error_before_the_first_is_made() {
        let error = filled(usize::MAX, || -> f64 { panic!("made") }).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "not enough memory for {} values of 8 bytes each",
                usize::MAX
            )
        );
        assert_eq!(filled(3, || 1), Ok(vec![1; 3]));
    }
}
