"""Writes packages/moe/src/__fixtures__/lora.safetensors, what the tests of loraMixture, mixLora and zLoss compare with.

    python scripts/reference/moe/make_lora_fixtures.py        # 10 s

Adapters are peft's own modules around a linear layer; MixLoRA's feed-forward is written out one frame and one expert at a time, from
https://arxiv.org/abs/2404.15159, section 3. Parameters and inputs are drawn from seeded generators and rounded to single precision;
everything is then computed in double precision and stored in single. Each case holds `params.<path>`, `input.<name>`, `output` (0 at
padded frames), `weight`, and `grads.params.<path>` and `grads.input.<name>` of

    loss = sum(output * weight) + 0.5 * mean over the real frames of logsumexp(logits) ** 2, the second for MixLoRA alone

The settings of the cases and the versions stand in the file's metadata, as JSON under `fixture`.
"""

import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import peft
import torch
from safetensors.torch import save_file
from torch import Tensor

FIXTURES = Path(__file__).resolve().parents[3] / "packages/moe/src/__fixtures__"
LENGTHS = [4, 2, 1]  # frames of each clip
T = max(LENGTHS) + 1  # one more, which is padding for all
MASK = torch.tensor([[float(t < length) for t in range(T)] for length in LENGTHS], dtype=torch.float64)
Tree = dict[str, Any]

LORA: dict[str, Tree] = {
    "one adapter": {"dIn": 7, "dOut": 5, "ranks": [3], "alpha": [5], "useRslora": False, "gates": "one"},
    "one adapter, rslora": {"dIn": 5, "dOut": 9, "ranks": [4], "alpha": [3], "useRslora": True, "gates": "one"},
    "several, by sample": {"dIn": 7, "dOut": 5, "ranks": [3, 1, 2], "alpha": [5, 2, 7], "useRslora": False, "gates": "sample"},
    "several, by token": {"dIn": 6, "dOut": 11, "ranks": [1, 4, 3, 2], "alpha": [8, 8, 8, 8], "useRslora": True, "gates": "token"},
}  # fmt: skip
MIXLORA: dict[str, Tree] = {
    "mixlora, gelu": {"dModel": 6, "width": 9, "ranks": [2, 2, 2], "alpha": 4, "topK": 2, "activation": "gelu", "gated": False},
    "mixlora, llama": {"dModel": 5, "width": 7, "ranks": [3, 1, 2, 4], "alpha": 6, "topK": 2, "activation": "silu", "gated": True},
    "mixlora, one expert": {"dModel": 4, "width": 5, "ranks": [2, 3], "alpha": 3, "topK": 1, "activation": "gelu", "gated": True},
}  # fmt: skip
Z = 0.5


class Draw:
    def __init__(self, seed: int):
        self.generator = np.random.Generator(np.random.PCG64(seed))

    def __call__(self, *shape: int, scale: float = 1.0) -> Tensor:
        values = self.generator.standard_normal(shape) * scale
        return torch.from_numpy(values.astype(np.float32).astype(np.float64)).requires_grad_()

    def linear(self, d_in: int, d_out: int) -> Tree:
        return {"weight": self(d_out, d_in, scale=d_in**-0.5), "bias": self(d_out, scale=0.3)}

    def lora(self, base: Tree, rank: int) -> Tree:
        d_out, d_in = base["weight"].shape
        return {"lora_A": {"weight": self(rank, d_in, scale=d_in**-0.5)}, "lora_B": {"weight": self(d_out, rank)}}


def flatten(tree: Any, prefix: str) -> dict[str, Tensor]:
    if isinstance(tree, Tensor):
        return {prefix: tree}
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return {path: leaf for key, value in items for path, leaf in flatten(value, f"{prefix}.{key}").items()}


def padded(output: Tensor) -> Tensor:
    return output * MASK[..., None]


def by_peft(base: Tree, expert: Tree, case: Tree, n: int, x: Tensor) -> tuple[Tensor, Tree]:
    """A linear layer with one adapter, as peft computes it, and the adapter's parameters there."""
    model = torch.nn.Sequential(torch.nn.Linear(case["dIn"], case["dOut"]))
    config = peft.LoraConfig(
        r=case["ranks"][n], lora_alpha=case["alpha"][n], use_rslora=case["useRslora"], target_modules=["0"]
    )
    model = peft.get_peft_model(model.double(), config)
    layer = model.base_model.model[0]
    with torch.no_grad():
        layer.base_layer.weight.copy_(base["weight"])
        layer.base_layer.bias.copy_(base["bias"])
        layer.lora_A["default"].weight.copy_(expert["lora_A"]["weight"])
        layer.lora_B["default"].weight.copy_(expert["lora_B"]["weight"])
    stored = peft.get_peft_model_state_dict(model)
    names = {f"base_model.model.0.{side}.weight" for side in ("lora_A", "lora_B")}
    assert set(stored) == names, stored.keys()
    assert not layer.base_layer.weight.requires_grad
    leaves = {side: {"weight": getattr(layer, side)["default"].weight} for side in ("lora_A", "lora_B")}
    return model(x), leaves


def lora_case(case: Tree, draw: Draw) -> tuple[Tree, Tree, Tensor, Tensor, Tree]:
    base = draw.linear(case["dIn"], case["dOut"])
    experts = [draw.lora(base, rank) for rank in case["ranks"]]
    x = draw(len(LENGTHS), T, case["dIn"])
    count = len(experts)
    shape = {"one": (len(LENGTHS), count), "sample": (len(LENGTHS), count), "token": (len(LENGTHS), T, count)}
    gates = draw(*shape[case["gates"]])
    if case["gates"] == "one":
        gates = torch.ones_like(gates).detach().requires_grad_()
    plain = x @ base["weight"].detach().T + base["bias"].detach()
    output, trained = plain, []
    for n, expert in enumerate(experts):
        adapted, leaves = by_peft(base, expert, case, n, x)
        trained.append(leaves)
        gate = gates[..., n, None] if case["gates"] == "token" else gates[:, None, n, None]
        output = output + gate * (adapted - plain)
        if case["gates"] == "one":
            assert torch.allclose(padded(output), padded(adapted), atol=1e-14)
    return {"base": base, "experts": trained}, {"x": x, "gates": gates}, padded(output), torch.zeros(()), {"experts"}


def activate(name: str, x: Tensor) -> Tensor:
    return x * torch.sigmoid(x) if name == "silu" else x * 0.5 * (1 + torch.erf(x / 2**0.5))


def mixlora_case(case: Tree, draw: Draw) -> tuple[Tree, Tree, Tensor, Tensor, Tree]:
    d, width = case["dModel"], case["width"]
    base = {"up_proj": draw.linear(d, width), "down_proj": draw.linear(width, d)}
    if case["gated"]:
        base["gate_proj"] = draw.linear(d, width)
    experts = [{name: draw.lora(layer, rank) for name, layer in base.items()} for rank in case["ranks"]]
    router = {"weight": draw(len(experts), d)}
    x = draw(len(LENGTHS), T, d)

    def layer(name: str, expert: Tree, rank: int, v: Tensor) -> Tensor:
        low = expert[name]["lora_B"]["weight"] @ (expert[name]["lora_A"]["weight"] @ v)
        return base[name]["weight"].detach() @ v + base[name]["bias"].detach() + case["alpha"] / rank * low

    def feed_forward(expert: Tree, rank: int, v: Tensor) -> Tensor:
        up = layer("up_proj", expert, rank, v)
        act = case["activation"]
        hidden = activate(act, layer("gate_proj", expert, rank, v)) * up if case["gated"] else activate(act, up)
        return layer("down_proj", expert, rank, hidden)

    rows, squares = [], []
    for clip, length in enumerate(LENGTHS):
        frames = []
        for t in range(T):
            v = x[clip, t]
            if t >= length:
                frames.append(torch.zeros(d, dtype=torch.float64))
                continue
            logits = router["weight"] @ v
            squares.append(torch.log(torch.exp(logits).sum()) ** 2)
            probs = torch.exp(logits) / torch.exp(logits).sum()
            order = sorted(range(len(experts)), key=lambda n: -probs[n].item())
            assert probs[order[case["topK"] - 1]] - probs[order[min(case["topK"], len(order) - 1)]] > 1e-2 or case["topK"] == len(order)
            kept = order[: case["topK"]]
            total = sum(probs[n] for n in kept)
            frames.append(sum(probs[n] / total * feed_forward(experts[n], case["ranks"][n], v) for n in kept))
        rows.append(torch.stack(frames))
    return {"base": base, "router": router, "experts": experts}, {"x": x}, torch.stack(rows), torch.stack(squares).mean(), {"experts", "router"}


def make(name: str, case: Tree, seed: int) -> dict[str, Tensor]:
    draw = Draw(seed)
    params, inputs, output, z, trained = (lora_case if name in LORA else mixlora_case)(case, draw)
    weight = padded(draw(*output.shape)).detach()
    leaves = flatten({key: params[key] for key in sorted(trained)}, "params") | flatten(inputs, "input")
    loss = (output * weight).sum() + Z * z
    grads = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
    tensors = flatten(params, "params") | flatten(inputs, "input") | {"input.mask": MASK, "output": output, "weight": weight, "zLoss": z}
    tensors |= {f"grads.{key}": g for key, g in zip(leaves, grads)}
    return {f"{name}.{key}": value for key, value in tensors.items()}


def clear(name: str, case: Tree, first: int) -> dict[str, Tensor]:
    """The first seed at which no choice is a near tie."""
    for seed in range(first, first + 200):
        try:
            return make(name, case, seed)
        except AssertionError:
            continue
    raise AssertionError(name)


def main() -> None:
    torch.set_num_threads(1)
    tensors: dict[str, Tensor] = {}
    cases = LORA | MIXLORA
    for number, (name, case) in enumerate(cases.items()):
        tensors |= make(name, case, number) if name in LORA else clear(name, case, 1000 * number)
    stored = {key: value.detach().float().contiguous().clone() for key, value in tensors.items()}
    assert all(value.isfinite().all() for value in stored.values())
    about = {
        "made_by": "scripts/reference/moe/make_lora_fixtures.py",
        "python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__, "peft": peft.__version__,
        "z": Z, "lora": LORA, "mixlora": MIXLORA,
    }  # fmt: skip
    path = FIXTURES / "lora.safetensors"
    save_file(stored, path, {"fixture": json.dumps(about)})
    path.chmod(0o644)
    print(f"{path.name}: {len(stored)} tensors, {path.stat().st_size / 1000:.1f} kB")


if __name__ == "__main__":
    main()
