"""Images of every kind and what tests/images.rs expects of them, in the folder `images` and images.json.

    python images.py

PNG files are written by hand, so that their pixels are known whatever a library makes of them, and are checked against
Pillow where it reads them to 8 bits; JPEG files are Pillow's, and so are all other sizes. Made with Pillow 13.0.0 and
NumPy 2.4.6.
"""

import io
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

FOLDER = pathlib.Path(__file__).parent / "images"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
# the seven passes of Adam7: first row, first column, step of rows, step of columns
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]

rng = np.random.default_rng(7)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def lines(pixels, depth):
    """Each line of pixels [height, width, samples] without a filter."""
    for line in pixels.reshape(len(pixels), -1):
        bits = "".join(format(value, f"0{depth}b") for value in line)
        bits += "0" * (-len(bits) % 8)
        yield b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def png(pixels, depth, color, interlaced=False, extra=()):
    height, width, samples = pixels.shape
    assert samples == SAMPLES[color]
    passes = [pixels]
    if interlaced:
        passes = [pixels[y::down, x::right] for y, x, down, right in ADAM7]
    data = b"".join(line for part in passes if part.size for line in lines(part, depth))
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks)


def photo(height, width, samples, most=255):
    """Something smooth with a little noise."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (3 + i)) + np.cos(y / (4 + 2 * i)) + 0.4 * rng.standard_normal(y.shape) for i in range(samples)]
    waves = np.stack(waves, axis=-1)
    waves = (waves - waves.min()) / (waves.max() - waves.min())
    return np.round(waves * most).astype(np.int64)


def grey_of(rgb):
    """Pillow's rounding of ITU-R 601-2 luma."""
    return (rgb @ [19595, 38470, 7471] + 32768) >> 16


def as_hex(pixels):
    return pixels.astype(np.uint8).tobytes().hex()


def expected(file, colored):
    """What a file is in 1 and 3 channels, from its pixels of 1 or 3 channels in 8 bits."""
    rgb = np.broadcast_to(colored, (*colored.shape[:2], 3))
    grey = colored if colored.shape[2] == 1 else grey_of(colored)[..., None]
    return {"file": file, "shape": list(colored.shape[:2]), "rgb": as_hex(rgb), "grey": as_hex(grey)}


FOLDER.mkdir(exist_ok=True)
exact = []


def write(name, pixels, depth, color, colored, pillow=True, **options):
    data = png(pixels, depth, color, **options)
    (FOLDER / name).write_bytes(data)
    case = expected(name, colored)
    if pillow:
        for mode, channels in [("RGB", "rgb"), ("L", "grey")]:
            assert as_hex(np.asarray(Image.open(io.BytesIO(data)).convert(mode))) == case[channels], name
    exact.append(case)


for depth in [1, 2, 4, 8]:
    most = 2**depth - 1
    pixels = photo(5, 7, 1, most)
    write(f"grey_{depth}.png", pixels, depth, GREY, pixels * 255 // most)
pixels = photo(11, 13, 1)
write("grey_8_interlaced.png", pixels, 8, GREY, pixels, interlaced=True)
pixels = photo(5, 7, 1, 65535)
write("grey_16.png", pixels, 16, GREY, (pixels + 128) // 257, pillow=False)
pixels = photo(5, 7, 3)
write("rgb_8.png", pixels, 8, RGB, pixels)
pixels = photo(11, 13, 3)
write("rgb_8_interlaced.png", pixels, 8, RGB, pixels, interlaced=True)
pixels = photo(5, 7, 3, 65535)
write("rgb_16.png", pixels, 16, RGB, (pixels + 128) // 257, pillow=False)
palette = rng.integers(0, 256, (16, 3))
pixels = photo(5, 7, 1, 15)
table = [(b"PLTE", palette.astype(np.uint8).tobytes())]
write("palette_4.png", pixels, 4, PALETTE, palette[pixels[..., 0]], extra=table)
table.append((b"tRNS", bytes([0, 128])))
write("palette_4_transparent.png", pixels, 4, PALETTE, palette[pixels[..., 0]], extra=table)
pixels = photo(5, 7, 2)
write("grey_alpha_8.png", pixels, 8, GREY_ALPHA, pixels[..., :1])
pixels = photo(5, 7, 4)
write("rgba_8.png", pixels, 8, RGBA, pixels[..., :3])
pixels = photo(5, 7, 4, 65535)
write("rgba_16.png", pixels, 16, RGBA, (pixels[..., :3] + 128) // 257, pillow=False)

resized = []
for name, samples in [("large_grey.png", 1), ("large_rgb.png", 3)]:
    pixels = photo(31, 46, samples)
    write(name, pixels, 8, RGB if samples == 3 else GREY, pixels)
    image = Image.open(FOLDER / name)
    for height, width in [(8, 12), (9, 9), (40, 60), (20, 70), (31, 10), (1, 1)]:
        stretched = image.resize((width, height), Image.BILINEAR)
        cropped = ImageOps.fit(image, (width, height), Image.BILINEAR)
        resized.append(
            {
                "file": name,
                "shape": [height, width, samples],
                "stretch": as_hex(np.asarray(stretched)),
                "crop": as_hex(np.asarray(cropped)),
            }
        )

jpeg = []
pixels = photo(21, 26, 3).astype(np.uint8)
for name, mode, options in [
    ("444.jpg", "RGB", {"subsampling": 0}),
    ("420.jpg", "RGB", {"subsampling": 2}),
    ("progressive.jpg", "RGB", {"subsampling": 2, "progressive": True}),
    ("grey.jpg", "L", {}),
    ("cmyk.jpg", "CMYK", {}),
]:
    Image.fromarray(pixels).convert(mode).save(FOLDER / name, quality=92, **options)
    image = Image.open(FOLDER / name)
    jpeg.append(expected(name, np.asarray(image.convert("L" if mode == "L" else "RGB")).astype(np.int64).reshape(21, 26, -1)))

(FOLDER.parent / "images.json").write_text(json.dumps({"exact": exact, "resized": resized, "jpeg": jpeg}))
