"""Reads event files with TensorBoard's own readers and compares them with what was meant.

    python check.py DIRECTORY EXPECTED.json

EXPECTED.json is what `tests/tensorboard.rs` wrote: for every run (a subdirectory) the scalars,
histograms, images and texts by tag. The files are read twice: as they are
(`event_accumulator`), and as TensorBoard's server sees them, after its conversion to tensors
(`plugin_event_accumulator`).
"""

import json
import math
import struct
import sys
import time

from tensorboard.backend.event_processing import (
    event_accumulator,
    plugin_event_accumulator,
    plugin_event_multiplexer,
)
from tensorboard.util import tensor_util

EVERYTHING = 0


def close(a, b):
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-12)


def same(what, found, expected):
    assert found == expected, f"{what}: {found} instead of {expected}"


def same_points(what, found, expected):
    same(f"{what}: steps", [step for step, _ in found], [step for step, _ in expected])
    for (step, a), (_, b) in zip(found, expected):
        assert close(a, b), f"{what}, step {step}: {a} instead of {b}"


def same_image(what, image, expected):
    png = image.encoded_image_string
    assert png.startswith(b"\x89PNG\r\n\x1a\n"), f"{what}: no PNG"
    size = list(struct.unpack(">II", png[16:24]))
    same(f"{what}: size in the PNG", size, expected["size"])
    same(f"{what}: size", [image.width, image.height], expected["size"])
    same(f"{what}: bytes", len(png), expected["bytes"])


def same_histogram(what, histogram, expected):
    for name in ["min", "max", "num", "sum", "sum_squares"]:
        found = getattr(histogram, name)
        assert close(found, expected[name]), f"{what}: {name} {found} instead of {expected[name]}"
    same(f"{what}: counted", sum(histogram.bucket), expected["num"])
    limits = list(histogram.bucket_limit)
    same(f"{what}: limits in order", limits, sorted(limits))
    same(f"{what}: last limit", limits[-1], histogram.max)


def check(path, run, expected):
    limits = dict.fromkeys(["scalars", "histograms", "images", "tensors"], EVERYTHING)
    events = event_accumulator.EventAccumulator(path, size_guidance=limits)
    events.Reload()
    tags = events.Tags()
    for kind, tag_kind in [("scalars", "scalars"), ("histograms", "histograms"), ("images", "images"), ("texts", "tensors")]:
        same(f"{run}: tags of {kind}", sorted(tags[tag_kind]), sorted(expected[kind]))

    for tag, points in expected["scalars"].items():
        found = [(event.step, event.value) for event in events.Scalars(tag)]
        same_points(f"{run}: {tag}", found, points)
        for event in events.Scalars(tag):
            assert abs(event.wall_time - time.time()) < 600, f"{run}: {tag}: {event.wall_time}"
    for tag, last in expected["histograms"].items():
        found = events.Histograms(tag)
        same(f"{run}: {tag}: steps", [event.step for event in found], last["steps"])
        same_histogram(f"{run}: {tag}", found[-1].histogram_value, last)
    for tag, image in expected["images"].items():
        same_image(f"{run}: {tag}", events.Images(tag)[0], image)
    for tag, text in expected["texts"].items():
        tensor = tensor_util.make_ndarray(events.Tensors(tag)[0].tensor_proto)
        same(f"{run}: {tag}", tensor.item().decode(), text)

    # as the server sees it
    tensors = plugin_event_accumulator.EventAccumulator(path, size_guidance={"tensors": EVERYTHING})
    tensors.Reload()
    plugins = {"scalars": "scalars", "histograms": "histograms", "images": "images", "texts": "text"}
    for kind, plugin in plugins.items():
        found = tensors.PluginTagToContent(plugin) if expected[kind] else {}
        same(f"{run}: tags for {plugin}", sorted(found), sorted(expected[kind]))
    for tag in expected["texts"]:
        same(f"{run}: {tag}: times", len(tensors.Tensors(tag)), 1)
    for tag, points in expected["scalars"].items():
        found = [(event.step, tensor_util.make_ndarray(event.tensor_proto).item()) for event in tensors.Tensors(tag)]
        same_points(f"{run}: {tag}: as tensors", found, points)
    for tag, last in expected["histograms"].items():
        same(f"{run}: {tag}: steps of tensors", [event.step for event in tensors.Tensors(tag)], last["steps"])
        # rows of left edge, right edge, count
        buckets = tensor_util.make_ndarray(tensors.Tensors(tag)[-1].tensor_proto)
        same(f"{run}: {tag}: tensor counts", buckets[:, 2].sum(), last["num"])
        assert close(float(buckets[0, 0]), last["min"]), f"{run}: {tag}: left edge"
        assert close(float(buckets[-1, 1]), last["max"]), f"{run}: {tag}: right edge"
        same(f"{run}: {tag}: no gaps", list(buckets[1:, 0]), list(buckets[:-1, 1]))
    return sum(len(expected[kind]) for kind in plugins)


def main():
    directory, expected = sys.argv[1:]
    with open(expected, encoding="utf-8") as file:
        runs = json.load(file)
    for run, values in runs.items():
        print(f"{run}: {check(f'{directory}/{run}', run, values)} tags as expected")
    # all runs, side by side
    together = plugin_event_multiplexer.EventMultiplexer(size_guidance={"tensors": EVERYTHING})
    together.AddRunsFromDirectory(directory)
    together.Reload()
    same("runs", sorted(together.Runs()), sorted(runs))
    for run, values in runs.items():
        for tag, points in values["scalars"].items():
            steps = [event.step for event in together.Tensors(run, tag)]
            same(f"{run}: {tag}: steps of all runs", steps, [step for step, _ in points])


main()
