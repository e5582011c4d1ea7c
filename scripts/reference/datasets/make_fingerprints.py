"""Writes packages/datasets/src/validate/fingerprints.ts: by which of its videos a large corpus is known, whatever its folder is called.

python3 make_fingerprints.py <cmu-mosei/standard_folds.json> <review-speech/label.csv>

The folds are those of the CMU-MultimodalSDK (commit 4f2eadc, MIT licence). Of a set with many videos one in `of` is kept, chosen by its hash.
Standard library alone.
"""

import csv
import hashlib
import json
import sys
from pathlib import Path

SPLITS = ("train", "valid", "test")


def folds(path):
    content = json.loads(Path(path).read_text())
    return {split: content[split] for split in SPLITS}


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    return {split: sorted({row["video_id"] for row in table if row["mode"] == split}) for split in SPLITS}


def fingerprint(videos, of):
    hashes = {split: sorted(hashlib.sha256(video.encode()).hexdigest() for video in videos[split]) for split in SPLITS}
    kept = {split: [h[:8] for h in hashes[split] if int(h[:8], 16) * of < 2**32] for split in SPLITS}
    lines = [f"    {split}: '{''.join(kept[split])}'," for split in SPLITS]
    return "\n".join(["{", f"    of: {of},", *lines, "  },"])


mosei, speech = sys.argv[1:]
print("""// Made by scripts/reference/datasets/make_fingerprints.py.
import type { Split } from '../sample';

/** One in `of` of a corpus's videos, chosen by hash: the first 8 digits of the SHA-256 of each id, one after another, by split. */
export type Fingerprint = { of: number } & Record<Split, string>;

export const FINGERPRINTS = {""")
for name, videos, of in (("mosei", folds(mosei), 16), ("'review-speech'", rows(speech), 32)):
    print(f"  {name}: {fingerprint(videos, of)}")
print("} as const satisfies Record<string, Fingerprint>;")
