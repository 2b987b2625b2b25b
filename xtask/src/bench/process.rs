//! A process of `xtask/peers`, which reads one command per line.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::hiding::Hiding;
use super::simd::Simd;

/// A running script.
#[derive(Debug)]
pub(super) struct Process {
    /// The name it reports.
    pub(super) name: String,
    script: PathBuf,
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// Collects its standard error, to be shown if it fails.
    noise: Option<JoinHandle<String>>,
}

/// How scripts are run.
#[derive(Debug, Clone)]
pub(super) struct Python {
    pub(super) program: PathBuf,
    pub(super) threads: usize,
    pub(super) simd: Option<Simd>,
    /// Hides other instructions from it.
    pub(super) hiding: Option<Hiding>,
}

impl Python {
    /// Starts a script of xtask/peers.
    pub(super) fn start(&self, script: &str) -> Result<Started, Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        Process::start(self, folder.join(script))
    }
}

impl Process {
    /// Starts a script and waits until it has imported what it needs.
    fn start(python: &Python, script: PathBuf) -> Result<Started, Box<dyn Error>> {
        let simd = python.simd.map(Simd::variables);
        let mut child = Command::new(&python.program)
            .arg(&script)
            .args(["--threads", &python.threads.to_string()])
            .envs(simd.into_iter().flatten())
            .envs(python.hiding.iter().flat_map(Hiding::variables))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run {}: {error}", python.program.display()))?;
        let answers = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut errors = child.stderr.take().ok_or("no standard error")?;
        let noise = thread::spawn(move || {
            let mut bytes = Vec::new();
            // What could be read is shown either way.
            let _ = errors.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let mut process = Self {
            name: String::new(),
            script,
            requests: child.stdin.take(),
            child,
            answers,
            noise: Some(noise),
        };
        match process.answer()? {
            Greeting::Missing { missing } => Ok(Started::Missing(missing)),
            Greeting::Peer { peer } => {
                process.name = peer;
                Ok(Started::Process(process))
            }
        }
    }

    /// Runs a job.
    pub(super) fn ask<T: DeserializeOwned>(&mut self, job: &Value) -> Result<T, Box<dyn Error>> {
        if let Some(requests) = &mut self.requests {
            // Where it is gone, the missing answer says so.
            let _ = writeln!(requests, "{job}");
        }
        self.answer()
    }

    fn answer<T: DeserializeOwned>(&mut self) -> Result<T, Box<dyn Error>> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(self.failure());
        }
        let script = self.script.display();
        serde_json::from_str(&line).map_err(|error| format!("{script}: {error}: {line}").into())
    }

    fn failure(&mut self) -> Box<dyn Error> {
        self.stop();
        let noise = self.noise.take().and_then(|noise| noise.join().ok());
        let script = self.script.display();
        let needed = "it needs the packages of xtask/peers/requirements.txt";
        format!("{script} failed ({needed}):\n{}", noise.unwrap_or_default()).into()
    }

    fn stop(&mut self) {
        // It ends with its input; what goes wrong here has no consequence.
        drop(self.requests.take());
        let _: io::Result<_> = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The result of starting a script.
#[derive(Debug)]
pub(super) enum Started {
    Process(Process),
    /// It needs this module, which the Python does not have.
    Missing(String),
}

#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
enum Greeting {
    Peer { peer: String },
    Missing { missing: String },
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::bench::side::Measure;
    use std::fs;

    /// A peer written for the shell.
    fn start(script: &str) -> Result<Process, String> {
        let directory = tempfile::TempDir::new().expect("a directory");
        let path = directory.path().join("peer.sh");
        fs::write(&path, script).expect("written");
        let python = Python {
            program: "sh".into(),
            threads: 3,
            simd: Some(Simd::Avx2),
            hiding: None,
        };
        match Process::start(&python, path).map_err(|error| error.to_string())? {
            Started::Process(process) => Ok(process),
            Started::Missing(module) => Err(format!("no {module}")),
        }
    }

    const GREETING: &str = "echo '{\"peer\": \"shell\"}'\n";

    #[test]
    fn a_peer_greets_and_answers_line_by_line() {
        let work = r#"while read job; do echo "{\"seconds\": $2, \"amount\": ${#job}}"; done"#;
        let mut process = start(&format!("{GREETING}{work}")).expect("started");
        assert_eq!(process.name, "shell");
        for job in ["ab", "abcd"] {
            let measure: Measure = process.ask(&Value::from(job)).expect("answered");
            let Measure::Work { seconds, amount } = measure else {
                panic!("{measure:?}");
            };
            // The number of threads, and the length of the job's JSON.
            assert_eq!((seconds, amount), (3.0, job.len() as f64 + 2.0));
        }
    }

    #[test]
    fn what_a_failing_peer_said_is_in_the_error() {
        let message = start("echo no module named torch >&2; exit 1").expect_err("fails");
        assert!(message.contains("peer.sh failed"), "{message}");
        assert!(message.ends_with("no module named torch\n"), "{message}");
        let fails = "read job; echo no job $job >&2";
        let mut process = start(&format!("{GREETING}{fails}")).expect("started");
        let error = process.ask::<Value>(&Value::from(7)).expect_err("fails");
        assert!(error.to_string().ends_with("no job 7\n"), "{error}");
    }

    #[test]
    fn a_missing_module_is_no_failure() {
        let message = start("echo '{\"missing\": \"torch\"}'").expect_err("missing");
        assert_eq!(message, "no torch");
    }

    #[test]
    fn peers_hear_what_instructions_to_use() {
        let script = "echo \"{\\\"peer\\\": \\\"$ONEDNN_MAX_CPU_ISA $ATEN_CPU_CAPABILITY\\\"}\"";
        assert_eq!(start(script).expect("started").name, "AVX2 avx2");
    }

    #[test]
    fn an_answer_that_is_none_is_shown() {
        let script = format!("{GREETING}read job; echo '{{\"seconds\": 1}}'");
        let mut process = start(&script).expect("started");
        let error = process
            .ask::<Measure>(&Value::Null)
            .expect_err("no measure");
        assert!(error.to_string().contains("{\"seconds\": 1}"), "{error}");
    }

    #[test]
    fn a_python_that_is_not_there_is_named() {
        let python = Python {
            program: PathBuf::from("/no/such/python"),
            threads: 1,
            simd: None,
            hiding: None,
        };
        let error = python.start("pytorch.py").expect_err("not there");
        assert!(
            error
                .to_string()
                .starts_with("cannot run /no/such/python: "),
            "{error}"
        );
    }
}
