"""Makes data/review-speech: film-review snippets paired by polarity with acted speech. Run by maintainers only.

    python scripts/data/make_review_speech.py <vader-icwsm2014 folder> <emodb folder> data/review-speech

Needs Python 3.10 or newer with numpy, soundfile (0.14.0 was used, with libsndfile 1.2.2) and soxr (1.1.0).
label.csv is the same, byte for byte, every time. Clips already in audio/ are kept (the encoder writes a random stream
number into each file): delete the folder to encode them again. The rule is written in SOURCES.md beside the data.
"""

import csv
import html
import random
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import soundfile
import soxr

SEED = 20261124
SAMPLE_RATE = 16_000
# libsndfile's scale for Opus, 0 best to 1 smallest; 0.82 is about 53 kbit/s.
COMPRESSION = 0.82

EMOTIONS = ["happiness", "sadness", "anger", "surprise", "disgust", "fear"]
POLARITIES = {
    "positive": ["happiness"],
    "negative": ["anger", "disgust", "fear", "sadness"],
    "near-zero": ["none"],
}
COUNTS = {"positive": 1_700, "negative": 3_400, "near-zero": None}
SHARES = {"train": 0.7, "valid": 0.1, "test": 0.2}
SPEAKERS = {"13": "valid", "14": "test", "15": "test"}
OWN_POLARITY = 0.75
NEAR_ZERO = 0.5625


def read_snippets(folder):
    """Polarity -> list of (id, text, sentiment), in the file's order; the second copy of a text is left out."""
    snippets, seen = defaultdict(list), set()
    path = folder / "movieReviewSnippets_GroundTruth.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        number, rating, text = line.split("\t")
        text = html.unescape(text.replace("''", '"')).strip()
        if text.casefold() in seen:
            continue
        seen.add(text.casefold())
        sentiment = float(rating) * 0.75
        polarity = "near-zero" if abs(sentiment) <= NEAR_ZERO else "positive" if sentiment > 0 else "negative"
        snippets[polarity].append((int(number), text, sentiment))
    return snippets


def read_clips(folder):
    """(split, emotion) -> list of clip names; boredom and neutral are the emotion 'none'."""
    clips = defaultdict(list)
    with open(folder / "labels.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            emotion = row["emotion"] if row["emotion"] in EMOTIONS else "none"
            clips[SPEAKERS.get(row["speaker"], "train"), emotion].append(Path(row["file"]).stem)
    return {key: sorted(names) for key, names in clips.items()}


def shuffled(items, rng):
    """A new list in random order, by rng.random() alone, whose values Python keeps the same in every version."""
    return [item for _, item in sorted(((rng.random(), index), item) for index, item in enumerate(items))]


def endless(items, rng):
    """Every item once in random order, then every item once in another order, and so on."""
    while True:
        yield from shuffled(items, rng)


def split_snippets(snippets, rng):
    """(split, polarity, snippet) for the chosen snippets of each polarity, in the shares of SHARES."""
    for polarity, count in COUNTS.items():
        chosen = shuffled(snippets[polarity], rng)[:count]
        train, valid = round(SHARES["train"] * len(chosen)), round(SHARES["valid"] * len(chosen))
        for index, snippet in enumerate(chosen):
            split = "train" if index < train else "valid" if index < train + valid else "test"
            yield split, polarity, snippet


def pair(snippets, clips, rng):
    """Rows of label.csv: a clip for each snippet, three times in four of the snippet's own polarity."""
    emotion_queues = {(split, name): endless(POLARITIES[name], rng) for split in SHARES for name in POLARITIES}
    clip_queues = {key: endless(names, rng) for key, names in clips.items()}
    order = list(SHARES)
    for split, polarity, (number, text, sentiment) in sorted(
        split_snippets(snippets, rng), key=lambda item: (order.index(item[0]), item[2][0])
    ):
        heard = polarity
        if rng.random() >= OWN_POLARITY:
            draw = rng.random()
            heard = "negative" if draw < 0.5 else "positive" if draw < 0.75 else "near-zero"
        emotion = next(emotion_queues[split, heard])
        clip = next(clip_queues[split, emotion])
        yield {
            "video_id": f"r{number:05d}",
            "clip_id": clip,
            "text": text,
            "label": f"{sentiment:.4f}".replace("-0.0000", "0.0000"),
            "mode": split,
            **{name: int(name == emotion) for name in EMOTIONS},
            "audio": f"audio/{clip}.opus",
            "speaker": clip[:2],
        }


def encode(source, target):
    """One clip as 16 kHz mono Opus; the length after decoding must be what the clip's length asks for."""
    samples, rate = soundfile.read(source, dtype="float64")
    samples = np.clip(soxr.resample(samples, rate, SAMPLE_RATE, "VHQ"), -1, 1)
    soundfile.write(target, samples, SAMPLE_RATE, format="OGG", subtype="OPUS", compression_level=COMPRESSION)
    if soundfile.info(target).frames != len(samples):
        raise SystemExit(f"{target}: {soundfile.info(target).frames} samples, expected {len(samples)}")


def main():
    vader, emodb, out = map(Path, sys.argv[1:4])
    rows = list(pair(read_snippets(vader), read_clips(emodb), random.Random(SEED)))
    (out / "audio").mkdir(parents=True, exist_ok=True)
    with open(out / "label.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for source in sorted((emodb / "wav").glob("*.wav")):
        target = out / "audio" / f"{source.stem}.opus"
        if not target.exists():
            encode(source, target)


if __name__ == "__main__":
    main()
