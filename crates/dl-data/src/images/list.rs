//! The image files of a folder, class by class.

use std::{
    io,
    path::{Path, PathBuf},
};

use walkdir::{DirEntry, WalkDir};

use super::{ImageFileError, ImageProblem};

/// What a folder contains.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Names of the classes, in order.
    pub(super) class_names: Vec<String>,
    /// Each file and its class.
    pub(super) files: Vec<(PathBuf, usize)>,
    /// What is in it and is no image by its name or place.
    pub(super) odd: Vec<ImageFileError>,
}

/// Walks through the folder: entries in the order of their names, symbolic links followed, hidden entries ignored.
///
/// # Errors
/// The folder itself cannot be read.
pub(super) fn list(folder: &Path) -> Result<Listing, ImageFileError> {
    let mut listing = Listing::default();
    let walk = WalkDir::new(folder)
        .min_depth(1)
        .follow_links(true)
        .sort_by_file_name();
    let mut walk = walk.into_iter().filter_entry(|entry| !is_hidden(entry));
    while let Some(entry) = walk.next() {
        let added = match entry {
            Ok(entry) => listing.add(&entry),
            Err(error) if error.depth() == 0 => return Err(unread(error, folder)),
            Err(error) => {
                listing.odd.push(unread(error, folder));
                continue;
            }
        };
        if let Err(odd) = added {
            if odd.path.is_dir() {
                walk.skip_current_dir();
            }
            listing.odd.push(odd);
        }
    }
    Ok(listing)
}

impl Listing {
    fn add(&mut self, entry: &DirEntry) -> Result<(), ImageFileError> {
        let problem = match (entry.file_type(), entry.depth()) {
            (kind, 1) if kind.is_dir() => match entry.file_name().to_str() {
                Some(name) => {
                    self.class_names.push(name.to_owned());
                    return Ok(());
                }
                None => ImageProblem::ClassName,
            },
            (kind, _) if kind.is_dir() => return Ok(()),
            (kind, _) if !kind.is_file() => ImageProblem::Special,
            (_, 1) => ImageProblem::NoClass,
            _ if !has_image_name(entry.path()) => ImageProblem::Extension,
            _ => {
                // the class whose folder was entered last
                let class = self.class_names.len() - 1;
                self.files.push((entry.path().to_owned(), class));
                return Ok(());
            }
        };
        Err(ImageFileError {
            path: entry.path().to_owned(),
            problem,
        })
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn has_image_name(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["png", "jpg", "jpeg"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// An entry that cannot be read, a folder within itself included.
fn unread(error: walkdir::Error, folder: &Path) -> ImageFileError {
    let path = error.path().unwrap_or(folder).to_owned();
    let problem = match error.loop_ancestor() {
        Some(ancestor) => io::Error::other(format!(
            "a link back to a folder that it is in, {}",
            dl_core::text::shown_path(ancestor)
        )),
        None => error
            .into_io_error()
            .expect("all errors but loops are of the file system"),
    };
    ImageFileError {
        path,
        problem: problem.into(),
    }
}
