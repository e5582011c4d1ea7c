"""Weights that benchmarks/src/seeded.ts makes too, so that no file has to carry them.

Entry i of a name's sequence is the 32-bit finaliser of MurmurHash3 over FNV-1a(name) + i * 0x9e3779b9, and its upper 24 bits
are a number in [-1, 1) that single precision holds exactly.
"""

import re

import numpy as np
import torch
from torch import Tensor

DEVIATION = 0.02


def seeded_values(name: str, size: int) -> np.ndarray:
    """Uniform in [-1, 1)."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    x = np.arange(size, dtype=np.uint32)
    with np.errstate(over="ignore"):
        x *= np.uint32(0x9E3779B9)
        x += np.uint32(seed)
        for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
            x ^= x >> np.uint32(shift)
            x *= np.uint32(factor)
        x ^= x >> np.uint32(16)
    values = (x >> np.uint32(8)).astype(np.float32)
    values *= np.float32(2**-23)
    values -= np.float32(1)
    return values


def seeded_weight(path: str, shape: tuple[int, ...]) -> Tensor:
    """A parameter of the TypeScript side by its path there, in its axes: about 1 in a norm's weight, else about 0 with one deviation."""
    values = seeded_values(path, int(np.prod(shape)))
    values *= np.float32(DEVIATION * 3**0.5)
    if re.search(r"norm\.weight$", path, re.IGNORECASE):
        values += np.float32(1)
    return torch.from_numpy(values).reshape(shape)
