"""Writes the numbers that the tests of nn, moe, fusion, encoders and model compare with.

    python scripts/reference/make_fixtures.py

Parameters and inputs are drawn from seeded generators and rounded to single precision; everything is then computed in
double precision and stored in single. In the layers' fixtures the gradients are those of loss = sum(output * weight)
with a fixed random `weight`, which is 0 at padded positions, so that what a layer leaves there does not matter.
The versions that wrote a file, and the settings its tensors cannot show, stand in its metadata, as JSON under `fixture`.
"""

import json
import platform
from pathlib import Path
from typing import Any, Callable

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from mmolre import (
    TASKS,
    attention,
    audio_encoder,
    conv1d,
    fusion,
    layer_norm,
    linear,
    mmolre,
    mmolre_loss,
    strided_mask,
    text_encoder,
    transformer_layer,
    unitse_block,
)

torch.version.cuda = None  # all of this runs on the CPU: let torchaudio load beside a torch of another CUDA release

import torchaudio  # noqa: E402

PACKAGES = Path(__file__).resolve().parents[2] / "packages"
Tree = dict[str, Any]


# ------------------------------------------------------------------------------------------------------------ trees


def flatten(tree: Any, prefix: str) -> dict[str, Tensor]:
    """Nested dictionaries and lists to {path: tensor}."""
    if isinstance(tree, Tensor):
        return {prefix: tree}
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return {path: leaf for key, value in items for path, leaf in flatten(value, f"{prefix}.{key}").items()}


def gradients(loss: Tensor, tree: Any, prefix: str) -> dict[str, Tensor]:
    leaves = flatten(tree, prefix)
    if not leaves:
        return {}
    grads = torch.autograd.grad(loss, list(leaves.values()), retain_graph=True)
    return dict(zip(leaves, grads))


def write(package: str, name: str, tensors: dict[str, Tensor], config: Tree | None = None) -> None:
    path = PACKAGES / package / "src" / "__fixtures__" / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = {}
    for key, value in tensors.items():
        assert value.isfinite().all(), f"{key} is not finite"
        dtype = torch.int32 if not value.is_floating_point() else torch.float32
        stored[key] = value.detach().to(dtype).contiguous().clone()
    about = {
        "made_by": "scripts/reference/make_fixtures.py",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchaudio": torchaudio.__version__,
        "numpy": np.__version__,
        "config": config or {},
    }
    save_file(stored, path, {"fixture": json.dumps(about)})  # one entry: safetensors does not keep the order of several
    path.chmod(0o644)
    print(f"{path.relative_to(PACKAGES)}: {len(stored)} tensors, {path.stat().st_size / 1000:.1f} kB")


# ------------------------------------------------------------------------------------------------ random parameters


class Draw:
    """Random tensors that single precision holds exactly, as doubles that want a gradient."""

    def __init__(self, seed: int):
        self.generator = np.random.Generator(np.random.PCG64(seed))

    def normal(self, *shape: int, scale: float = 1.0, mean: float = 0.0, grad: bool = True) -> Tensor:
        values = self.generator.standard_normal(shape) * scale + mean
        return torch.from_numpy(values.astype(np.float32).astype(np.float64)).requires_grad_(grad)

    def matrix(self, *shape: int, gain: float = 1.0) -> Tensor:
        return self.normal(*shape, scale=gain / np.prod(shape[:-1]) ** 0.5)

    def bias(self, *shape: int) -> Tensor:
        return self.normal(*shape, scale=0.3)

    def linear(self, d_in: int, d_out: int, gain: float = 1.0) -> Tree:
        return {"weight": self.matrix(d_in, d_out, gain=gain), "bias": self.bias(d_out)}

    def norm(self, d: int) -> Tree:
        return {"weight": self.normal(d, scale=0.2, mean=1.0), "bias": self.bias(d)}

    def attention(self, d: int) -> Tree:
        return {name: self.linear(d, d, gain=1.5) for name in ("query", "key", "value", "output")}

    def feed_forward(self, d: int, inner: int) -> Tree:
        return {"inner": self.linear(d, inner), "outer": self.linear(inner, d)}

    def transformer_layer(self, d: int, inner: int) -> Tree:
        return {
            "attention": self.attention(d),
            "attentionNorm": self.norm(d),
            "feedForward": self.feed_forward(d, inner),
            "feedForwardNorm": self.norm(d),
        }

    def text_encoder(self, vocab: int, positions: int, d: int, layers: int) -> Tree:
        return {
            "table": self.normal(vocab, d),
            "positions": self.normal(positions, d, scale=0.5),
            "norm": self.norm(d),
            "layers": [self.transformer_layer(d, 2 * d) for _ in range(layers)],
        }

    def audio_encoder(self, mels: int, kernels: list[int], positions: int, d: int, layers: int) -> Tree:
        widths = [mels] + [d] * len(kernels)
        return {
            "convs": [
                {"weight": self.matrix(k, widths[i], d), "bias": self.bias(d), "norm": self.norm(d)}
                for i, k in enumerate(kernels)
            ],
            "positions": self.normal(positions, d, scale=0.5),
            "norm": self.norm(d),
            "layers": [self.transformer_layer(d, 2 * d) for _ in range(layers)],
        }

    def expert(self, d: int, rank: int) -> Tree:
        return {
            "down": self.matrix(3, d, rank),
            "downBias": self.bias(rank),
            "up": self.matrix(rank, d),
            "upBias": self.bias(d),
        }

    def block(self, d: int, ranks: list[int], task_rank: int, norm: bool) -> Tree:
        total, n = sum(ranks), len(ranks)
        shared = self.expert(d, total) | {"upBias": self.bias(n, d)}
        tasks = {}
        for task in TASKS:
            tasks[task] = {
                "expert": self.expert(d, task_rank),
                "router": {
                    "conv1": self.linear(d, d // 4),
                    "conv2": self.linear(d // 4, d // 4),
                    "gate": self.linear(d // 4, n, gain=3.0),
                },
            }
            if norm:
                tasks[task]["norm"] = self.norm(d)
        return {"shared": shared, "tasks": tasks}

    def fusion(self, d: int, layers: int, share_directions: bool = False) -> Tree:
        def side() -> Tree:
            return {
                "cross": self.attention(d),
                "crossNorm": self.norm(d),
                "self": self.attention(d),
                "selfNorm": self.norm(d),
                "feedForward": self.feed_forward(d, 2 * d),
                "feedForwardNorm": self.norm(d),
            }

        return {
            "cls": {"text": self.normal(d), "audio": self.normal(d)},
            "layers": [
                {"both": side()} if share_directions else {"text": side(), "audio": side()} for _ in range(layers)
            ],
        }

    def head(self, d_in: int, d: int, hidden: int, out: int) -> Tree:
        return {"layers": [self.linear(d_in, d), self.linear(d, hidden), self.linear(hidden, out)]}

    def heads(self, d_in: int, d: int, hidden: int, emotions: int, tasks: tuple[str, ...] = TASKS) -> Tree:
        outputs = {"sentiment": 1, "emotion": emotions}
        return {task: self.head(d_in, d, hidden, outputs[task]) for task in tasks}


def mask_of(lengths: list[int]) -> Tensor:
    return (torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]).double()


# ---------------------------------------------------------------------------------------------------------- layers


def case(
    name: str, params: Tree, inputs: Tree, weight: Tensor, function: Callable[..., Tensor], constants: Tree | None = None
) -> dict[str, Tensor]:
    """One layer: its inputs, parameters, output, and the gradients of sum(output * weight)."""
    output = function(params, **inputs)
    loss = (output * weight).sum()
    tensors = flatten(params, f"{name}.params") | flatten(inputs | (constants or {}), f"{name}.input")
    tensors |= {f"{name}.output": output, f"{name}.weight": weight}
    return tensors | gradients(loss, params, f"{name}.grads.params") | gradients(loss, inputs, f"{name}.grads.input")


def layer_fixtures() -> None:
    draw = Draw(1)
    tensors = case(
        "linear", draw.linear(4, 5), {"x": draw.normal(2, 3, 4)}, draw.normal(2, 3, 5, grad=False), linear
    )

    lengths = [7, 4, 1]
    mask = mask_of(lengths)
    for k, stride in [(3, 1), (3, 2), (5, 2)]:
        new_mask = strided_mask(mask, stride)
        name = f"conv1d-k{k}-s{stride}"
        tensors |= case(
            name,
            {"weight": draw.matrix(k, 4, 5), "bias": draw.bias(5)},
            {"x": draw.normal(3, 7, 4)},  # not 0 where padded: the layer's caller multiplies by the mask
            draw.normal(*new_mask.shape, 5, grad=False) * new_mask[..., None],
            lambda p, x: conv1d(x * mask[..., None], p["weight"], p["bias"], stride) * new_mask[..., None],
            {"mask": mask},
        ) | {f"{name}.outputMask": new_mask}

    tensors |= case(
        "layerNorm",
        draw.norm(6),
        {"x": draw.normal(2, 3, 6, scale=2.0, mean=0.5)},
        draw.normal(2, 3, 6, grad=False),
        layer_norm,
    )
    tensors |= case(
        "gelu",
        {},
        {"x": draw.normal(4, 8, scale=2.0)},
        draw.normal(4, 8, grad=False),
        lambda _, x: torch.nn.functional.gelu(x),
    )
    key_mask = mask_of([7, 3])
    tensors |= case(
        "attention",
        draw.attention(8),
        {"queries": draw.normal(2, 5, 8), "memory": draw.normal(2, 7, 8)},
        draw.normal(2, 5, 8, grad=False),
        lambda p, queries, memory: attention(p, queries, memory, key_mask, 2),
        {"memoryMask": key_mask},
    )
    mask6 = mask_of([6, 2])
    tensors |= case(
        "transformerLayer",
        draw.transformer_layer(8, 12),
        {"x": draw.normal(2, 6, 8)},
        draw.normal(2, 6, 8, grad=False) * mask6[..., None],
        lambda p, x: transformer_layer(p, x, mask6, 2) * mask6[..., None],
        {"mask": mask6},
    )
    write("nn", "layers", tensors, {"numHeads": 2, "eps": 1e-5})


def adamw_fixtures() -> None:
    """20 steps on the same gradients, without and with clipping of the total norm to 1."""
    draw = Draw(2)
    start = {"a": draw.normal(3, 4, grad=False), "b": draw.normal(5, grad=False)}
    # From 0.1 to 1.1 a value: norms on both sides of 1.
    grads = [
        {name: draw.normal(*value.shape, scale=0.1 + step % 5 / 4, grad=False) for name, value in start.items()}
        for step in range(1, 21)
    ]
    tensors = {f"start.{name}": value for name, value in start.items()}
    tensors |= {f"g.{step}.{name}": g for step, both in enumerate(grads, 1) for name, g in both.items()}
    for variant in ("plain", "clipped"):
        params = {name: value.clone().requires_grad_() for name, value in start.items()}
        optimizer = torch.optim.AdamW(params.values(), lr=1e-2, weight_decay=0.01, foreach=False)
        for step, both in enumerate(grads, 1):
            for name, param in params.items():
                param.grad = both[name].clone()
            if variant == "clipped":
                norm = torch.nn.utils.clip_grad_norm_(params.values(), 1.0)
                tensors[f"clipped.norm.{step}"] = norm
            optimizer.step()
            if step in (1, 5, 20):
                tensors |= {f"{variant}.after.{step}.{name}": param.clone() for name, param in params.items()}
    norms = torch.stack([tensors[f"clipped.norm.{step}"] for step in range(1, 21)])
    assert norms.min() < 1 < norms.max(), "clipping must matter in some steps only"
    config = {"learningRate": 1e-2, "weightDecay": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "maxNorm": 1}
    write("nn", "adamw", tensors, config)


# ----------------------------------------------------------------------------------------------------------- parts


def check_no_tie(probs: Tensor, top_k: int) -> None:
    """probs [B, N]: the choice must not hang on rounding, so no two are equal, and the last one kept is clear."""
    ordered = probs.sort(1, descending=True).values
    gaps = ordered[:, :-1] - ordered[:, 1:]
    assert gaps.min() > 1e-6, "two gates tie"
    assert gaps[:, top_k - 1].min() > 1e-3, "the last gate kept and the first left out nearly tie"


def moe_fixtures() -> None:
    lengths, D, ranks = [6, 4, 1], 8, [2, 1, 3, 2]
    mask = mask_of(lengths)
    plain = {"ranks": ranks, "top_k": 2, "activation": "identity", "renormalise": False, "residual": False}
    cases = {
        "perTask": (3, False, plain),
        "oneInput": (4, False, plain),
        "options": (5, True, plain | {"activation": "gelu", "renormalise": True, "residual": True}),
    }
    tensors: dict[str, Tensor] = {}
    for name, (seed, norm, config) in cases.items():
        draw = Draw(seed)
        params = draw.block(D, ranks, task_rank=2, norm=norm)
        names = ["x"] if name == "oneInput" else list(TASKS)
        inputs = {key: (draw.normal(3, 6, D, grad=False) * mask[..., None]).requires_grad_() for key in names}
        per_task = {task: inputs.get(task, inputs.get("x")) for task in TASKS}
        outputs, gates, probs = unitse_block(params, per_task, mask, **config)
        for task in TASKS:
            check_no_tie(probs[task], config["top_k"])
        weights = {task: draw.normal(3, 6, D, grad=False) * mask[..., None] for task in TASKS}
        loss = sum((outputs[task] * weights[task]).sum() for task in TASKS)
        tensors |= flatten(params, f"{name}.params") | flatten(inputs | {"mask": mask}, f"{name}.input")
        tensors |= flatten(outputs, f"{name}.output") | flatten(gates, f"{name}.gates")
        tensors |= flatten(probs, f"{name}.probs")
        tensors |= flatten(weights, f"{name}.weight")
        tensors |= gradients(loss, params, f"{name}.grads.params") | gradients(loss, inputs, f"{name}.grads.input")
    write("moe", "task-moe", tensors, {name: config for name, (_, _, config) in cases.items()})


def fusion_fixtures() -> None:
    draw, D = Draw(6), 8
    masks = {"text": mask_of([5, 3, 1]), "audio": mask_of([2, 7, 4])}
    params = draw.fusion(D, layers=2)
    inputs = {
        name: (draw.normal(*mask.shape, D, grad=False) * mask[..., None]).requires_grad_()
        for name, mask in masks.items()
    }
    output = fusion(params, inputs["text"], masks["text"], inputs["audio"], masks["audio"], 2)
    weight = draw.normal(3, 2 * D, grad=False)
    loss = (output * weight).sum()
    tensors = flatten(params, "params") | flatten(inputs, "input")
    tensors |= {"input.textMask": masks["text"], "input.audioMask": masks["audio"], "output": output, "weight": weight}
    tensors |= gradients(loss, params, "grads.params") | gradients(loss, inputs, "grads.input")
    write("fusion", "fusion", tensors, {"numHeads": 2})


def encoder_fixtures() -> None:
    draw, D = Draw(7), 8
    mask = mask_of([7, 4, 1])
    params = draw.text_encoder(vocab=20, positions=12, d=D, layers=2)
    ids = torch.from_numpy(draw.generator.integers(0, 20, (3, 7)))  # not all 0 where padded
    output = text_encoder(params, ids, mask, 2)
    weight = draw.normal(3, 7, D, grad=False) * mask[..., None]
    tensors = flatten(params, "text.params") | {"text.input.ids": ids, "text.input.mask": mask}
    tensors |= {"text.output": output, "text.weight": weight}
    tensors |= gradients((output * weight).sum(), params, "text.grads.params")

    mask = mask_of([21, 12, 5])
    params = draw.audio_encoder(mels=6, kernels=[3, 5], positions=12, d=D, layers=2)
    frames = draw.normal(3, 21, 6)  # not 0 where padded
    output, output_mask = audio_encoder(params, frames, mask, 2)
    weight = draw.normal(*output.shape, grad=False) * output_mask[..., None]
    loss = (output * weight).sum()
    tensors |= flatten(params, "audio.params") | {"audio.input.frames": frames, "audio.input.mask": mask}
    tensors |= {"audio.output": output, "audio.outputMask": output_mask, "audio.weight": weight}
    tensors |= gradients(loss, params, "audio.grads.params")
    tensors |= gradients(loss, {"frames": frames}, "audio.grads.input")

    numbers = 4 * 2 * 22 + 2
    moments = {"mean": draw.normal(numbers, grad=False), "variance": draw.normal(numbers, grad=False) ** 2 + 0.1}
    projection = {"weight": draw.matrix(numbers, D), "bias": draw.bias(D)}
    functionals = draw.normal(3, numbers, scale=3.0, grad=False)  # some beyond five deviations
    voiced = params | {"functionals": {"moments": moments, "projection": projection}}
    output, _ = audio_encoder(voiced, frames, mask, 2, functionals=functionals)
    loss = (output * weight).sum()
    tensors |= flatten(voiced["functionals"], "voiced.functionals") | {"voiced.input.functionals": functionals}
    tensors |= {"voiced.output": output} | gradients(loss, projection, "voiced.grads.projection")
    write("encoders", "compact", tensors, {"numHeads": 2, "stride": 2, "kernels": [3, 5]})


def log_mel_fixture() -> None:
    """Half a second at 16 kHz: three tones and noise, through torchaudio's MelSpectrogram."""
    draw = Draw(8)
    time = torch.arange(8000, dtype=torch.float64) / 16000
    tones = [(220.0, 0.4), (1234.5, 0.25), (5000.0, 0.1)]
    waveform = sum(level * torch.sin(2 * torch.pi * hertz * time) for hertz, level in tones)
    waveform = (waveform + draw.normal(8000, scale=0.02, grad=False)).float().double()
    config = {"sampleRate": 16000, "nFft": 512, "winLength": 400, "hopLength": 160, "numMels": 80}
    config |= {"fMin": 20, "fMax": 7600, "melScale": "htk", "center": False, "power": 2, "floor": 1e-6}
    torch.set_default_dtype(torch.float64)  # the filters and the window too
    transform = torchaudio.transforms.MelSpectrogram(
        sample_rate=16000, n_fft=512, win_length=400, hop_length=160, f_min=20, f_max=7600, n_mels=80,
        window_fn=torch.hann_window, power=2, center=False, norm=None, mel_scale="htk",
    )  # fmt: skip
    torch.set_default_dtype(torch.float32)
    log_mel = torch.log(transform(waveform) + 1e-6).T
    tensors = {"waveform": waveform, "logMel": log_mel, "melFilters": transform.mel_scale.fb}
    write("encoders", "log-mel", tensors, config)


# ----------------------------------------------------------------------------------------------------------- model


def model_fixture(
    name: str,
    seed: int,
    complete: bool = False,
    tasks: tuple[str, ...] = TASKS,
    num_blocks: int = 2,
    fusions: tuple[str, ...] | None = None,
    num_layers: int = 2,
    share_directions: bool = False,
    added: bool = False,
) -> None:
    """
    The whole model, small; `complete` switches residual, norm and the auxiliary heads on; `added` adds these, of statistics, to the fused
    ones, and predicts a category, none among them.
    """
    draw, D, C, hidden = Draw(seed), 8, 7 if added else 6, 6
    config = {"numHeads": 2, "stride": 2, "ranks": [2, 3, 1, 4, 2], "topK": 3, "residual": complete} | ({"added": True} if added else {})
    params = {
        "text": draw.text_encoder(vocab=20, positions=12, d=D, layers=1),
        "audio": draw.audio_encoder(mels=6, kernels=[3, 3], positions=12, d=D, layers=1),
        "unitse": {
            m: [draw.block(D, config["ranks"], 3, complete) for _ in range(num_blocks)] for m in ("text", "audio")
        },
        "fusion": {name: draw.fusion(D, num_layers, share_directions) for name in fusions or tasks},
        "heads": draw.heads(2 * D, D, hidden, C, tasks),
    }
    if complete:
        summary = 2 * D if added else D
        params["auxiliary"] = {
            "text": ({} if added else {"pooler": draw.linear(D, D)}) | draw.heads(summary, D, hidden, C, tasks),
            "audio": draw.heads(summary, D, hidden, C, tasks),
        }
    weight = 0.5  # of the auxiliary losses

    text_mask, audio_mask = mask_of([7, 5, 3, 1]), mask_of([21, 16, 9, 5])
    ids = torch.from_numpy(draw.generator.integers(1, 20, (4, 7))) * text_mask.long()
    batch = {
        "ids": ids.int(),
        "textMask": text_mask,
        "frames": draw.normal(4, 21, 6, grad=False),  # not 0 where padded
        "audioMask": audio_mask,
        "sentiment": torch.tensor([1.5, -0.75, 0.0, 2.25], dtype=torch.float64),
        "sentimentPresent": torch.tensor([1.0, 1.0, 0.0, 1.0], dtype=torch.float64),
        "emotions": torch.tensor(
            [[1, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 1], [0, 0, 0, 0, 1, 0]], dtype=torch.float64
        ),
        "emotionsPresent": torch.tensor([1.0, 0.0, 1.0, 1.0], dtype=torch.float64),
    }
    output = mmolre(params, batch, config)
    loss, parts = mmolre_loss(output, batch, weight)

    for probs in flatten(output["probs"], "probs").values():
        check_no_tie(probs, config["topK"])
    if "sentiment" in tasks:
        clear = (output["sentiment"] - batch["sentiment"]).abs() > 0.01
        assert clear.all(), "an absolute error is at its kink"
    check_padding(params, batch, config, output)

    grads = gradients(loss, params, "grads")
    flat = torch.cat([g.flatten() for g in grads.values()])
    dead = [key for key, g in grads.items() if g.norm() < 1e-4 * flat.norm() and not key.endswith("key.bias")]
    print(f"  {name}: loss {loss:.6f}, |grads| {flat.norm():.4f}, weak gradients: {dead or 'none'}")
    tensors = flatten(params, "params") | flatten(batch, "input") | flatten(output, "output")
    tensors |= flatten(parts, "losses") | {"loss": loss} | grads
    config |= {"taskRank": 3, "eps": 1e-5, "fusionEps": 1e-12, "auxiliaryWeight": weight if complete else 0}
    write("model", name, tensors, config)


def check_padding(params: Tree, batch: Tree, config: Tree, output: Tree) -> None:
    """Each sample alone, cut to its length, scores the same as in the padded batch."""
    for i in range(len(batch["ids"])):
        t, a = int(batch["textMask"][i].sum()), int(batch["audioMask"][i].sum())
        cut = {"ids": t, "textMask": t, "frames": a, "audioMask": a}
        alone = mmolre(params, {key: batch[key][i : i + 1, :length] for key, length in cut.items()}, config)
        for task in params["heads"]:
            torch.testing.assert_close(alone[task][0], output[task][i], rtol=1e-9, atol=1e-9)


def main() -> None:
    torch.set_num_threads(1)
    layer_fixtures()
    adamw_fixtures()
    moe_fixtures()
    fusion_fixtures()
    encoder_fixtures()
    log_mel_fixture()
    model_fixture("mmolre-plain", seed=14, complete=False)
    model_fixture("mmolre-auxiliary", seed=9, complete=True)
    small = {"num_blocks": 0, "num_layers": 1}
    model_fixture("pre-fusion", seed=15, **small)
    model_fixture("post-fusion", seed=16, complete=True, fusions=("shared",), **small)
    model_fixture("msa-only", seed=17, complete=True, tasks=("sentiment",), **small)
    model_fixture("mer-only", seed=18, tasks=("emotion",), **small)
    model_fixture("added", seed=103, complete=True, added=True)
    model_fixture("shared-directions", seed=19, share_directions=True, num_blocks=0)


if __name__ == "__main__":
    main()
