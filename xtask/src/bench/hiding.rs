//! Hides vector instructions from the peers, including those that query the processor and have no option for it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::simd::Simd;

/// A library preloaded into a peer, and its settings.
#[derive(Debug, Clone)]
pub(super) struct Hiding {
    library: PathBuf,
    what: &'static str,
}

impl Hiding {
    /// Compiles `xtask/peers/hide_instructions.c` and tries it.
    ///
    /// `None` if there is nothing to hide; the reason if it cannot be done.
    pub(super) fn from_level(simd: Simd) -> Result<Option<Self>, String> {
        let what = match simd {
            Simd::Sse2 => "avx",
            Simd::Avx2 => "avx512",
            Simd::Avx512 => return Ok(None),
        };
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("../target/bench");
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let library = folder.join("hide_instructions.so");
        let compiled = Command::new("cc")
            .args(["-O2", "-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(root.join("peers/hide_instructions.c"))
            .output()
            .map_err(|error| format!("no C compiler: {error}"))?;
        if !compiled.status.success() {
            return Err(String::from_utf8_lossy(&compiled.stderr).into_owned());
        }
        let hiding = Self { library, what };
        let tried = Command::new("true").envs(hiding.variables()).status();
        match tried {
            Ok(status) if status.success() => Ok(Some(hiding)),
            _ => Err("this machine cannot make CPUID fault".into()),
        }
    }

    /// The environment of a peer.
    pub(super) fn variables(&self) -> [(&'static str, &std::ffi::OsStr); 2] {
        [
            ("LD_PRELOAD", self.library.as_os_str()),
            ("HIDE_INSTRUCTIONS", self.what.as_ref()),
        ]
    }
}

impl Simd {
    /// Which sides are restricted, for the text above a table; `hidden` is whether the processor hides the other
    /// instructions from the peers.
    pub(super) fn note(self, hidden: &Result<Option<Hiding>, String>) -> String {
        match hidden {
            Ok(Some(_)) => format!("Limited to {self}: all, since CPUID does not show them more."),
            Ok(None) => {
                format!("Limited to {self}: ours; peers as their environment variables say.")
            }
            Err(reason) => format!(
                "Limited to {self}: ours, PyTorch, scikit-learn, NumPy; of TensorFlow and OpenVINO what oneDNN \
                 computes; not: ONNX Runtime, which has no such switch ({reason})."
            ),
        }
    }
}

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests {
    use super::*;

    /// GCC asks the processor what `-march=native` means.
    #[test]
    fn a_compiler_finds_no_avx512_where_it_is_hidden() {
        // nothing to see where there is no compiler, or CPUID cannot be made to fault
        let Ok(Some(hiding)) = Hiding::from_level(Simd::Avx2) else {
            return;
        };
        let gcc = |hiding: Option<&Hiding>| {
            let output = Command::new("cc")
                .args(["-march=native", "-Q", "--help=target"])
                .envs(hiding.iter().flat_map(|hiding| hiding.variables()))
                .output()
                .expect("there is a compiler");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let enabled = |name: &str| {
                text.lines()
                    .any(|line| line.trim().starts_with(name) && line.contains("[enabled]"))
            };
            [enabled("-mavx2 "), enabled("-mavx512f ")]
        };
        let [avx2, _] = gcc(None);
        assert_eq!(gcc(Some(&hiding)), [avx2, false]);
    }
}
