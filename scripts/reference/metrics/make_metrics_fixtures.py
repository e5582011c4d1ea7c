"""Writes the numbers that the tests of packages/metrics compare with. Run by maintainers only.

    python scripts/reference/metrics/make_metrics_fixtures.py packages/metrics/src/__fixtures__/metrics.json

Used: Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1. `null` stands for a value that is not defined.
"""

import json
import platform
import sys

import numpy as np
import scipy
import scipy.stats
import sklearn
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, mean_absolute_error, recall_score

NAMES = ["happiness", "sadness", "anger", "surprise", "disgust", "fear"]
CATEGORIES = ["anger", "disgust", "fear", "happiness", "sadness", "none"]


def two_classes(p, y):
    if len(set(y.tolist())) < 2:
        return {"acc2": None, "f1": None}
    return {"acc2": accuracy_score(y, p), "f1": f1_score(y, p, average="weighted", zero_division=0)}


def multiclass(p, y, limit):
    return float(np.mean(np.round(np.clip(p, -limit, limit)) == np.round(np.clip(y, -limit, limit))))


def sentiment(name, p, y):
    p, y = np.asarray(p, dtype=np.float64), np.asarray(y, dtype=np.float64)
    constant = len(set(p.tolist())) < 2 or len(set(y.tolist())) < 2
    kept = y != 0
    expected = {
        "count": len(y),
        "mae": mean_absolute_error(y, p),
        "corr": None if constant else float(scipy.stats.pearsonr(p, y)[0]),
        "acc7": multiclass(p, y, 3),
        "acc5": multiclass(p, y, 2),
        "has0": two_classes(p >= 0, y >= 0),
        "non0": two_classes(p[kept] > 0, y[kept] > 0),
    }
    return {"name": name, "predictions": p.tolist(), "labels": y.tolist(), "expected": expected}


def emotion(name, probabilities, labels, thresholds):
    says = probabilities > thresholds
    per_emotion = {}
    for c, emotion_name in enumerate(NAMES):
        has = labels[:, c] == 1
        one_class = len(set(has.tolist())) < 2
        per_emotion[emotion_name] = {
            "accuracy": None if one_class else accuracy_score(has, says[:, c]),
            "weightedF1": None if one_class else f1_score(has, says[:, c], average="weighted", zero_division=0),
            "f1": None if one_class else f1_score(has, says[:, c], zero_division=0),
            "prevalence": float(has.mean()),
            "threshold": float(thresholds[c]),
        }
    average = {}
    for key in ["accuracy", "weightedF1", "f1"]:
        defined = [e[key] for e in per_emotion.values() if e[key] is not None]
        average[key] = float(np.mean(defined)) if defined else None

    margins = probabilities - thresholds
    answers = np.where(margins.max(1) > 0, np.array(NAMES)[margins.argmax(1)], "none")
    one = labels.sum(1) <= 1
    truths = np.where(labels.sum(1) == 0, "none", np.array(NAMES)[labels.argmax(1)])
    used = one & (truths != "surprise")
    occurring = [c for c in CATEGORIES if (truths[used] == c).any()]
    recalls = recall_score(truths[used], answers[used], labels=occurring, average=None, zero_division=0)
    found = dict(zip(occurring, map(float, recalls)))
    category_recall = {
        "mean": float(np.mean(recalls)),
        "perCategory": {c: found.get(c) for c in CATEGORIES},
        "count": int(used.sum()),
        "leftOut": int((~used).sum()),
    }

    # The best balanced accuracy that any cut between two different probabilities reaches.
    best = []
    for c in range(len(NAMES)):
        has = labels[:, c] == 1
        values = np.unique(probabilities[:, c])
        cuts = (values[1:] + values[:-1]) / 2
        if len(set(has.tolist())) < 2 or len(cuts) == 0:
            best.append(None)
        else:
            best.append(max(balanced_accuracy_score(has, probabilities[:, c] > cut) for cut in cuts))
    return {
        "name": name,
        "probabilities": probabilities.tolist(),
        "labels": labels.astype(int).tolist(),
        "thresholds": thresholds.tolist(),
        "expected": {
            "count": len(labels),
            "perEmotion": per_emotion,
            "mean": average,
            "categoryRecall": category_recall,
        },
        "bestBalancedAccuracy": best,
    }


def main():
    rng = np.random.default_rng(7)
    labels = np.round(rng.uniform(-3, 3, 40) * 5) / 5
    close = np.round(labels * 0.8 + rng.normal(0, 0.8, 40), 3)
    halves = np.arange(-7, 8) / 2
    grid = np.array([(p, y) for p in halves for y in halves[::2]])
    zeros = np.array([-1.0, 0, 0, 0, 1, 2, -2, 0.5])
    cases = [
        sentiment("random", close, labels),
        sentiment("halves against each other", grid[:, 0], grid[:, 1]),
        sentiment("exact zeros on both sides", [0.0, 0, -0.0, 1e-9, 0, -1, 0, 0.5], zeros),
        sentiment("beyond the scale", [4.2, -7, 3.4, -3.5, 2.6, 9], [3, -3, 3, -2.8, 2, 1]),
        sentiment("constant predictions", [0.1] * 12, labels[:12]),
        sentiment("constant labels", close[:12], [0.6] * 12),
        sentiment("positive labels only", close[:10], np.abs(labels[:10]) + 0.2),
        sentiment("zero labels only", close[:10], np.zeros(10)),
        sentiment("one sample", [1.5], [2.5]),
        sentiment("never positive", -np.abs(close) - 0.1, labels),
    ]

    n = 60
    mostly_one = np.zeros((n, 6))
    for i in range(n):
        kind = rng.integers(0, 9)
        if kind < 6:
            mostly_one[i, kind] = 1
        elif kind == 6:
            mostly_one[i, rng.permutation(6)[:2]] = 1
    scores = np.round(np.clip(0.35 * mostly_one + rng.uniform(0, 0.6, (n, 6)), 0, 1), 2)
    thresholds = np.array([0.5, 0.4, 0.6, 0.5, 0.35, 0.55])
    no_surprise = mostly_one[(mostly_one[:, 3] == 0)][:30].copy()
    no_surprise[:, 5] = 0
    emotions = [
        emotion("all six", scores, mostly_one, thresholds),
        emotion("no surprise, no fear", scores[:30], no_surprise, thresholds),
        emotion("never predicted", scores[:30] / 4, mostly_one[:30], thresholds),
        emotion("at the threshold is absent", np.full((7, 6), 0.5), np.vstack([np.eye(6), np.zeros(6)]), np.full(6, 0.5)),
    ]

    rounded = np.concatenate([halves, [0.49999999999999994, 2.5000000000000004, -2.5000000000000004, 1e9 + 0.5, 0.2, -0.7]])
    fixture = {
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "round": [[float(x), float(np.round(x)) + 0.0] for x in rounded],
        "median": [[v.tolist(), float(np.median(v))] for v in (labels[:7], labels[:8], labels[:1])],
        "sentiment": cases,
        "emotion": emotions,
    }
    with open(sys.argv[1], "w") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in fixture.items()) + "\n}\n")


if __name__ == "__main__":
    main()
