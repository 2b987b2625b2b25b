//! Sums that keep their digits, however many terms they have.
//!
//! A running sum in the type of its terms loses about as many digits as the number of terms has,
//! because it outgrows what is added to it (Higham 2002, *Accuracy and Stability of Numerical
//! Algorithms*, section 4.2). Here at most sixteen terms are added in their own type; from there on sums
//! are `f64`. So a sum of `f32` is right to its last digits.
//!
//! The order depends on the number of terms alone. Several sums run side by side, so that it costs no
//! more than a running sum.

mod columns;
mod narrow;
mod rows;
mod terms;
#[cfg(test)]
mod tests;
mod tree;

pub use columns::{
    add_column_squared_deviations, add_column_sums_and_deviation_products,
    add_column_sums_and_products, add_column_totals, column_sums,
};
pub use rows::sum_rows;
pub use terms::{sum, sum_of, sum_of_pairs, sum_terms};
pub use tree::{tree_order, tree_sum};

/// Rows whose terms are added in their own type.
const RUN: usize = 16;

/// Rows as short as this have sums that stay in registers.
const NARROW: usize = 16;

/// Columns whose sums stand on the stack.
const STRIP: usize = 256;
