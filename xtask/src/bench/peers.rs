//! Peers: processes of `xtask/peers` that do the same jobs, told so a line at a time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::thread::{self, JoinHandle};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::side::{Measure, Side};

/// A running script.
#[derive(Debug)]
pub(super) struct Process {
    /// What it calls itself.
    pub(super) name: String,
    script: PathBuf,
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// Collects what it says beside its answers, to be shown if it fails.
    noise: Option<JoinHandle<String>>,
}

/// How scripts are run.
#[derive(Debug, Clone)]
pub(super) struct Python {
    pub(super) program: PathBuf,
    pub(super) threads: usize,
}

impl Python {
    /// Starts a script of xtask/peers.
    pub(super) fn start(&self, script: &str) -> Result<Process, Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        Process::start(self, folder.join(script))
    }
}

impl Process {
    /// Starts a script and waits until it has imported what it needs.
    fn start(python: &Python, script: PathBuf) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(&python.program)
            .arg(&script)
            .args(["--threads", &python.threads.to_string()])
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
        process.name = process.answer::<Greeting>()?.peer;
        Ok(process)
    }

    /// Has a job done.
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

#[derive(Debug, serde::Deserialize)]
struct Greeting {
    peer: String,
}

/// The scripts that run, one process each, for as long as this lives.
#[derive(Debug)]
pub(super) struct Peers {
    pub(super) python: Python,
    running: RefCell<HashMap<&'static str, Rc<RefCell<Process>>>>,
}

impl Peers {
    pub(super) fn new(python: Python) -> Self {
        let running = RefCell::default();
        Self { python, running }
    }

    /// The process of a script.
    pub(super) fn process(
        &self,
        script: &'static str,
    ) -> Result<Rc<RefCell<Process>>, Box<dyn Error>> {
        if let Some(process) = self.running.borrow().get(script) {
            return Ok(Rc::clone(process));
        }
        let process = Rc::new(RefCell::new(self.python.start(script)?));
        self.running
            .borrow_mut()
            .insert(script, Rc::clone(&process));
        Ok(process)
    }

    /// A job of a script as a side. The variant is what sets it apart from the script's others.
    pub(super) fn side(
        &self,
        script: &'static str,
        variant: &str,
        job: Value,
    ) -> Result<Box<dyn Side>, Box<dyn Error>> {
        let process = self.process(script)?;
        let name = match variant {
            "" => process.borrow().name.clone(),
            variant => format!("{} {variant}", process.borrow().name),
        };
        Ok(Box::new(PeerSide { process, name, job }))
    }
}

struct PeerSide {
    process: Rc<RefCell<Process>>,
    name: String,
    job: Value,
}

impl Side for PeerSide {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        self.process.borrow_mut().ask(&self.job)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;

    /// A peer written for the shell.
    fn start(script: &str) -> Result<Process, String> {
        let directory = tempfile::TempDir::new().expect("a directory");
        let path = directory.path().join("peer.sh");
        fs::write(&path, script).expect("written");
        let python = Python {
            program: "sh".into(),
            threads: 3,
        };
        Process::start(&python, path).map_err(|error| error.to_string())
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
        let (program, threads) = (PathBuf::from("/no/such/python"), 1);
        let python = Python { program, threads };
        let error = python.start("pytorch.py").expect_err("not there");
        assert!(
            error
                .to_string()
                .starts_with("cannot run /no/such/python: "),
            "{error}"
        );
    }
}
