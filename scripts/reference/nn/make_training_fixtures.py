"""Writes the trainings that the tests of AdamW's groups, its schedules and accumulation compare with. Run by maintainers only.

    python scripts/reference/nn/make_training_fixtures.py packages/nn/src/__fixtures__/training.safetensors

Used: Python 3.11, numpy 2.4.6, torch 2.15.0, transformers 5.23.0, safetensors 0.8.0.

50 steps of `torch.optim.AdamW` in single precision on a small network with two tasks, each of whose losses is a mean over the samples that
have its label. The encoder has a learning rate of its own, biases and norms do not decay, and the total gradient norm is clipped. Once for
each schedule, over whole batches, and once in parts of unequal size (`parts`), some of them without any label of a task: each part's
terms are divided by the whole batch's counts, and their gradients add up.

The learning rates are those of transformers' schedules with warm-up, but for the warm-up itself, which is a step ahead: theirs begins at 0.
"""

import json
import platform
import sys

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

torch.set_num_threads(1)

STEPS, WARMUP, BATCHES, B, D_IN, D, EMOTIONS = 50, 8, 5, 10, 6, 8, 3
PARTS = [1, 4, 2, 3]
CONFIG = {
    "steps": STEPS,
    "warmupSteps": WARMUP,
    "parts": PARTS,
    "learningRate": 2e-2,
    "encoderFactor": 0.25,
    "weightDecay": 0.1,
    "maxGradNorm": 1.0,
}
SCHEDULES = {
    "constant": lambda opt: transformers.get_constant_schedule_with_warmup(opt, WARMUP),
    "linear": lambda opt: transformers.get_linear_schedule_with_warmup(opt, WARMUP, STEPS),
    "cosine": lambda opt: transformers.get_cosine_schedule_with_warmup(opt, WARMUP, STEPS),
}


def factors(name):
    """What the schedule multiplies a learning rate by, at the steps 0 .. STEPS."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = SCHEDULES[name](optimizer)
    found = []
    for _ in range(STEPS + 1):
        found += schedule.get_last_lr()
        optimizer.step()
        schedule.step()
    return found


def draw(rng, *shape, scale=1.0, mean=0.0):
    return torch.from_numpy((rng.standard_normal(shape) * scale + mean).astype(np.float32))


def start(rng):
    return {
        "encoder.weight": draw(rng, D_IN, D, scale=0.4),
        "encoder.bias": draw(rng, D, scale=0.3),
        "norm.weight": draw(rng, D, scale=0.2, mean=1.0),
        "norm.bias": draw(rng, D, scale=0.3),
        "sentiment.weight": draw(rng, D, 1, scale=0.4),
        "sentiment.bias": draw(rng, 1, scale=0.3),
        "emotion.weight": draw(rng, D, EMOTIONS, scale=0.4),
        "emotion.bias": draw(rng, EMOTIONS, scale=0.3),
    }


def batch(rng):
    has_sentiment = (rng.uniform(size=B) < 0.6).astype(np.float32)
    has_emotion = (rng.uniform(size=B) < 0.6).astype(np.float32)
    has_sentiment[[1, 2, 5]], has_emotion[[0, 6]] = [1, 0, 0], [0, 1]  # a part of each task has no label, no batch is without
    has_sentiment[6] = 0
    return {
        "x": draw(rng, B, D_IN),
        "sentiment": draw(rng, B, scale=1.5),
        "sentimentPresent": torch.from_numpy(has_sentiment),
        "emotion": torch.from_numpy((rng.uniform(size=(B, EMOTIONS)) < 0.4).astype(np.float32)),
        "emotionPresent": torch.from_numpy(has_emotion),
    }


def loss_of(params, part, whole):
    h = torch.tanh(part["x"] @ params["encoder.weight"] + params["encoder.bias"])
    h = h * params["norm.weight"] + params["norm.bias"]
    sentiment = (h @ params["sentiment.weight"] + params["sentiment.bias"])[:, 0]
    emotion = h @ params["emotion.weight"] + params["emotion.bias"]
    terms = {
        "sentiment": mse_loss(sentiment, part["sentiment"], reduction="none"),
        "emotion": binary_cross_entropy_with_logits(emotion, part["emotion"], reduction="none").mean(1),
    }
    return sum((value * part[f"{task}Present"]).sum() / whole[f"{task}Present"].sum() for task, value in terms.items())


def walk(first, batches, rates, sizes):
    params = {path: value.clone().requires_grad_() for path, value in first.items()}
    groups = []
    for of_encoder in (True, False):
        for decays in (True, False):
            members = [
                value
                for path, value in params.items()
                if path.startswith("encoder.") == of_encoder and (value.ndim > 1) == decays
            ]
            decay = CONFIG["weightDecay"] if decays else 0.0
            groups.append({"params": members, "weight_decay": decay, "of_encoder": of_encoder})
    optimizer = torch.optim.AdamW(groups, foreach=False)
    losses, norms = [], []
    for step, rate in enumerate(rates):
        whole = batches[step % BATCHES]
        optimizer.zero_grad()
        parts = {key: value.split(sizes) for key, value in whole.items()}
        loss = 0.0
        for i in range(len(sizes)):
            part_loss = loss_of(params, {key: values[i] for key, values in parts.items()}, whole)
            part_loss.backward()
            loss += part_loss.item()
        losses.append(loss)
        norms.append(torch.nn.utils.clip_grad_norm_(params.values(), CONFIG["maxGradNorm"]).item())
        for group in optimizer.param_groups:
            group["lr"] = CONFIG["learningRate"] * rate * (CONFIG["encoderFactor"] if group["of_encoder"] else 1.0)
        optimizer.step()
    assert min(norms) < CONFIG["maxGradNorm"] < max(norms), "clipping must matter in some steps only"
    return {path: value.detach() for path, value in params.items()}, losses


def main():
    rng = np.random.Generator(np.random.PCG64(17))
    first = start(rng)
    batches = [batch(rng) for _ in range(BATCHES)]
    tensors = {f"start.{path}": value for path, value in first.items()}
    tensors |= {f"batches.{i}.{key}": value for i, whole in enumerate(batches) for key, value in whole.items()}
    theirs = {name: factors(name) for name in SCHEDULES}
    for name, sizes in [*((name, [B]) for name in SCHEDULES), ("parts", PARTS)]:
        own = theirs["cosine" if name == "parts" else name]
        rates = [own[step + 1] if step < WARMUP else own[step] for step in range(STEPS)]
        after, losses = walk(first, batches, rates, sizes)
        tensors |= {f"{name}.after.{path}": value for path, value in after.items()}
        tensors[f"{name}.losses"] = torch.tensor(losses)
    about = {
        "made_by": "scripts/reference/nn/make_training_fixtures.py",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "numpy": np.__version__,
        "config": CONFIG,
        "factors": theirs,
    }
    save_file({key: value.contiguous().clone() for key, value in tensors.items()}, sys.argv[1], {"fixture": json.dumps(about)})


if __name__ == "__main__":
    main()
