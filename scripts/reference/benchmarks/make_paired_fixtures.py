"""Writes the numbers that the tests of the paired benchmark compare with. Run by maintainers only.

    python scripts/reference/benchmarks/make_paired_fixtures.py benchmarks/src/__fixtures__/paired.json

Used: Python 3.11, numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0.
"""

import json
import sys

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

HOLM = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.2, 0.2, 0.001, 0.9, 0.02, 0.02], [0.0, 1.0], [0.6, 0.5, 0.9]]
ROWS_PER_CLIP = 6
ROWS = 240


def holm():
    return [{"p": p, "corrected": multipletests(p, method="holm")[1].tolist()} for p in HOLM]


def power():
    cases = [(effect, pairs) for effect in (0, 0.5, 1.0) for pairs in (2, 3, 5, 9, 27)]
    solve = TTestPower()
    return [{"effect": e, "pairs": n, "power": float(solve.power(e, n, 0.05, alternative="two-sided"))} for e, n in cases]


def visible():
    solve = TTestPower()
    sizes = [3, 4, 6, 9, 27]
    return [{"pairs": n, "effect": float(np.squeeze(solve.solve_power(None, n, 0.05, 0.8)))} for n in sizes]


def paired(rng):
    cases = [[0.1, 0.2, 0.05], [0.01, -0.02], rng.normal(0.2, 1, 9).round(3).tolist()]
    return [{"differences": d, "p": float(stats.ttest_1samp(d, 0).pvalue)} for d in cases]


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


def main():
    rng = np.random.default_rng(20261128)
    content = {
        "holm": holm(),
        "power": power(),
        "visible": visible(),
        "paired": paired(rng),
        "bootstrap": bootstrap(rng),
    }
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.write("\n")


if __name__ == "__main__":
    main()
