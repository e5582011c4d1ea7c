"""The mixtures of experts, written out one clip and one frame at a time, for tests to compare with.

Nothing here is padded, batched or fused: a clip is the list of its own frames, a convolution is a loop over frames and
taps, an expert is computed only where a gate asks for it. Parameters are trees with the names and shapes of a
checkpoint (`down` [3, D, S], `up` [S, D] or [3, S, D], S the sum of the shared experts' ranks; `weight` [dIn, dOut]).

- mmolre: MMoLRE, section III-B, equation 1: the gated choice of a task's router among the shared experts, plus the
  task's own expert.
- mmoe: Ma et al., "Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts", KDD 2018,
  section 4.2: f_k(x) = sum over n of g_k(x)_n * f_n(x), with no expert of a task's own.
- ple: Tang et al., "Progressive Layered Extraction", RecSys 2020, sections 4.1 and 4.2: in each level the gate of a
  task weighs the shared experts and the task's own; the shared experts read a stream of their own, and in every level
  but the last a gate of that stream weighs all experts, the shared and every task's. One own expert a task.

In all of them a gate is MMoLRE's router: per frame two linear layers with an activation between, the mean over frames,
a linear layer, softmax. The k largest keep their softmax value. A router of `ple` has more than the N shared experts to
weigh: it keeps its k largest of them all, and all of them where k = N.

With `routing` "token" there is no mean: each frame has logits, gates and a choice of its own.
"""

from typing import Any

import torch
from torch import Tensor

Tree = dict[str, Any]
Clip = list[Tensor]  # its frames, each [D]
SHARED = "shared"  # the stream of that name in `ple`


def activate(name: str, x: Tensor) -> Tensor:
    if name == "identity":
        return x
    if name == "relu":
        return torch.where(x > 0, x, torch.zeros_like(x))
    assert name == "gelu"
    return x * 0.5 * (1 + torch.erf(x / 2**0.5))  # x times the normal distribution function


def convolve(frames: Clip, weight: Tensor, bias: Tensor) -> Clip:
    """weight [K, dIn, dOut]; frames beyond the clip's ends count as zero."""
    taps = len(weight)
    result = []
    for t in range(len(frames)):
        value = bias
        for tap in range(taps):
            source = t + tap - taps // 2
            if 0 <= source < len(frames):
                value = value + frames[source] @ weight[tap]
        result.append(value)
    return result


def apply_expert(expert: Tree, frames: Clip, options: Tree) -> Clip:
    hidden = [activate(options["expertActivation"], h) for h in convolve(frames, expert["down"], expert["downBias"])]
    up = expert["up"]
    return convolve(hidden, up if up.dim() == 3 else up[None], expert["upBias"])


def shared_expert(shared: Tree, n: int, options: Tree) -> Tree | None:
    """The n-th shared expert; none where it was pruned."""
    start = sum(options["ranks"][:n])
    own = slice(start, start + options["ranks"][n])
    if options["ranks"][n] == 0:
        return None
    return {
        "down": shared["down"][:, :, own],
        "downBias": shared["downBias"][own],
        "up": shared["up"][..., own, :],
        "upBias": shared["upBias"][n],
    }


def apply_router(router: Tree, frames: Clip, options: Tree) -> list[Tensor]:
    """The gates of each frame; with routing by sample, the same for all."""
    by_token = options.get("routing") == "token"
    hidden, total = [], 0
    for frame in frames:
        h = frame @ router["conv1"]["weight"] + router["conv1"]["bias"]
        h = activate(options["routerActivation"], h) @ router["conv2"]["weight"]
        hidden.append(h + router["conv2"]["bias"])
        total = total + h + router["conv2"]["bias"]
    rows = hidden if by_token else [total / len(frames)]
    gates = []
    for row in rows:
        logits = row @ router["gate"]["weight"] + router["gate"]["bias"]
        options.setdefault("logits", []).append(logits)
        powers = torch.exp(logits - logits.max().detach())
        gates.append(choose(powers / powers.sum(), options))
    return gates if by_token else gates * len(frames)


def choose(probs: Tensor, options: Tree) -> Tensor:
    k, values = options["topK"], probs.tolist()
    if k == len(options["ranks"]):
        return probs
    order = sorted(range(len(values)), key=lambda n: values[n], reverse=True)
    # The tests compare numbers to 1e-5 and must not hang on which of two equal ones is taken.
    options["clearest"] = min(options.get("clearest", 1.0), values[order[k - 1]] - values[order[k]])
    kept = [probs[n] if n in order[:k] else torch.zeros_like(probs[n]) for n in range(len(values))]
    total = sum(kept) if options["renormaliseGates"] else 1
    return torch.stack([gate / total for gate in kept])


def mix(parts: list[tuple[list[Tensor], Clip]], length: int) -> Clip:
    """The sum of clips, each times its gate at that frame."""
    return [sum(gate[t] * clip[t] for gate, clip in parts) for t in range(length)]


def column(gates: list[Tensor], n: int) -> list[Tensor]:
    return [row[n] for row in gates]


def finish(stream: Tree, x: Clip, mixed: Clip, options: Tree) -> Clip:
    result = []
    for before, value in zip(x, mixed):
        if options["residual"]:
            value = value + before
        if "norm" in stream:
            centred = value - value.mean()
            value = centred / (centred.square().mean() + 1e-5).sqrt()
            value = value * stream["norm"]["weight"] + stream["norm"]["bias"]
        result.append(value)
    return result


def shared_parts(shared: Tree, gates: list[Tensor], x: Clip, options: Tree) -> list[tuple[list[Tensor], Clip]]:
    parts = []
    for n in range(len(options["ranks"])):
        expert = shared_expert(shared, n, options)
        if expert and any(row[n] > 0 for row in gates):
            parts.append((column(gates, n), apply_expert(expert, x, options)))
    return parts


Streams = dict[str, Clip]
Gates = dict[str, list[Tensor]]  # a row a frame


def mmolre(params: Tree, inputs: Streams, options: Tree) -> tuple[Streams, Gates]:
    outputs, gates = {}, {}
    for name, task in params["tasks"].items():
        x = inputs[name]
        gates[name] = apply_router(task["router"], x, options)
        parts = shared_parts(params["shared"], gates[name], x, options)
        parts.append(([torch.ones(())] * len(x), apply_expert(task["expert"], x, options)))
        outputs[name] = finish(task, x, mix(parts, len(x)), options)
    return outputs, gates


def mmoe(params: Tree, inputs: Streams, options: Tree) -> tuple[Streams, Gates]:
    outputs, gates = {}, {}
    for name, task in params["tasks"].items():
        x = inputs[name]
        gates[name] = apply_router(task["router"], x, options)
        parts = shared_parts(params["shared"], gates[name], x, options)
        outputs[name] = finish(task, x, mix(parts, len(x)), options)
    return outputs, gates


def ple(params: Tree, inputs: Streams, options: Tree) -> tuple[Streams, Gates]:
    """A gate's entries are the shared experts, then the task's own, or for the shared stream every task's in turn."""
    count = len(options["ranks"])
    own = {name: apply_expert(task["expert"], inputs[name], options) for name, task in params["tasks"].items()}
    outputs, gates = {}, {}
    for name, task in params["tasks"].items():
        gates[name] = apply_router(task["router"], inputs[name], options)
        parts = shared_parts(params["shared"], gates[name], inputs[SHARED], options)
        parts.append((column(gates[name], count), own[name]))
        outputs[name] = finish(task, inputs[name], mix(parts, len(inputs[name])), options)
    if "stream" in params:
        x = inputs[SHARED]
        gates[SHARED] = apply_router(params["stream"]["router"], x, options)
        parts = shared_parts(params["shared"], gates[SHARED], x, options)
        parts += [(column(gates[SHARED], count + i), own[name]) for i, name in enumerate(own)]
        outputs[SHARED] = finish(params["stream"], x, mix(parts, len(x)), options)
    return outputs, gates


BLOCKS = {"mmolre": mmolre, "mmoe": mmoe, "ple": ple}


def balance_loss(gates: Tensor) -> Tensor:
    """The squared coefficient of variation, sample deviation over mean, of each expert's mean gate; gates [B, N], or one row a
    frame of the whole batch."""
    importance = gates.mean(0)
    return (torch.std(importance, correction=1) / importance.mean()) ** 2


def stacked(blocks: list[Tree], inputs: Streams, options: Tree) -> tuple[Streams, list[Gates]]:
    """Blocks one after the other for one clip: the outputs of the last, and every block's gates."""
    gates = []
    for block in blocks:
        inputs, of_block = BLOCKS[options["mixture"]](block, inputs, options)
        gates.append(of_block)
    return inputs, gates
