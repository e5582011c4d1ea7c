"""Random numbers that TypeScript makes too (packages/nn/src/seeded-values.ts), so that no fixture has to hold large weights.

Entry i of a name's sequence is the 32-bit finaliser of MurmurHash3 over FNV-1a(name) + i * 0x9e3779b9, and its upper 24 bits
are a number in [-1, 1) that single precision holds exactly.
"""

import numpy as np
import torch
from torch import Tensor

ENTRIES = 64


def seeded_bits(name: str, size: int) -> np.ndarray:
    """In place, as benchmarks draw hundreds of millions."""
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
    return x


def seeded_values(name: str, size: int) -> np.ndarray:
    """Uniform in [-1, 1), as float32."""
    values = (seeded_bits(name, size) >> np.uint32(8)).astype(np.float32)
    values *= np.float32(2**-23)
    values -= np.float32(1)
    return values


def seeded_weight(name: str, shape: tuple[int, ...]) -> Tensor:
    """Weights of unit gain, norms about 1, anything else about 0."""
    values = seeded_values(name, int(np.prod(shape))).astype(np.float64)
    if len(shape) > 1:
        values *= np.sqrt(3 / np.prod(shape[1:]))
    elif name.lower().endswith("norm.weight"):
        values = 1 + 0.2 * values
    else:
        values *= 0.2
    return torch.from_numpy(values.astype(np.float32)).reshape(shape)


def seeded_state(shapes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    return {name: seeded_weight(name, shape) for name, shape in shapes.items()}


def sketch(name: str, tensor: Tensor) -> Tensor:
    """What is kept of a large tensor: its 2-norm, two projections on random signs (each as large, on average, as the norm of what is
    projected), and 64 entries."""
    flat = tensor.detach().double().flatten().numpy()
    signs = [np.where(seeded_values(f"{name}#sign{i}", flat.size) < 0, -1.0, 1.0) for i in (0, 1)]
    entries = flat[seeded_bits(f"{name}#entries", ENTRIES) % np.uint32(flat.size)]
    return torch.tensor([np.linalg.norm(flat), *(float(flat @ sign) for sign in signs), *entries], dtype=torch.float32)
