//! One instruction set for all sides, as a processor without the others would give them.

use std::fmt;

/// Instruction sets of x86-64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Simd {
    Sse2,
    Avx2,
    Avx512,
}

impl Simd {
    /// What tells the peers' libraries: oneDNN (PyTorch, TensorFlow, OpenVINO), MKL and PyTorch's own
    /// kernels, OpenBLAS (NumPy, SciPy) and NumPy's own. oneDNN and PyTorch know nothing below SSE 4.1.
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

    /// What the command line calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sse2 => "sse2",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Who is limited and who is not, to stand above a table.
    pub(super) fn note(self, ours: bool) -> String {
        let (limited, not) = if ours { ("ours, ", "") } else { ("", "ours, ") };
        format!(
            "Limited to {self}: {limited}PyTorch, scikit-learn, NumPy; of TensorFlow and OpenVINO what \
             oneDNN computes; not: {not}ONNX Runtime, which has no such switch."
        )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_says_who_is_limited() {
        let note = Simd::Avx2.note(false);
        assert!(note.starts_with("Limited to AVX2: PyTorch,"), "{note}");
        assert!(note.contains("not: ours, ONNX Runtime"), "{note}");
        let note = Simd::Avx512.note(true);
        assert!(
            note.starts_with("Limited to AVX-512: ours, PyTorch,"),
            "{note}"
        );
        assert!(note.contains("not: ONNX Runtime"), "{note}");
    }
}
