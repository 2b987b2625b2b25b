//! The program of the workspace README: that of the user's project, built with this workspace.

#![allow(clippy::print_stdout, reason = "as a user would write it")]

include!("../../user-project/src/bin/readme.rs");
