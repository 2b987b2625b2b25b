//! Drawing rows: permutations and hold-out splits.
