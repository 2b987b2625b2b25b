//! The program of the workspace README: that of the user's project, built with this workspace.

include!("../../user-project/src/bin/readme.rs");
