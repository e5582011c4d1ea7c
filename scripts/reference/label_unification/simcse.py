"""Writes packages/label-unification/src/simcse/__fixtures__/simcse.json, what the tests of training SimCSE compare with.

    python scripts/reference/label_unification/simcse.py        # 10 s

- `losses`: InfoNCE of random vectors, one anchor and one candidate at a time, and its gradients by autograd.
- `spaces`: alignment and uniformity as Wang and Isola print them, over vectors scaled to length 1.
- `trainings`: the small BERT of packages/encoders, without dropout, by transformers, on a few triplets in one batch: AdamW, gradients
  clipped to 1, a linear warm-up over the first tenth of the steps and then half a cosine. The loss before each step.

Inputs are numbers that single precision holds exactly; results are computed in double precision.
"""

import json
import math
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModel, AutoTokenizer

ROOT = Path(__file__).resolve().parents[3]
TARGET = ROOT / "packages/label-unification/src/simcse/__fixtures__/simcse.json"
BERT = ROOT / "packages/encoders/src/__fixtures__/bert-small"

TRIPLETS = [
    ["I loved this movie.", "The movie was great.", "I hated it."],
    ["Nothing works!", "It is all broken.", "Everything works well."],
    ["She was afraid of the dark", "She felt fear.", "She felt safe and calm"],
    ["What a surprise, really.", "I did not expect this", "I knew it from the beginning."],
    ["The food is cold and the people are rude", "A bad place to eat.", "A very good place to eat!"],
]
STEPS, RATE, TEMPERATURE = 12, 1e-3, 0.05


def cosine(x: Tensor, y: Tensor) -> Tensor:
    return (x @ y) / (x.norm() * y.norm())


def info_nce(anchors: Tensor, positives: Tensor, negatives: Tensor | None, temperature: float) -> Tensor:
    terms = []
    for i, anchor in enumerate(anchors):
        similar = torch.exp(cosine(anchor, positives[i]) / temperature)
        everything = sum(torch.exp(cosine(anchor, other) / temperature) for other in positives)
        if negatives is not None:
            everything = everything + sum(torch.exp(cosine(anchor, other) / temperature) for other in negatives)
        terms.append(-torch.log(similar / everything))
    return torch.stack(terms).mean()


def vectors(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.tensor(np.round(rng.standard_normal(shape) * 64) / 64, requires_grad=True)


def loss_case(name: str, rng: np.random.Generator, count: int, width: int, hard: bool, temperature: float) -> dict:
    anchors, positives = vectors(rng, count, width), vectors(rng, count, width)
    negatives = vectors(rng, count, width) if hard else None
    loss = info_nce(anchors, positives, negatives, temperature)
    loss.backward()
    given = {"anchors": anchors, "positives": positives} | ({"hardNegatives": negatives} if hard else {})
    return {
        "name": name,
        "temperature": temperature,
        "batch": {key: value.tolist() for key, value in given.items()},
        "loss": loss.item(),
        "gradients": {key: value.grad.tolist() for key, value in given.items()},
    }


def space_case(rng: np.random.Generator, count: int, width: int, shift: float) -> dict:
    x = vectors(rng, count, width).detach() + shift
    y = x + torch.tensor(np.round(rng.standard_normal((count, width)) * 16) / 64)
    a, b = (z / z.norm(dim=1, keepdim=True) for z in (x, y))
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "alignment": (a - b).norm(dim=1).pow(2).mean().item(),
        "uniformity": torch.pdist(a, p=2).pow(2).mul(-2).exp().mean().log().item(),
    }


def rate_at(step: int) -> float:
    warmup = math.ceil(STEPS / 10)
    if step < warmup:
        return RATE * (step + 1) / warmup
    return RATE * (1 + math.cos(math.pi * (step - warmup) / (STEPS - warmup))) / 2


def training_case(pooling: str) -> dict:
    tokenizer = AutoTokenizer.from_pretrained(BERT)
    model = AutoModel.from_pretrained(BERT).double().train()  # its configuration has no dropout
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0)
    losses = []
    for step in range(STEPS):
        views = []
        for view in range(3):
            texts = [triplet[view].strip().lower() for triplet in TRIPLETS]
            tokens = tokenizer(texts, padding=True, truncation=True, max_length=32, return_tensors="pt")
            output = model(**tokens)
            mask = tokens["attention_mask"].unsqueeze(2).double()
            mean = (output.last_hidden_state * mask).sum(1) / mask.sum(1)
            views.append(mean if pooling == "mean" else output.pooler_output)
        loss = info_nce(*views, TEMPERATURE)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step)
        optimizer.step()
    return {"pooling": pooling, "learningRate": RATE, "temperature": TEMPERATURE, "triplets": TRIPLETS, "losses": losses}


def main() -> None:
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    rng = np.random.Generator(np.random.PCG64(13))
    fixture = {
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "torch", "transformers")},
        },
        "losses": [
            loss_case("the others of the batch alone", rng, 4, 6, False, 0.05),
            loss_case("with hard negatives", rng, 3, 5, True, 0.05),
            loss_case("warm", rng, 5, 4, True, 1.0),
            loss_case("a single pair", rng, 1, 4, False, 0.5),
        ],
        "spaces": [space_case(rng, 7, 5, 0.0), space_case(rng, 5, 3, 2.0)],
        "trainings": [training_case("mean"), training_case("pooler")],
    }
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(fixture, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
