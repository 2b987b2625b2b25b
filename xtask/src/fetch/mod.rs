//! Downloads data sets in MNIST's format.

mod catalog;
mod digest;
mod download;
mod emnist;
mod error;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use examples::println;
use indicatif::{ProgressBar, ProgressStyle};
use ureq::Proxy;

use catalog::Source;
use download::{Downloader, Outcome, Patience};
use emnist::Split;

/// Download data sets in MNIST's format, checked by their SHA-256
///
/// Files that are there and right are left alone; a download that was cut off is gone on with.
#[derive(Debug, clap::Args)]
pub(crate) struct Fetch {
    /// The data sets
    #[arg(value_enum, required = true)]
    names: Vec<Name>,
    /// Where each gets a folder of its name; data/ in the repository by default
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A folder on a server to take the files of the one data set from, instead of the usual ones;
    /// may be given several times
    #[arg(long, value_name = "URL")]
    mirror: Vec<String>,
    /// The splits of EMNIST to extract [default: balanced]; its archive of all splits stays beside them (562 MB)
    #[arg(long, value_enum)]
    split: Vec<Split>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Zalando's clothes: 10 classes, 60 000 + 10 000 images, 31 MB
    FashionMnist,
    /// Cursive Japanese characters: 10 classes, 60 000 + 10 000 images, 21 MB
    Kmnist,
    /// Handwritten digits and letters in six splits: one archive of 562 MB
    Emnist,
}

impl Name {
    fn folder(self) -> &'static str {
        match self {
            Self::FashionMnist => "fashion-mnist",
            Self::Kmnist => "kmnist",
            Self::Emnist => "emnist",
        }
    }

    fn source(self) -> Source {
        match self {
            Self::FashionMnist => catalog::FASHION_MNIST,
            Self::Kmnist => catalog::KMNIST,
            Self::Emnist => catalog::EMNIST,
        }
    }
}

impl Fetch {
    pub(crate) fn run(&self) -> Result<(), Box<dyn Error>> {
        if !self.mirror.is_empty() && self.names.len() > 1 {
            return Err("--mirror is for one data set: their files have the same names".into());
        }
        if !self.split.is_empty() && !self.names.contains(&Name::Emnist) {
            return Err("--split is for emnist, which is not asked for".into());
        }
        let out = match &self.out {
            Some(out) => out.clone(),
            None => crate::programs::root().join("data"),
        };
        let downloader = Downloader::new(Patience::default(), Proxy::try_from_env());
        for name in &self.names {
            let directory = out.join(name.folder());
            fetch(&downloader, &name.source(), &self.mirror, &directory)?;
            if *name == Name::Emnist {
                let splits: &[Split] = match &self.split[..] {
                    [] => &[Split::Balanced],
                    splits => splits,
                };
                for split in splits {
                    emnist::extract(&directory.join("gzip.zip"), *split, &directory)?;
                    println!("{}: {split} extracted", directory.display());
                }
            }
        }
        Ok(())
    }
}

/// Puts all files of a source into a directory.
fn fetch(
    downloader: &Downloader,
    source: &Source,
    mirrors: &[String],
    directory: &Path,
) -> Result<(), Box<dyn Error>> {
    let mirrors: Vec<String> = if mirrors.is_empty() {
        source
            .mirrors
            .iter()
            .map(|&mirror| mirror.to_owned())
            .collect()
    } else {
        let folder = |url: &String| format!("{}/", url.trim_end_matches('/'));
        mirrors.iter().map(folder).collect()
    };
    for file in source.files {
        let bar = ProgressBar::new(file.size).with_message(file.name);
        bar.set_style(ProgressStyle::with_template(
            "{msg:26} {bar:30} {bytes:>11} of {total_bytes} {bytes_per_sec} {eta}",
        )?);
        let outcome = downloader.fetch(file, &mirrors, directory, &bar);
        bar.finish_and_clear();
        let path = directory.join(file.name);
        match outcome? {
            Outcome::AlreadyThere => println!("{}: already there", path.display()),
            Outcome::Fetched(url) => println!("{}: from {url}", path.display()),
        }
    }
    Ok(())
}
