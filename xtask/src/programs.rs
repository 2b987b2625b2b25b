//! Running the binaries of `examples`: built once, then several at a time.

use std::{
    collections::BTreeMap,
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

use crate::figures::RECORDED;

/// What becomes of the record of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Record {
    Write,
    Read,
}

/// The executables of some examples, by name.
#[derive(Debug)]
pub(crate) struct Programs(BTreeMap<String, PathBuf>);

impl Programs {
    /// Builds them, all in one call of cargo.
    pub(crate) fn build(names: &[String]) -> Result<Self, Box<dyn Error>> {
        if names.is_empty() {
            return Ok(Self(BTreeMap::new()));
        }
        println!("building {}", names.join(", "));
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        // with the features of the whole workspace and in the profile this program was built in: after the
        // tests, all is built already
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
        Ok(Self(executables(&String::from_utf8(output.stdout)?)))
    }

    /// Runs one with its figures going to `directory`, and returns what it printed. Where it fails, the error holds
    /// all it said.
    pub(crate) fn run(
        &self,
        name: &str,
        directory: &Path,
        record: Record,
    ) -> Result<String, String> {
        let executable = self.0.get(name).ok_or(format!("no example `{name}`"))?;
        fs::create_dir_all(directory)
            .map_err(|error| format!("{}: {error}", directory.display()))?;
        let mut command = Command::new(executable);
        command.arg("--out").arg(directory).current_dir(root());
        if RECORDED.contains(&name) {
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

pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// Where figures are kept.
pub(crate) fn figures() -> PathBuf {
    root().join("docs").join("src").join("figures")
}

fn record_path(name: &str) -> PathBuf {
    figures().join("records").join(name).with_extension("json")
}

/// As many as the machine has cores.
pub(crate) fn default_jobs() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Does `work` for every name, `jobs` at a time, with a line for each that is done; its results, in the order of the
/// names. After a failure nothing more is begun.
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

/// The executables among cargo's messages, one JSON object a line.
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
    fn executables_are_read_from_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"clap"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"lenet"},"executable":"/t/release/lenet"}
{"reason":"build-finished","success":true}"#;
        let found: Vec<_> = executables(messages).into_iter().collect();
        assert_eq!(found, [("lenet".to_owned(), "/t/release/lenet".into())]);
    }
}
