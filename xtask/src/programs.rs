//! Runs the binaries of `examples`: builds them once, finds out their options, and runs several at a time.

use examples::println;
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

/// Whether the record of a run is written or read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Record {
    Write,
    Read,
}

/// A built example, and which options it has.
#[derive(Debug)]
struct Program {
    executable: PathBuf,
    /// Whether it draws figures, into the folder given by `--out`.
    draws: bool,
    /// Whether it trains for thousands of steps, over which a difference in the last bit becomes a different picture,
    /// since processors round differently. It saves the numbers of a run with `--record`, and draws from them with
    /// `--replay`.
    records: bool,
}

impl Program {
    /// Reads the program's help.
    fn ask(name: &str, executable: PathBuf) -> Result<Self, String> {
        // a program without options, which runs, finds its files from there
        let help = Command::new(&executable)
            .arg("--help")
            .current_dir(root())
            .output();
        let output = help.map_err(|error| format!("{}: {error}", executable.display()))?;
        if !output.status.success() {
            return Err(format!(
                "example `{name}` prints no help ({})",
                output.status
            ));
        }
        let help = String::from_utf8_lossy(&output.stdout);
        Ok(Self {
            executable,
            draws: has_option(&help, "--out"),
            records: has_option(&help, "--record"),
        })
    }
}

/// Whether a help text describes the option rather than mentioning it.
fn has_option(help: &str, option: &str) -> bool {
    let mut lines = help.lines().map(str::split_whitespace);
    lines.any(|mut words| words.next() == Some(option))
}

/// Some examples, by name.
#[derive(Debug)]
pub(crate) struct Programs(BTreeMap<String, Program>);

impl Programs {
    /// Builds them with a single call of cargo.
    pub(crate) fn build(names: &[String]) -> Result<Self, Box<dyn Error>> {
        if names.is_empty() {
            return Ok(Self(BTreeMap::new()));
        }
        println!("building {}", names.join(", "));
        let mut command = cargo();
        // with the features and the profile of this program, so that after the tests nothing is left to build
        command.args(["build", "--quiet", "--all-features"]);
        command.arg("--message-format=json-render-diagnostics");
        if !cfg!(debug_assertions) {
            command.arg("--release");
        }
        for name in names {
            command.args(["--bin", name]);
        }
        let output = command
            .current_dir(root())
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(format!("the examples were not built ({})", output.status).into());
        }
        let built = executables(&String::from_utf8(output.stdout)?).into_iter();
        let asked = built.map(|(name, executable)| {
            let program = Program::ask(&name, executable)?;
            Ok((name, program))
        });
        Ok(Self(asked.collect::<Result<_, String>>()?))
    }

    /// Those that draw, in the order of their names.
    pub(crate) fn drawing(&self) -> Vec<String> {
        let drawing = self.0.iter().filter(|(_, program)| program.draws);
        drawing.map(|(name, _)| name.clone()).collect()
    }

    /// Runs one that draws its figures into `directory`, and returns its output. If it fails, the error contains the
    /// output.
    pub(crate) fn run(
        &self,
        name: &str,
        directory: &Path,
        record: Record,
    ) -> Result<String, String> {
        let program = self.0.get(name).ok_or(format!("no example `{name}`"))?;
        let executable = &program.executable;
        fs::create_dir_all(directory)
            .map_err(|error| format!("{}: {error}", directory.display()))?;
        let mut command = Command::new(executable);
        command.arg("--out").arg(directory).current_dir(root());
        if program.records {
            let option = match record {
                Record::Write => "--record",
                Record::Read => "--replay",
            };
            command.arg(option).arg(record_path(name));
        }
        let output = command
            .output()
            .map_err(|error| format!("{}: {error}", executable.display()))?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        if output.status.success() {
            return Ok(stdout.into_owned());
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(format!(
            "example `{name}` failed ({}):\n{stdout}{stderr}",
            output.status
        ))
    }
}

/// The cargo that started this program.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// The names of all examples, sorted: every source file in their folder is a program, as for cargo.
pub(crate) fn names() -> Result<Vec<String>, String> {
    let folder = root().join("examples").join("src").join("bin");
    let entries = fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| format!("{}: {error}", folder.display()))?;
    let sources = entries.iter().map(fs::DirEntry::path);
    let sources = sources.filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    let names = sources.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    Ok(names.collect::<BTreeSet<_>>().into_iter().collect())
}

/// Checks the name of an example.
pub(crate) fn known(name: &str) -> Result<String, String> {
    let names = names()?;
    match names.iter().any(|known| known == name) {
        true => Ok(name.to_owned()),
        false => Err(format!("the examples are {}", names.join(", "))),
    }
}

/// The folder of the figures.
pub(crate) fn figures() -> PathBuf {
    root().join("docs").join("src").join("figures")
}

fn record_path(name: &str) -> PathBuf {
    figures().join("records").join(name).with_extension("json")
}

/// The number of cores.
pub(crate) fn default_jobs() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Calls `work` for every name, `jobs` at a time, and prints a line for each; returns the results in the order of the
/// names. After a failure, nothing more is started.
pub(crate) fn for_each<T: Send>(
    names: &[String],
    jobs: usize,
    work: impl Fn(&str) -> Result<T, String> + Sync,
) -> Result<Vec<T>, String> {
    let begun = Instant::now();
    let (next, results) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let worker = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(name) = names.get(i) else { return };
            let begun = Instant::now();
            let result = work(name);
            let seconds = begun.elapsed().as_secs_f64();
            let mut results = results.lock().expect("no worker panicked");
            let outcome = match &result {
                Ok(_) => "",
                Err(_) => "  failed",
            };
            results.insert(i, result);
            let (done, all) = (results.len(), names.len());
            println!("[{done:2}/{all}] {name:24} {seconds:6.1} s{outcome}");
            if !outcome.is_empty() {
                next.store(all, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, names.len().max(1)) {
            scope.spawn(worker);
        }
    });
    let results = results.into_inner().expect("no worker panicked");
    let results = results.into_values().collect::<Result<_, _>>()?;
    println!("{:32} {:6.1} s", "together", begun.elapsed().as_secs_f64());
    Ok(results)
}

/// The executables in cargo's messages, one JSON object per line.
fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    messages
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, PathBuf::from(message["executable"].as_str()?)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["a", "b", "c", "d"].map(str::to_owned).to_vec()
    }

    #[test]
    fn results_keep_the_order_of_the_names() {
        for jobs in [1, 3, 9] {
            let results = for_each(&names(), jobs, |name| Ok(name.to_uppercase()));
            assert_eq!(results.expect("none fails"), ["A", "B", "C", "D"]);
        }
    }

    #[test]
    fn nothing_is_begun_after_a_failure() {
        let begun = Mutex::new(Vec::new());
        let result = for_each(&names(), 1, |name| {
            begun.lock().expect("one thread").push(name.to_owned());
            if name == "b" { Err("b broke") } else { Ok(()) }.map_err(str::to_owned)
        });
        assert_eq!(result, Err("b broke".to_owned()));
        assert_eq!(begun.into_inner().expect("one thread"), ["a", "b"]);
    }

    #[test]
    fn every_source_is_a_program() {
        assert!(super::names().expect("the folder is read").is_sorted());
        for name in ["iris_mlp", "predict"] {
            assert_eq!(known(name), Ok(name.to_owned()));
        }
        let error = known("iris").expect_err("there is none");
        assert!(error.contains(" iris_mlp, iris_pipeline, "), "{error}");
    }

    #[test]
    fn an_option_is_described_at_the_start_of_a_line() {
        let help = "Usage: a [OPTIONS]\n\n      --replay <FILE>  Draw from a file that\n          \
                    --record wrote\n      --output <DIR>\n  -h, --help";
        assert!(has_option(help, "--replay"));
        assert!(!has_option(help, "--out"));
    }

    #[test]
    fn executables_are_read_from_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"clap"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"lenet"},"executable":"/t/release/lenet"}
{"reason":"build-finished","success":true}"#;
        let found: Vec<_> = executables(messages).into_iter().collect();
        assert_eq!(found, [("lenet".to_owned(), "/t/release/lenet".into())]);
    }
}
