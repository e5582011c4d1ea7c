"""The paper's model without training."""

import torch
from torch import Tensor

from model import Batch, Mmolre


def prepare(data, max_samples: int, **sizes):
    model = Mmolre(**sizes).eval()
    batch = Batch(data, max_samples)

    @torch.inference_mode()
    def scores() -> dict[str, Tensor]:
        found = model(*batch.inputs())
        return {"sentiment": found["sentiment"][:, 0], "emotion": found["emotion"]}

    def run() -> float:
        return scores()["sentiment"][0].item()

    return run, scores
