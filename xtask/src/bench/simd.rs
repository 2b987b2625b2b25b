//! One instruction set for all sides, as on a processor without the others.

use std::fmt;

use dl_core::simd::{self, Level};

/// Instruction sets of x86-64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Simd {
    Sse2,
    Avx2,
    Avx512,
}

impl Simd {
    /// Environment variables that restrict the peers' libraries: oneDNN (PyTorch, TensorFlow, OpenVINO), MKL and PyTorch's own
    /// kernels, OpenBLAS (NumPy, SciPy) and NumPy's own. oneDNN and PyTorch support nothing below SSE 4.1.
    /// OpenVINO has a variable of its own for what is not oneDNN's, which its releases mostly ignore so far.
    pub(super) fn variables(self) -> [(&'static str, &'static str); 6] {
        let [onednn, aten, mkl, openblas, numpy] = match self {
            Self::Sse2 => [
                "SSE41",
                "default",
                "SSE4_2",
                "Nehalem",
                "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
            ],
            Self::Avx2 => [
                "AVX2",
                "avx2",
                "AVX2",
                "Haswell",
                "X86_V4 AVX512_ICL AVX512_SPR",
            ],
            Self::Avx512 => ["AVX512_CORE", "avx512", "AVX512", "SkylakeX", ""],
        };
        [
            ("ONEDNN_MAX_CPU_ISA", onednn),
            ("OV_CPU_MAX_ISA", onednn),
            ("ATEN_CPU_CAPABILITY", aten),
            ("MKL_ENABLE_INSTRUCTIONS", mkl),
            ("OPENBLAS_CORETYPE", openblas),
            ("NPY_DISABLE_CPU_FEATURES", numpy),
        ]
    }

    /// Its name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sse2 => "sse2",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Restricts our own kernels to it.
    pub(super) fn limit_ours(self) -> Result<(), String> {
        let level = match self {
            Self::Sse2 => Level::Baseline,
            Self::Avx2 => Level::Avx2,
            Self::Avx512 => Level::Avx512,
        };
        match simd::limit(level) {
            true => Ok(()),
            false => Err(format!("this machine has no {self}")),
        }
    }
}

impl fmt::Display for Simd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sse2 => "SSE2 (peers: SSE 4)",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
        })
    }
}
