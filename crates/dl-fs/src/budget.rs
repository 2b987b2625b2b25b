//! The cost budget of a file.

use std::cell::Cell;
use std::fmt;

/// How much memory and compute reading a file and using its contents may cost.
///
/// A few bytes can request any amount of either: a shape of 2⁴⁰ elements, a name repeated a million times, a
/// dilation that makes a plan of gigabytes. Readers count what they are about to allocate or compute against the
/// file's budget, and reject a file that exceeds it.
///
/// The budget is 64 MiB of memory plus 16 bytes per byte of the file, and 2³⁴ multiply-adds (seconds on one core)
/// plus 2¹⁶ per byte.
#[derive(Debug, Clone)]
pub struct Budget {
    file_size: u64,
    memory: Cell<u64>,
    work: Cell<u64>,
}

/// A file that would cost more than its size warrants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} takes {}, but a file of {} warrants {} in all",
    amount(*needed, self.unit),
    bytes(*file_size),
    total(*allowed, self.unit)
)]
pub struct OverBudget {
    /// The item that costs too much.
    pub what: String,
    /// The unit of the cost.
    pub unit: CostUnit,
    /// Its cost.
    pub needed: u64,
    /// The total that the file may cost.
    pub allowed: u64,
    /// The file's size in bytes.
    pub file_size: u64,
}

/// What a [`Budget`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostUnit {
    /// Bytes of memory.
    Bytes,
    /// Multiply-adds.
    MultiplyAdds,
}

impl Budget {
    const MEMORY: u64 = 64 << 20;
    const MEMORY_PER_BYTE: u64 = 16;
    const WORK: u64 = 1 << 34;
    const WORK_PER_BYTE: u64 = 1 << 16;

    /// The budget of a file of `file_size` bytes.
    pub fn for_file(file_size: u64) -> Self {
        let per_byte = |cost: u64| file_size.saturating_mul(cost);
        Self {
            file_size,
            memory: Cell::new(Self::MEMORY.saturating_add(per_byte(Self::MEMORY_PER_BYTE))),
            work: Cell::new(Self::WORK.saturating_add(per_byte(Self::WORK_PER_BYTE))),
        }
    }

    /// Remaining bytes of memory.
    pub fn memory(&self) -> u64 {
        self.memory.get()
    }

    /// Remaining multiply-adds.
    pub fn work(&self) -> u64 {
        self.work.get()
    }

    /// Counts `bytes` of memory for `what`.
    ///
    /// # Errors
    /// [`OverBudget`] if fewer are left; nothing is counted in that case.
    pub fn take_memory(&self, what: impl fmt::Display, bytes: u64) -> Result<(), OverBudget> {
        self.take(&self.memory, CostUnit::Bytes, &what, bytes)
    }

    /// Counts multiply-adds, or other operations that take as long, for `what`.
    ///
    /// # Errors
    /// [`OverBudget`] if fewer are left; nothing is counted in that case.
    pub fn take_work(&self, what: impl fmt::Display, multiply_adds: u64) -> Result<(), OverBudget> {
        self.take(&self.work, CostUnit::MultiplyAdds, &what, multiply_adds)
    }

    fn take(
        &self,
        left: &Cell<u64>,
        unit: CostUnit,
        what: &dyn fmt::Display,
        needed: u64,
    ) -> Result<(), OverBudget> {
        let Some(rest) = left.get().checked_sub(needed) else {
            let whole = Self::for_file(self.file_size);
            return Err(OverBudget {
                what: what.to_string(),
                unit,
                needed,
                allowed: match unit {
                    CostUnit::Bytes => whole.memory(),
                    CostUnit::MultiplyAdds => whole.work(),
                },
                file_size: self.file_size,
            });
        };
        left.set(rest);
        Ok(())
    }
}

fn amount(cost: u64, unit: CostUnit) -> String {
    match unit {
        CostUnit::Bytes => format!("{} of memory", bytes(cost)),
        CostUnit::MultiplyAdds => format!("{cost} multiply-adds"),
    }
}

fn total(cost: u64, unit: CostUnit) -> String {
    match unit {
        CostUnit::Bytes => bytes(cost),
        CostUnit::MultiplyAdds => cost.to_string(),
    }
}

/// `7 bytes`, `64 MiB`, `1.5 GiB`.
fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1 << 10 {
        return format!("{count} bytes");
    }
    let power = count.ilog2() / 10;
    let value = count as f64 / (1_u64 << (10 * power)) as f64;
    let unit = UNITS[power as usize - 1];
    // three significant digits
    let decimals = 2 - (value.log10() as usize).min(2);
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_successful_requests_are_counted() {
        let budget = Budget::for_file(1000);
        let memory = (64 << 20) + 16_000;
        assert_eq!(budget.memory(), memory);
        budget.take_memory("a", memory - 10).unwrap();
        let error = budget.take_memory("b", 11).unwrap_err();
        assert_eq!((error.needed, error.allowed), (11, memory));
        budget.take_memory("c", 10).unwrap();
        assert_eq!(budget.memory(), 0);
        // the other budget is untouched
        assert_eq!(budget.work(), (1 << 34) + (1000 << 16));
        let error = budget.take_work("the prediction", u64::MAX).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the prediction takes 18446744073709551615 multiply-adds, but a file of 1000 bytes \
             warrants 17245405184 in all"
        );
    }

    #[test]
    fn a_file_of_any_size_has_a_budget() {
        assert_eq!(Budget::for_file(u64::MAX).memory(), u64::MAX);
        assert_eq!(Budget::for_file(u64::MAX).work(), u64::MAX);
    }

    #[test]
    fn sizes_have_three_digits_and_a_unit() {
        let cases = [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (49_000, "47.9 KiB"),
            (64 << 20, "64 MiB"),
            (1000 << 20, "1000 MiB"),
            (1 << 30, "1 GiB"),
            (u64::MAX, "16 EiB"),
        ];
        for (count, text) in cases {
            assert_eq!(bytes(count), text);
        }
    }
}
