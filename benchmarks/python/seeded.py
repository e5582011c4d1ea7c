"""Weights that benchmarks/src/seeded.ts makes too, so that no file has to carry them."""

import re
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

sys.path.append(str(Path(__file__).parents[2] / "scripts" / "reference" / "encoders"))
from seeded_weights import seeded_values  # noqa: E402

DEVIATION = 0.02


def seeded_weight(path: str, shape: tuple[int, ...]) -> Tensor:
    """A parameter of the TypeScript side by its path there, in its axes: about 1 in a norm's weight, else about 0 with one deviation."""
    values = seeded_values(path, int(np.prod(shape)))
    values *= np.float32(DEVIATION * 3**0.5)
    if re.search(r"norm\.weight$", path, re.IGNORECASE):
        values += np.float32(1)
    return torch.from_numpy(values).reshape(shape)
