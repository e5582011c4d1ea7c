"""Writes 1,000 random and degenerate cases that the tests of packages/metrics compare every metric with. Run by maintainers only.

    python scripts/reference/metrics/make_checker_fixtures.py packages/metrics/src/checker/__fixtures__/cases.json.gz

Used: Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1. `null` stands for a value that is not defined.
"""

import gzip
import json
import platform
import sys

import numpy as np
import scipy
import scipy.stats
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, brier_score_loss, confusion_matrix, f1_score, mean_absolute_error

CASES = 1000
BINS = 10


def plain(value):
    return None if value is None else round(float(value), 10)


def two_classes(says, has):
    """Accuracy, F1 weighted by truth, by prediction, of the positive class; tn, fp, fn, tp. Without two classes in the labels: no scores."""
    counts = confusion_matrix(has, says, labels=[False, True]).ravel().tolist() if len(has) else [0, 0, 0, 0]
    if len(set(has.tolist())) < 2:
        return [None] * 4 + counts
    by_truth = f1_score(has, says, average="weighted", zero_division=0)
    # The mistake: predictions where scikit-learn expects the truth.
    by_prediction = f1_score(says, has, average="weighted", zero_division=0)
    scores = [accuracy_score(has, says), by_truth, by_prediction, f1_score(has, says, zero_division=0)]
    return [plain(score) for score in scores] + counts


def classes(values, limit):
    """As MMSA defines Acc7 (limit 3) and Acc5 (limit 2)."""
    return np.round(np.clip(values, -limit, limit))


def sentiment(p, y):
    constant = len(set(p.tolist())) < 2 or len(set(y.tolist())) < 2
    kept = y != 0
    return {
        "mae": plain(mean_absolute_error(y, p)),
        "corr": None if constant else plain(scipy.stats.pearsonr(p, y)[0]),
        "acc7": plain(np.mean(classes(p, 3) == classes(y, 3))),
        "acc5": plain(np.mean(classes(p, 2) == classes(y, 2))),
        "has0": two_classes(p >= 0, y >= 0),
        "non0": two_classes(p[kept] > 0, y[kept] > 0),
    }


def calibration_error(q, has):
    """From scikit-learn's bins: the mean of |share - mean probability|, weighted by how many samples each has."""
    share, said = calibration_curve(has, q, n_bins=BINS, strategy="uniform")
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], q)
    counts = np.bincount(bins, minlength=BINS)
    return np.sum(np.abs(share - said) * counts[counts > 0]) / len(q)


def emotion(q, has, threshold):
    two = len(set(has.tolist())) == 2
    return {
        "scores": two_classes(q > threshold, has),
        "brier": plain(brier_score_loss(has, q, labels=[False, True])),
        "ece": plain(calibration_error(q, has)) if two else None,
    }


def draw(rng, kind):
    """Predictions, labels, probabilities, presence and a threshold of 1 to 12 samples."""
    n = int(rng.integers(1, 13))
    y = rng.integers(-9, 10, n) / 3 if kind % 2 else rng.integers(-6, 7, n) / 2
    p = np.round(y * 0.8 + rng.normal(0, 1, n), 1) if kind % 3 else rng.integers(-9, 10, n) / 2
    has = rng.random(n) < rng.choice([0.1, 0.5, 0.9])
    q = np.round(np.clip(0.3 * has + rng.uniform(0, 0.8, n), 0, 1), 2)
    threshold = round(float(rng.choice([0.3, 0.5, 0.7])), 1)
    if kind == 4:
        p[:] = rng.choice([-1.2, 0, 0.1, 2.5])
    if kind == 5:
        y[:] = rng.choice([-1, 0, 1 / 3, 3])
    if kind == 6:
        p, q = -np.abs(p) - 0.1, q * 0
    if kind == 7:
        p, q = np.abs(p), q * 0 + 1
    if kind == 8:
        y, has = np.abs(y), has | True
    if kind == 9:
        y, p, has = -np.abs(y), np.where(rng.random(n) < 0.5, 0, p), has & False
    return np.round(p, 4) + 0.0, np.round(y, 4) + 0.0, np.round(q, 2), has, threshold


def main(path):
    rng = np.random.Generator(np.random.PCG64(11))
    cases = []
    for i in range(CASES):
        p, y, q, has, threshold = draw(rng, i % 12)
        inputs = {"p": p.tolist(), "y": y.tolist(), "q": q.tolist(), "has": has.astype(int).tolist(), "threshold": threshold}
        cases.append(inputs | {"sentiment": sentiment(p, y), "emotion": emotion(q, has, threshold)})
    versions = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
    text = json.dumps({"versions": versions, "cases": cases}, separators=(",", ":"))
    with open(path, "wb") as file:
        file.write(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
