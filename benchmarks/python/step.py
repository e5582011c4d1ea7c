"""One training step of the paper's model."""

import torch
from torch import Tensor

from model import Batch, Mmolre


def prepare(
    data, rate: float, decay: float, autocast: bool, max_samples: int, num_tokens: int | None, num_samples: int | None, **sizes
):
    """num_tokens and num_samples: what every batch is padded to; None, its longest. autocast: the steps' forward pass in bfloat16."""
    model = Mmolre(**sizes).train()
    batch = Batch(data, max_samples)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=rate, weight_decay=decay)

    def loss() -> Tensor:
        return batch.loss(model(*batch.inputs(num_tokens, num_samples)))

    def step() -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            before = loss()
        optimizer.zero_grad()
        before.backward()
        optimizer.step()
        return before.item()

    def results() -> dict[str, Tensor]:
        """The loss without dropout, and of its gradient the norm in each part of the model."""
        model.eval()
        value = loss()
        value.backward()
        squares: dict[str, float] = {}
        for name, parameter in model.named_parameters():
            if parameter.grad is not None:
                part = ".".join(name.split(".")[:2])
                squares[part] = squares.get(part, 0) + parameter.grad.double().square().sum().item()
        optimizer.zero_grad()
        model.train()
        return {"loss": value[None]} | {part: torch.tensor([square**0.5]) for part, square in squares.items()}

    return step, results
