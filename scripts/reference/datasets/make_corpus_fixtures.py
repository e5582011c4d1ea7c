"""Writes small files as h5py, numpy and pandas write them, for the readers of .csd files, MMSA's pickles and label.csv.

    python scripts/reference/datasets/make_corpus_fixtures.py packages/datasets/src/__fixtures__

Needs h5py, numpy and pandas; 3.16.0, 2.4.6 and 3.1.1 were used. Videos, words and numbers are invented.
"""

import pickle
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

# Degrees are thirds, as the means of three raters are: sentiment, happy, sad, anger, surprise, disgust, fear.
THIRD = np.float32(1 / 3)
# Rows as they stand in the file, which is not the order of time. "lone" has no counterpart in label.csv.
LABELS = {
    "vid_A": [
        ((8.5, 12.25), [-1.0, 0, 2 * THIRD, THIRD, 0, 0, 0]),
        ((0.0, 4.02), [2.0, 2, 0, 0, 0, 0, 0]),
        ((4.02, 8.5), [0.0, 0, 0, 0, 0, 0, 0]),
    ],
    "vid_B": [((1.5, 3.75), [-2.3333333, 0, 0, 1, THIRD, 2, 0]), ((10.0, 11.0), [1.0, 1, 0, 0, 0, 0, THIRD])],
    "lone": [((0.0, 2.0), [0.5, 0, 0, 0, 1, 0, 0])],
}
WORDS = {
    "vid_A": [(0.1, 0.5, "the"), (0.5, 1.0, "film"), (1.0, 2.5, "sp"), (2.5, 4.0, "shines"), (4.1, 8.0, "later"), (9.0, 12.0, "boo")],
    "vid_B": [(1.6, 2.0, "not"), (2.0, 3.5, "good"), (10.1, 10.9, "caf\u00e9")],
    "lone": [(0.2, 1.9, "alone")],
}


def computational_sequence(path, root, videos):
    """A file in the layout of the SDK: <root>/data/<video>/{features, intervals} and <root>/metadata."""
    with h5py.File(path, "w") as file:
        group = file.create_group(root)
        data = group.create_group("data")
        for video, (intervals, features) in videos.items():
            segment = data.create_group(video)
            segment.create_dataset("features", data=features)
            segment.create_dataset("intervals", data=intervals)
        metadata = group.create_group("metadata")
        for name, value in {"root name": root, "computational sequence version": "1.0", "dimension names": "[]"}.items():
            metadata.create_dataset(name, (1,), dtype=h5py.string_dtype())[0] = value


def labels(path):
    videos = {
        video: (np.array([times for times, _ in rows], np.float64), np.array([values for _, values in rows], np.float32))
        for video, rows in LABELS.items()
    }
    computational_sequence(path, "All Labels", videos)


def words(path):
    videos = {
        video: (np.array([row[:2] for row in rows], np.float64), np.array([[row[2].encode()] for row in rows], "S32"))
        for video, rows in WORDS.items()
    }
    computational_sequence(path, "words", videos)


def opinions(path):
    """MOSI's labels: one column; chunked and compressed, as some copies are."""
    with h5py.File(path, "w") as file:
        segment = file.create_group("Opinion Segment Labels/data/vid_M")
        segment.create_dataset("features", data=np.array([[2.4], [-0.8]], np.float32), chunks=(1, 1), compression="gzip")
        segment.create_dataset("intervals", data=np.array([[0.0, 7.0], [7.5, 9.25]]))


def hostile(folder):
    """Files that claim much, or lead elsewhere."""
    with h5py.File(folder / "huge.csd", "w") as file:
        segment = file.create_group("All Labels/data/vid_A")
        segment.create_dataset("features", shape=(2**40, 7), dtype="f4", chunks=(2**10, 7))
        segment.create_dataset("intervals", data=np.array([[0.0, 1.0]]))
    with h5py.File(folder / "external.csd", "w") as file:
        data = file.create_group("All Labels/data")
        data["vid_A"] = h5py.ExternalLink("labels.csd", "/All Labels/data/vid_A")
    with h5py.File(folder / "no-data.csd", "w") as file:
        file.create_dataset("something", data=np.arange(3))


SPLITS = {"train": 3, "valid": 1, "test": 2}


def features(text_type):
    """MMSA's layout, small: T 4 instead of 50, and feature sizes 3, 2 and 2 instead of 768, 5 and 20."""
    rng = np.random.default_rng(7)
    result = {}
    for split, count in SPLITS.items():
        audio = rng.integers(-8, 8, (count, 4, 2)).astype(np.float32) / 4
        audio[0, 0, 0] = -np.inf
        scores = np.array([1.5, -2.0, 0.0][:count], np.float32)
        words = [f"{split} text {i}, caf\u00e9" for i in range(count)]
        ids = [f"vid_{split}$_${i + 1}" for i in range(count)]
        result[split] = {
            "raw_text": np.array(words) if text_type == "array" else words,
            "audio": audio,
            "vision": rng.integers(-8, 8, (count, 4, 2)).astype(np.float64) / 4,
            "id": np.array(ids) if text_type == "array" else ids,
            "text": rng.integers(-8, 8, (count, 4, 3)).astype(np.float32) / 4,
            "text_bert": rng.integers(0, 9, (count, 3, 4)).astype(np.int64),
            "annotations": ["Positive", "Negative", "Neutral"][:count],
            "classification_labels": np.array([2, 0, 1][:count], np.float32),
            "regression_labels": scores,
            "audio_lengths": [4, 3, 2][:count],
            "vision_lengths": [4, 4, 1][:count],
        }
    return result


class Runs:
    """Unpickled by Python, it would write a file."""

    def __reduce__(self):
        return (open, ("pickle-ran-code", "w"))


def main():
    folder = Path(sys.argv[1]) / "corpora"
    folder.mkdir(parents=True, exist_ok=True)
    labels(folder / "labels.csd")
    words(folder / "words.csd")
    opinions(folder / "opinions.csd")
    hostile(folder)
    for protocol in (2, 3, 4, 5):
        text_type = "array" if protocol % 2 else "list"
        with open(folder / f"features-{protocol}.pkl", "wb") as file:
            pickle.dump(features(text_type), file, protocol)
    long = {"id": ["v$_$1", "v$_$2"], "raw_text": ["a", "b"], "regression_labels": np.array([1.0, -1.0])}
    long["audio"] = np.arange(10_000, dtype=np.float32).reshape(2, 50, 100)
    with open(folder / "long.pkl", "wb") as file:
        pickle.dump({"test": long}, file, 4)
    for protocol in (2, 4):
        with open(folder / f"runs-code-{protocol}.pkl", "wb") as file:
            pickle.dump({"train": Runs()}, file, protocol)
    rows = [("vid_A", "1", 'He said "yes",\nand left', 2.0), ("vid_A", "2", "so, so", 0.0), ("vid_A", "3", "boo", -1.0), ("vid_B", "1", "", -2.25)]
    table = pd.DataFrame(rows, columns=["video_id", "clip_id", "text", "label"])
    table["annotation"] = ["Positive", "Neutral", "Negative", "Negative"]
    table["mode"] = ["train", "train", "train", "test"]
    table.to_csv(folder / "label.csv", index=False)


main()
