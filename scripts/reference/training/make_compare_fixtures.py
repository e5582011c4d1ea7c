"""Writes the numbers that the tests of comparisons between runs compare with. Run by maintainers only.

    python scripts/reference/training/make_compare_fixtures.py packages/training/src/compare/__fixtures__/compare.json

Used: Python 3.11, numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0.
"""

import json
import sys

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

HOLM = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.2, 0.2, 0.001, 0.9, 0.02, 0.02], [0.0, 1.0], [0.6, 0.5, 0.9]]
ROWS_PER_CLIP = 6
ROWS = 240


def holm():
    return [{"p": p, "corrected": multipletests(p, method="holm")[1].tolist()} for p in HOLM]


def bootstrap(rng):
    """The difference of two errors, whose rows share what their clip adds; over rows, then over clips and rows within."""
    labels = rng.normal(0, 1.5, ROWS).round(3)
    clip = np.repeat(rng.normal(0, 1, ROWS // ROWS_PER_CLIP), ROWS_PER_CLIP)
    a = (labels + rng.normal(0, 0.3, ROWS) + clip).round(3)
    b = (labels + rng.normal(0, 0.5, ROWS)).round(3)
    errors = np.abs(a - labels) - np.abs(b - labels)
    plain = stats.bootstrap((errors,), np.mean, n_resamples=100_000, method="percentile", rng=rng)
    clips = errors.reshape(-1, ROWS_PER_CLIP)
    drawn = []
    for _ in range(40_000):
        chosen = clips[rng.integers(0, len(clips), len(clips))]
        drawn.append(np.take_along_axis(chosen, rng.integers(0, ROWS_PER_CLIP, chosen.shape), 1).mean())
    return {
        "rowsPerClip": ROWS_PER_CLIP,
        "labels": labels.tolist(),
        "a": a.tolist(),
        "b": b.tolist(),
        "interval": [float(plain.confidence_interval.low), float(plain.confidence_interval.high)],
        "deviation": float(plain.standard_error),
        "clusterInterval": np.percentile(drawn, [2.5, 97.5]).tolist(),
        "clusterDeviation": float(np.std(drawn)),
    }


def permutation(rng):
    """Two-sided, exact, of the difference of two mean absolute errors: over rows, and over clips of two rows."""
    rows, per_clip = 16, 2
    labels = rng.normal(0, 1.5, rows).round(3)
    clip = np.repeat(rng.normal(0, 0.8, rows // per_clip), per_clip)
    a = (labels + clip + rng.normal(0, 0.2, rows)).round(3)
    b = (labels + rng.normal(0, 0.3, rows)).round(3)
    first, second = np.abs(a - labels), np.abs(b - labels)

    def exact(x, y):
        result = stats.permutation_test(
            (x, y), lambda x, y: np.mean(x) - np.mean(y), permutation_type="samples", n_resamples=np.inf, vectorized=False
        )
        return float(result.pvalue)

    def clips(x):
        return x.reshape(-1, per_clip).mean(axis=1)

    return {
        "rowsPerClip": per_clip,
        "labels": labels.tolist(),
        "a": a.tolist(),
        "b": b.tolist(),
        "p": exact(first, second),
        "clipP": exact(clips(first), clips(second)),
    }


def main():
    rng = np.random.default_rng(20261129)
    content = {"holm": holm(), "bootstrap": bootstrap(rng), "permutation": permutation(rng)}
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.write("\n")


if __name__ == "__main__":
    main()
