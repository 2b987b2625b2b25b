"""Makes the embedded fonts from the full ones.

usage: subset.py DIR, where DIR holds Inter-Regular.otf, Inter-SemiBold.otf (Inter 3.19)
and NotoSansMath-Regular.ttf (2.001). Needs fonttools.
"""

import pathlib
import sys

from fontTools import subset

TEXT = (
    "U+0020-007E,U+00A0-017F,U+02C6,U+02DC,U+0302-0304,U+0370-03FF,U+1D62-1D6A,U+1E7D-1EF3,"
    "U+2002-200A,U+2010-2027,U+202F,U+2030,U+2032-2033,U+2070-209C,U+2113,U+2190-2199,"
    "U+21D0-21D4,U+2200-22FF,U+25A0-25CF,U+2713,U+2717"
)
# What Inter lacks: ∀ ∂ ∃ ∇ ∈ ∉ ∋ ∝ ∥ ∧ ∨ ∩ ∪ ⊤ ⊥ and the blackboard letters.
MATHS = "U+2200-2203,U+2207-220B,U+221D,U+2225-222A,U+22A4-22A5,U+1D53C,U+2119,U+211D"
FACES = {
    "Inter-Regular.otf": TEXT,
    "Inter-SemiBold.otf": TEXT,
    "NotoSansMath-Regular.ttf": MATHS,
}

source = pathlib.Path(sys.argv[1])
for name, unicodes in FACES.items():
    subset.main([
        str(source / name),
        f"--unicodes={unicodes}",
        "--layout-features=kern,mark,ccmp",
        "--name-IDs=*",
        "--no-hinting",
        "--desubroutinize",
        f"--output-file={pathlib.Path(__file__).parent / name}",
    ])
