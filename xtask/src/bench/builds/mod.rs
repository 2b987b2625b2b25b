//! What it costs to build: the course's first program, a library, and a user's project outside the workspace.
//!
//! A cold build has a target folder of its own. What cargo downloads is there before anything is timed.

mod cost;
mod project;
mod table;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{fs, process};

use self::cost::Cost;
use self::project::{NETWORK, PROGRAMS, Project};
use self::table::{Row, Speed};
use super::quiet;
use crate::programs::{cargo, root};
use examples::println;

/// Images that the network learns from to be timed, and as many where not even the crates are optimised.
const IMAGES: usize = 6400;
const FEW_IMAGES: usize = 128;

/// How cargo compiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Profile {
    Release,
    Debug,
}

impl Profile {
    /// As cargo names the folder of what it has built.
    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Debug => "debug",
        }
    }
}

/// Measures all and prints the tables; if it is to be `quick`, only the user's project in debug mode.
pub(super) fn run(quick: bool) -> Result<(), Box<dyn Error>> {
    let builds = Builds::new(quick)?;
    let mut project = Project::copy(&builds.folder)?;
    fetch(&root().join("Cargo.toml"))?;
    fetch(project.manifest())?;
    let (mut rows, mut speeds) = (Vec::new(), Vec::new());
    let (profiles, images): (&[Profile], _) = match quick {
        true => (&[Profile::Debug], FEW_IMAGES),
        false => {
            rows = builds.workspace()?;
            (&[Profile::Release, Profile::Debug], IMAGES)
        }
    };
    for &profile in profiles {
        for program in PROGRAMS {
            rows.extend(builds.user(&project, program, profile)?);
            if program == NETWORK {
                let rate = builds.images_per_second(profile, images)?;
                speeds.push(Speed::new(profile.name(), rate));
            }
            builds.clear()?;
        }
    }
    if !quick {
        project.leave_out_profile()?;
        builds.cost(
            project.manifest(),
            &["build", "--bin", NETWORK],
            Profile::Debug,
        )?;
        let rate = builds.images_per_second(Profile::Debug, FEW_IMAGES)?;
        speeds.push(Speed::new("debug, without the profile's two lines", rate));
    }
    println!("{}\n\n{}", table::costs(&rows), table::speeds(&speeds));
    Ok(())
}

/// What cargo needs, downloaded.
fn fetch(manifest: &Path) -> Result<(), String> {
    let status = cargo()
        .arg("fetch")
        .arg("--quiet")
        .arg("--manifest-path")
        .arg(manifest)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo fetch failed ({status})")),
        Err(error) => Err(format!("cargo: {error}")),
    }
}

/// Builds in a temporary folder, which is removed at the end.
#[derive(Debug)]
struct Builds {
    folder: PathBuf,
    quick: bool,
}

impl Builds {
    fn new(quick: bool) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("builds-{}", process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { folder, quick })
    }

    /// The one target folder there is at a time.
    fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// What is built next is built from nothing.
    fn clear(&self) -> Result<(), String> {
        let target = self.target();
        fs::remove_dir_all(&target).map_err(|error| format!("{}: {error}", target.display()))
    }

    /// What cargo costs with these arguments; a program that it runs has this folder as its own.
    fn cost(&self, manifest: &Path, arguments: &[&str], profile: Profile) -> Result<Cost, String> {
        let busy = match self.quick || quiet::wait() {
            true => "",
            false => " (others use the machine)",
        };
        let mut command = cargo();
        command.args(arguments).arg("--manifest-path").arg(manifest);
        command.arg("--target-dir").arg(self.target());
        if profile == Profile::Release {
            command.arg("--release");
        }
        let cost = Cost::measure(command.current_dir(&self.folder))?;
        let (arguments, profile) = (arguments.join(" "), profile.name());
        eprintln!("cargo {arguments}, {profile}: {:.1} s{busy}", cost.wall);
        Ok(cost)
    }

    /// The README's first command, to its figures, and a library alone.
    fn workspace(&self) -> Result<Vec<Row>, String> {
        let manifest = root().join("Cargo.toml");
        let iris = ["run", "-p", "examples", "--bin", "iris_mlp"];
        let library = ["build", "-p", "dl-nn"];
        let wanted = [
            (
                "`iris_mlp` of the examples, to its figures",
                &iris[..],
                Profile::Release,
            ),
            (
                "`iris_mlp` of the examples, to its figures",
                &iris[..],
                Profile::Debug,
            ),
            ("`dl-nn`", &library[..], Profile::Release),
        ];
        let rows = wanted.into_iter().map(|(what, arguments, profile)| {
            let cost = self.cost(&manifest, arguments, profile)?;
            self.clear()?;
            Ok(Row::new(what, profile, cost))
        });
        rows.collect()
    }

    /// A program of the user's project, built from nothing, and again after a changed line.
    fn user(&self, project: &Project, program: &str, profile: Profile) -> Result<[Row; 2], String> {
        let build = || self.cost(project.manifest(), &["build", "--bin", program], profile);
        let cold = build()?;
        project.change(program)?;
        let changed = build()?;
        let row = |what: String, cost| Row::new(&what, profile, cost);
        Ok([
            row(format!("the user's `{program}`"), cold),
            row(format!("the user's `{program}`, a line changed"), changed),
        ])
    }

    /// How fast the network that was built last learns.
    fn images_per_second(&self, profile: Profile, images: usize) -> Result<f64, String> {
        let program = self.target().join(profile.name()).join(NETWORK);
        project::images_per_second(&program, images)
    }
}

impl Drop for Builds {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).ok();
    }
}
