"""Writes mixtures.safetensors and token-routing.safetensors of packages/moe/src/__fixtures__, what the tests of the mixtures compare with.

    python scripts/reference/moe/make_mixtures_fixtures.py        # 10 s

Parameters and inputs are drawn from seeded generators and rounded to single precision; everything is then computed in
double precision and stored in single. Each case holds

- `input.x`, or one input a stream, 0 at padded frames, and `input.mask`;
- `params.<path>`, an array with one tree a block;
- `output.<stream>`, 0 at padded frames; `gates.<block>.<stream>` of the shared experts and `balance.<block>.<stream>`;
- `weight.<stream>`, and `grads.params.<path>`, `grads.input.<name>` of
  loss = sum(output * weight) + 2 * (the sum of all balance losses), and with routing by token
  + 0.5 * (the sum over all routers of the mean over the frames of logsumexp(logits) ** 2), which is `z`.

The settings of the cases stand in the file's metadata, as JSON under `fixture`.
"""

import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mixtures import SHARED, balance_loss, stacked
from safetensors.torch import save_file
from torch import Tensor

FIXTURES = Path(__file__).resolve().parents[3] / "packages/moe/src/__fixtures__"
Tree = dict[str, Any]
BALANCE = 2.0
Z = 0.5

LENGTHS = [5, 2, 1]
PLAIN: Tree = {
    "numBlocks": 1,
    "tasks": ["sentiment", "emotion"],
    "taskRank": 2,
    "expertActivation": "identity",
    "routerActivation": "gelu",
    "renormaliseGates": False,
    "residual": False,
    "norm": False,
    "upKernel": 1,
    "perStream": False,  # an input for each stream, not one for all
}
EVERYTHING: Tree = {
    "numBlocks": 2,
    "tasks": ["sentiment", "emotion", "sarcasm"],
    "expertActivation": "gelu",
    "renormaliseGates": True,
    "residual": True,
    "norm": True,
    "upKernel": 3,
}
ONE: Tree = {"tasks": ["sentiment"]}
CASES: dict[str, Tree] = {
    "mmolre, the paper's form": {"mixture": "mmolre", "dModel": 9, "ranks": [2, 1, 3, 2], "topK": 2, "numBlocks": 2},
    "mmolre, every option": {"mixture": "mmolre", "dModel": 7, "ranks": [3, 1, 2], "topK": 2} | EVERYTHING,
    "mmolre, one task": {"mixture": "mmolre", "dModel": 5, "ranks": [1, 2, 1], "topK": 1, "upKernel": 3} | ONE,
    "mmolre, full rank, all active": {
        "mixture": "mmolre", "dModel": 5, "ranks": [5, 5, 5], "taskRank": 5, "topK": 3, "numBlocks": 2, "norm": True,
        "expertActivation": "gelu",
    },
    "mmolre, one expert pruned": {
        "mixture": "mmolre", "dModel": 8, "ranks": [2, 0, 3], "topK": 2, "residual": True, "routerActivation": "relu",
    },
    "mmoe, two blocks": {"mixture": "mmoe", "dModel": 9, "ranks": [2, 3, 1], "topK": 2, "numBlocks": 2, "norm": True},
    "mmoe, an input a task": {
        "mixture": "mmoe", "dModel": 7, "ranks": [1, 2, 2], "topK": 3, "perStream": True, "residual": True,
        "upKernel": 3, "expertActivation": "gelu", "tasks": EVERYTHING["tasks"],
    },
    "mmoe, full rank, one task": {"mixture": "mmoe", "dModel": 5, "ranks": [5, 5, 5], "topK": 1, "numBlocks": 2} | ONE,
    "ple, one level": {"mixture": "ple", "dModel": 9, "ranks": [2, 1, 3], "topK": 3},
    "ple, two levels": {"mixture": "ple", "dModel": 9, "ranks": [2, 1, 3, 2], "topK": 4, "numBlocks": 2},
    "ple, every option": {"mixture": "ple", "dModel": 7, "ranks": [3, 1, 2], "topK": 2} | EVERYTHING,
    "ple, full rank, one task": {
        "mixture": "ple", "dModel": 5, "ranks": [5, 5, 5], "taskRank": 5, "topK": 2, "numBlocks": 2, "norm": True,
    } | ONE,
    "ple, an input a stream": {
        "mixture": "ple", "dModel": 8, "ranks": [2, 3], "topK": 2, "perStream": True, "expertActivation": "gelu",
    },
}  # fmt: skip
TOKEN: Tree = {"routing": "token"}
TOKEN_CASES: dict[str, Tree] = {
    "token, mmolre": {"mixture": "mmolre", "dModel": 5, "ranks": [2, 1, 3], "topK": 2, "numBlocks": 2} | TOKEN,
    "token, mmolre, every option": {
        "mixture": "mmolre", "dModel": 7, "ranks": [2, 0, 1, 3], "topK": 2, **EVERYTHING, "tasks": ["sentiment"], "numBlocks": 1,
        "taskRank": 1,
    } | TOKEN,
    "token, ple": {"mixture": "ple", "dModel": 5, "ranks": [1, 2], "topK": 2, "numBlocks": 2, "taskRank": 1, "renormaliseGates": True} | TOKEN,
}  # fmt: skip


class Draw:
    """Random tensors that single precision holds exactly, as doubles that want a gradient."""

    def __init__(self, seed: int):
        self.generator = np.random.Generator(np.random.PCG64(seed))

    def normal(self, *shape: int, scale: float = 1.0, mean: float = 0.0) -> Tensor:
        values = self.generator.standard_normal(shape) * scale + mean
        return torch.from_numpy(values.astype(np.float32).astype(np.float64)).requires_grad_()

    def linear(self, d_in: int, d_out: int, gain: float = 1.0) -> Tree:
        return {"weight": self.normal(d_in, d_out, scale=gain / d_in**0.5), "bias": self.normal(d_out, scale=0.3)}

    def experts(self, case: Tree, hidden: int, *bias: int) -> Tree:
        d, taps = case["dModel"], case["upKernel"]
        up = (hidden, d) if taps == 1 else (taps, hidden, d)
        return {
            "down": self.normal(3, d, hidden, scale=(3 * d) ** -0.5),
            "downBias": self.normal(hidden, scale=0.5),
            "up": self.normal(*up, scale=(2 * taps) ** -0.5),
            "upBias": self.normal(*bias, d, scale=0.5),
        }

    def stream(self, case: Tree, gates: int) -> Tree:
        d = case["dModel"]
        inner = d // 4
        router = {
            "conv1": self.linear(d, inner, gain=2.0),
            "conv2": self.linear(inner, inner, gain=2.0),
            "gate": self.linear(inner, gates, gain=2.0),
        }
        if not case["norm"]:
            return {"router": router}
        norm = {"weight": self.normal(d, scale=0.2, mean=1.0), "bias": self.normal(d, scale=0.3)}
        return {"router": router, "norm": norm}

    def block(self, case: Tree, last: bool) -> Tree:
        n, mixture = len(case["ranks"]), case["mixture"]
        shared = self.experts(case, sum(case["ranks"]), n)
        with torch.no_grad():  # a pruned expert's bias is zero
            shared["upBias"] *= torch.tensor([[min(rank, 1)] for rank in case["ranks"]])
        tasks = {}
        for name in case["tasks"]:
            own = {} if mixture == "mmoe" else {"expert": self.experts(case, case["taskRank"])}
            tasks[name] = own | self.stream(case, n + 1 if mixture == "ple" else n)
        if mixture == "ple" and not last:
            return {"shared": shared, "tasks": tasks, "stream": self.stream(case, n + len(tasks))}
        return {"shared": shared, "tasks": tasks}


def flatten(tree: Any, prefix: str) -> dict[str, Tensor]:
    if isinstance(tree, Tensor):
        return {prefix: tree}
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return {path: leaf for key, value in items for path, leaf in flatten(value, f"{prefix}.{key}").items()}


def make(name: str, case: Tree, seed: int) -> dict[str, Tensor] | None:
    draw = Draw(seed)
    d, frames, batch = case["dModel"], max(LENGTHS), len(LENGTHS)
    mask = torch.tensor([[float(t < length) for t in range(frames)] for length in LENGTHS], dtype=torch.float64)
    # Where every stream has an input, so that the shared one has an output: a block that is not the last.
    last = case["numBlocks"] - 1 if not case["perStream"] else None
    params = [draw.block(case, i == last) for i in range(case["numBlocks"])]
    streams = case["tasks"] + ([SHARED] if case["mixture"] == "ple" else [])
    names = streams if case["perStream"] else ["x"]
    inputs = {key: (draw.normal(batch, frames, d) * mask[..., None]).detach().requires_grad_() for key in names}

    clips = []
    for b, length in enumerate(LENGTHS):
        of_clip = {key: [inputs.get(key, inputs.get("x"))[b, t] for t in range(length)] for key in streams}
        clips.append(stacked(params, of_clip, case))

    def padded(clip: list[Tensor]) -> Tensor:
        return torch.stack(clip + [torch.zeros(d, dtype=torch.float64)] * (frames - len(clip)))

    outputs = {key: torch.stack([padded(of[key]) for of, _ in clips]) for key in clips[0][0]}
    by_token = case.get("routing") == "token"

    def rows_of(clip: list[Tensor]) -> Tensor:
        if not by_token:
            return clip[0]
        return torch.stack(clip + [torch.zeros_like(clip[0])] * (frames - len(clip)))

    gates = [
        {key: torch.stack([rows_of(of_clip[i][key]) for _, of_clip in clips]) for key in clips[0][1][i]}
        for i in range(len(params))
    ]
    balance = [
        {key: balance_loss(value[mask > 0] if by_token else value) for key, value in block.items()} for block in gates
    ]
    weights = {key: (draw.normal(*value.shape) * mask[..., None]).detach() for key, value in outputs.items()}
    loss = sum((outputs[key] * weights[key]).sum() for key in outputs)
    loss = loss + BALANCE * sum(value for block in balance for value in block.values())
    z = sum(torch.logsumexp(logits, 0) ** 2 for logits in case.pop("logits")) / sum(LENGTHS)
    if by_token:
        loss = loss + Z * z

    if case.pop("clearest", 1.0) < 1e-2:
        return None  # a gate that is kept and one that is left out nearly tie
    shared_gates = [{key: value[..., : len(case["ranks"])] for key, value in block.items()} for block in gates]
    leaves = flatten(params, "params") | flatten(inputs, "input")
    grads = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
    tensors = leaves | {f"grads.{key}": g for key, g in zip(leaves, grads)} | {"input.mask": mask}
    tensors |= flatten(outputs, "output") | flatten(shared_gates, "gates") | flatten(balance, "balance")
    tensors |= flatten(weights, "weight") | ({"z": z} if by_token else {})
    size = torch.cat([g.flatten() for g in grads]).norm()
    if min(g.norm() for g in grads) < 1e-5 * size:
        return None  # an expert that nobody takes, or a router without a say, would not be tested
    print(f"{name}: seed {seed}, |grads| {size:.2f}")
    return {f"{name}.{key}": value for key, value in tensors.items()}


def write(file: str, cases: dict[str, Tree], more: Tree) -> None:
    tensors: dict[str, Tensor] = {}
    for number, (name, case) in enumerate(cases.items()):
        case |= {key: value for key, value in PLAIN.items() if key not in case}
        seeds = range(100 * number, 100 * number + 100)
        tensors |= next(made for made in (make(name, case, seed) for seed in seeds) if made)
    stored = {}
    for key, value in tensors.items():
        assert value.isfinite().all(), f"{key} is not finite"
        stored[key] = value.detach().float().contiguous().clone()
    about = {
        "made_by": "scripts/reference/moe/make_mixtures_fixtures.py",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "balance": BALANCE,
        "cases": cases,
    } | more
    path = FIXTURES / file
    save_file(stored, path, {"fixture": json.dumps(about)})
    path.chmod(0o644)
    print(f"{path.name}: {len(stored)} tensors, {path.stat().st_size / 1000:.1f} kB")


def main() -> None:
    torch.set_num_threads(1)
    write("mixtures.safetensors", CASES, {})
    write("token-routing.safetensors", TOKEN_CASES, {"z": Z})


if __name__ == "__main__":
    main()
