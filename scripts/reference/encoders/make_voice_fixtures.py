"""Writes the MFCC, their summaries and the F0 of a clip that the tests of packages/encoders compare with. Run by maintainers only.

    python scripts/reference/encoders/make_voice_fixtures.py packages/encoders/src/__fixtures__/voice.json

Used: Python 3.11, numpy 2.4.6, scipy 1.17.1, librosa 0.11.0.
"""

import json
import platform
import sys

import librosa
import numpy as np
import scipy
from scipy.fft import dct

RATE = 16_000


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
    fixture = {
        "versions": {"python": platform.python_version(), **{m.__name__: m.__version__ for m in (np, scipy, librosa)}},
        **voice(np.random.Generator(np.random.PCG64(1))),
    }
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in fixture.items()) + "\n}\n")


main(sys.argv[1])
