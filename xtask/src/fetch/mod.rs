//! Downloads data sets in MNIST's format.

mod catalog;
mod download;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::path::PathBuf;

use clap::ValueEnum;
use examples::println;

use catalog::Name;

/// Download data sets in MNIST's format with `curl`, checked by their SHA-256
///
/// Files that are there and right are left alone; an interrupted download is resumed.
#[derive(Debug, clap::Args)]
pub(crate) struct Fetch {
    /// The data sets
    #[arg(value_enum, required = true)]
    names: Vec<Name>,
    /// Where each gets a folder of its name [default: data/ in the repository]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A folder on a server with the files of the one data set, in place of the usual ones; can be repeated
    #[arg(long, value_name = "URL")]
    mirror: Vec<String>,
}

impl Fetch {
    pub(crate) fn run(&self) -> Result<(), Box<dyn Error>> {
        if !self.mirror.is_empty() && self.names.len() > 1 {
            return Err("--mirror is for one data set: their files have the same names".into());
        }
        let own = || crate::programs::root().join("data");
        let out = self.out.clone().unwrap_or_else(own);
        for name in &self.names {
            let value = name.to_possible_value().expect("none is skipped");
            let folder = out.join(value.get_name());
            let mirrors = match &self.mirror[..] {
                [] => name.mirrors().iter().map(|&url| url.to_owned()).collect(),
                mirrors => mirrors.to_vec(),
            };
            for &file in name.files() {
                let path = folder.join(file.0);
                match download::fetch(file, &mirrors, &folder)? {
                    None => println!("{}: already there", path.display()),
                    Some(url) => println!("{}: from {url}", path.display()),
                }
            }
            if *name == Name::Emnist {
                println!(
                    "extract a split with: unzip -j {0}/gzip.zip 'gzip/emnist-balanced-*' -d {0}",
                    folder.display()
                );
            }
        }
        Ok(())
    }
}
