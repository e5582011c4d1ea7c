"""Writes the numbers that the tests of packages/baselines compare with. Run by maintainers only.

    python scripts/reference/baselines/make_baselines_fixtures.py packages/baselines/src/__fixtures__/baselines.json

Used: Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1, librosa 0.11.0.
"""

import json
import platform
import sys

import librosa
import numpy as np
import scipy
import sklearn
from scipy.fft import dct
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

RATE = 16_000
TEXTS = [
    "A quiet film, and a good one.",
    "Not a good film: a good idea, badly told.",
    "The idea is good. The film is not!",
    "Badly told, badly acted, badly lit",
    "Acted well and told well; it's a fine film",
    "ünnötig lang, ünnötig laut",
    "A fine idea that 2 actors tell well",
    "",
    "I",
    "The film_title says it all, and all of it is good",
]
UNSEEN = ["a good film film film", "nothing known", "Badly told IDEA"]


def tf_idf():
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    vectorizer.fit(TEXTS)
    terms = vectorizer.get_feature_names_out().tolist()
    rows = vectorizer.transform(TEXTS + UNSEEN).toarray().tolist()
    return {"texts": TEXTS, "unseen": UNSEEN, "terms": terms, "weights": vectorizer.idf_.tolist(), "rows": rows}


def linear(rng):
    x = np.where(rng.random((60, 12)) < 0.4, rng.normal(size=(60, 12)).round(3), 0.0)
    x[:, 3] *= 50  # of another size
    truth = rng.normal(size=12)
    y = (x @ truth / 20 + 0.7 + rng.normal(size=60)).round(3)
    has = y > np.quantile(y, 0.8)
    ridge = Ridge(alpha=1, solver="cholesky").fit(x, y)
    logistic = LogisticRegression(C=1, class_weight="balanced", tol=1e-10, max_iter=100_000).fit(x, has)
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "has": has.tolist(),
        "ridge": [*ridge.coef_.tolist(), float(ridge.intercept_)],
        "logistic": [*logistic.coef_[0].tolist(), float(logistic.intercept_[0])],
    }


def voice(rng):
    """Two voices' worth of harmonics, a pause between, and noise; 16-bit samples."""
    t = np.arange(int(0.9 * RATE)) / RATE
    f0 = np.where(t < 0.5, 110 + 60 * t, 240 - 40 * t)
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    wave = sum(np.sin(h * phase) / h for h in range(1, 9)) * 0.25
    wave[(t > 0.42) & (t < 0.5)] = 0
    samples = np.clip(np.round((wave + 0.002 * rng.normal(size=t.size)) * 32767), -32768, 32767)
    clip = (samples / 32768).astype(np.float32)
    mel = librosa.feature.melspectrogram(
        y=clip.astype(np.float64), sr=RATE, n_fft=512, win_length=400, hop_length=160, center=False, power=2,
        n_mels=40, fmin=60, fmax=7600, htk=True, norm=None,
    )
    mfcc = dct(np.log(mel + 1e-6), axis=0, norm="ortho")[:20]
    delta = librosa.feature.delta(mfcc, width=5, mode="nearest")

    def summary(rows):
        parts = [rows.mean(1), rows.std(1), *np.percentile(rows, [10, 90], axis=1)]
        return np.stack(parts, 1).tolist()

    f0_yin, voiced, _ = librosa.pyin(
        clip, fmin=60, fmax=500, sr=RATE, frame_length=1024, hop_length=320, center=False
    )
    return {
        "samples": samples.astype(int).tolist(),
        "mfcc": [row[:5].tolist() for row in mfcc],
        "mfccSummary": summary(mfcc),
        "deltaSummary": summary(delta),
        "f0": [float(f) if v else None for f, v in zip(f0_yin, voiced)],
    }


def main(path):
    rng = np.random.Generator(np.random.PCG64(1))
    fixture = {
        "versions": {
            "python": platform.python_version(),
            **{m.__name__: m.__version__ for m in (np, scipy, sklearn, librosa)},
        },
        "tfIdf": tf_idf(),
        "linear": linear(rng),
        "voice": voice(rng),
    }
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in fixture.items()) + "\n}\n")


main(sys.argv[1])
