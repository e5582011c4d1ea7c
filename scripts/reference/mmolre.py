"""The whole of MMoLRE in plain PyTorch, for tests to compare with.

Parameters are nested dictionaries and lists of tensors. A leaf's path, joined by dots, is its name in a checkpoint of
the TypeScript packages, and its shape is the one they use. Everything is written the obvious way (a loop over the
experts, a loop over the heads' axis by reshaping), in evaluation mode: there is no dropout here.

Masks are [B, T], 1 at a real position and 0 at a padded one; every sequence starts with its real positions.

B batch, T time, D model width, N shared experts, R a rank, M mel bands, C emotions.
"""

import math
from typing import Any, Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Tree = dict[str, Any]
TASKS = ("sentiment", "emotion")
MODALITIES = ("text", "audio")
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"identity": lambda x: x, "relu": F.relu, "gelu": F.gelu}


# ---------------------------------------------------------------------------------------------------------- layers


def linear(params: Tree, x: Tensor) -> Tensor:
    """weight [dIn, dOut], bias [dOut]."""
    return x @ params["weight"] + params["bias"]


def layer_norm(params: Tree, x: Tensor, eps: float = 1e-5) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], params["weight"], params["bias"], eps)


def conv1d(x: Tensor, weight: Tensor, bias: Tensor, stride: int = 1) -> Tensor:
    """x [B, T, dIn], weight [k, dIn, dOut] with k odd: [B, floor((T - 1) / stride) + 1, dOut]."""
    k = weight.shape[0]
    y = F.conv1d(x.transpose(1, 2), weight.permute(2, 1, 0), bias, stride=stride, padding=(k - 1) // 2)
    return y.transpose(1, 2)


def strided_mask(mask: Tensor, stride: int) -> Tensor:
    """The mask after a convolution with that stride: L real positions become floor((L - 1) / stride) + 1."""
    lengths = torch.div(mask.sum(1) - 1, stride, rounding_mode="floor") + 1
    time = (mask.shape[1] - 1) // stride + 1
    return (torch.arange(time)[None] < lengths[:, None]).to(mask.dtype)


def attention(params: Tree, queries: Tensor, memory: Tensor, memory_mask: Tensor, num_heads: int) -> Tensor:
    """Multi-head attention of queries [B, Tq, D] to memory [B, Tk, D]; padded memory gets no weight."""
    B, _, D = queries.shape

    def heads(x: Tensor) -> Tensor:  # [B, T, D] -> [B, heads, T, D / heads]
        return x.reshape(B, -1, num_heads, D // num_heads).transpose(1, 2)

    q = heads(linear(params["query"], queries))
    k = heads(linear(params["key"], memory))
    v = heads(linear(params["value"], memory))
    scores = q @ k.transpose(2, 3) / math.sqrt(D // num_heads)
    scores = scores.masked_fill(memory_mask[:, None, None, :] == 0, -math.inf)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(B, -1, D)
    return linear(params["output"], mixed)


def feed_forward(params: Tree, x: Tensor, activation: Callable[[Tensor], Tensor]) -> Tensor:
    return linear(params["outer"], activation(linear(params["inner"], x)))


def transformer_layer(params: Tree, x: Tensor, mask: Tensor, num_heads: int) -> Tensor:
    """Post-norm, exact GELU."""
    h = layer_norm(params["attentionNorm"], x + attention(params["attention"], x, x, mask, num_heads))
    return layer_norm(params["feedForwardNorm"], h + feed_forward(params["feedForward"], h, F.gelu))


# -------------------------------------------------------------------------------------------------------- encoders


def transformer(params: Tree, x: Tensor, mask: Tensor, num_heads: int) -> Tensor:
    """Adds positions, normalises, runs the layers; padded positions come out as 0."""
    h = layer_norm(params["norm"], x + params["positions"][: x.shape[1]])
    for layer in params["layers"]:
        h = transformer_layer(layer, h, mask, num_heads)
    return h * mask[..., None]


def text_encoder(params: Tree, ids: Tensor, mask: Tensor, num_heads: int) -> Tensor:
    """ids [B, T] -> [B, T, D]."""
    return transformer(params, params["table"][ids.long()], mask, num_heads)


def audio_encoder(
    params: Tree, frames: Tensor, mask: Tensor, num_heads: int, stride: int = 2, functionals: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Log-mel frames [B, T, M], and what each clip is like as a whole [B, F] -> hidden [B, T', D] and its mask [B, T']."""
    h = frames * mask[..., None]
    for conv in params["convs"]:
        h = conv1d(h, conv["weight"], conv["bias"], stride)
        mask = strided_mask(mask, stride)
        h = F.gelu(layer_norm(conv["norm"], h)) * mask[..., None]
    if functionals is not None:
        voice = params["functionals"]
        unit = (functionals - voice["moments"]["mean"]) / (voice["moments"]["variance"] + 1e-5).sqrt()
        h = h + linear(voice["projection"], unit.clamp(-5, 5))[:, None]
    return transformer(params, h, mask, num_heads), mask


# ---------------------------------------------------------------------------------------------------------- UniTSE


def expert(down: Tensor, down_bias: Tensor, up: Tensor, up_bias: Tensor, x: Tensor, activation: str) -> Tensor:
    """One low-rank expert: three frames into R channels, then back to D."""
    return ACTIVATIONS[activation](conv1d(x, down, down_bias)) @ up + up_bias


def router(params: Tree, x: Tensor, mask: Tensor) -> Tensor:
    """Softmax values [B, N] of the shared experts."""
    h = linear(params["conv2"], F.gelu(linear(params["conv1"], x)))
    pooled = (h * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    return linear(params["gate"], pooled).softmax(-1)


def keep_top_k(probs: Tensor, k: int, renormalise: bool = False) -> Tensor:
    """The k largest keep their value (or, renormalised, their part of the sum), the others become 0."""
    kept = torch.zeros_like(probs).scatter(1, probs.topk(k, dim=1).indices, 1.0)
    gates = probs * kept
    return gates / gates.sum(1, keepdim=True) if renormalise else gates


def unitse_block(
    params: Tree,
    inputs: dict[str, Tensor],
    mask: Tensor,
    ranks: list[int],
    top_k: int,
    activation: str = "identity",
    renormalise: bool = False,
    residual: bool = False,
) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
    """Equation 1, for each task: outputs {task: [B, T, D]}, gates and, before the choice, probs {task: [B, N]}."""
    shared = params["shared"]
    starts = [sum(ranks[:n]) for n in range(len(ranks))]
    outputs, gates, probs = {}, {}, {}
    for task, own in params["tasks"].items():
        x = inputs[task] * mask[..., None]
        probs[task] = router(own["router"], x, mask)
        gates[task] = keep_top_k(probs[task], top_k, renormalise)
        e = own["expert"]
        h = expert(e["down"], e["downBias"], e["up"], e["upBias"], x, activation)
        for n, (start, rank) in enumerate(zip(starts, ranks)):
            r = slice(start, start + rank)
            f_n = expert(
                shared["down"][:, :, r], shared["downBias"][r], shared["up"][r], shared["upBias"][n], x, activation
            )
            h = h + gates[task][:, n, None, None] * f_n
        if residual:
            h = x + h
        if "norm" in own:
            h = layer_norm(own["norm"], h)
        outputs[task] = h * mask[..., None]
    return outputs, gates, probs


# ---------------------------------------------------------------------------------------------------------- fusion


def fusion(
    params: Tree, text: Tensor, text_mask: Tensor, audio: Tensor, audio_mask: Tensor, num_heads: int
) -> Tensor:
    """
    Equations 2 to 4: the two [cls] vectors after all layers, [B, 2D]. A layer holds weights for `text` and for `audio`,
    or for `both`.
    """

    def with_cls(name: str, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        cls = params["cls"][name].expand(len(x), 1, -1)
        return torch.cat([cls, x], dim=1), torch.cat([torch.ones_like(mask[:, :1]), mask], dim=1)

    def side(layer: Tree, own: Tensor, own_mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        h = layer_norm(layer["crossNorm"], own + attention(layer["cross"], own, other, other_mask, num_heads), 1e-12)
        h = layer_norm(layer["selfNorm"], h + attention(layer["self"], h, h, own_mask, num_heads), 1e-12)
        return layer_norm(layer["feedForwardNorm"], h + feed_forward(layer["feedForward"], h, F.relu), 1e-12)

    t, t_mask = with_cls("text", text, text_mask)
    a, a_mask = with_cls("audio", audio, audio_mask)
    for layer in params["layers"]:  # both directions read the layer's input
        own = {name: layer.get(name, layer.get("both")) for name in MODALITIES}
        t, a = side(own["text"], t, t_mask, a, a_mask), side(own["audio"], a, a_mask, t, t_mask)
    return torch.cat([t[:, 0], a[:, 0]], dim=-1)


# ------------------------------------------------------------------------------------------------- heads and losses


def head(params: Tree, x: Tensor) -> Tensor:
    first, second, last = params["layers"]
    return linear(last, F.relu(linear(second, F.relu(linear(first, x)))))


def sentiment_loss(predicted: Tensor, labels: Tensor, present: Tensor) -> Tensor:
    """Mean absolute error over the samples that have a label; all [B]."""
    return ((predicted - labels).abs() * present).sum() / present.sum()


def emotion_loss(logits: Tensor, labels: Tensor, present: Tensor) -> Tensor:
    """
    Mean over the samples that have labels. Logits [B, C]: binary cross-entropy, mean over the emotions. Logits [B, C + 1]: cross-entropy
    over the emotions and, last, none of them; emotions of one sample share its probability.
    """
    if logits.shape[1] > labels.shape[1]:
        count = labels.sum(1, keepdim=True)
        target = torch.cat([labels / count.clamp(min=1), (count == 0).to(labels.dtype)], dim=1)
        each = -(target * logits.log_softmax(1)).sum(1)
        return (each * present).sum() / present.sum()
    each = F.binary_cross_entropy_with_logits(logits, labels, reduction="none").mean(1)
    return (each * present).sum() / present.sum()


def task_losses(scores: dict[str, Tensor], batch: Tree) -> dict[str, Tensor]:
    """The loss of each task that is scored."""
    losses = {}
    if "sentiment" in scores:
        losses["sentiment"] = sentiment_loss(scores["sentiment"], batch["sentiment"], batch["sentimentPresent"])
    if "emotion" in scores:
        losses["emotion"] = emotion_loss(scores["emotion"], batch["emotions"], batch["emotionsPresent"])
    return losses


def scores_of(heads: Tree, features: dict[str, Tensor]) -> dict[str, Tensor]:
    """What the heads there are say: sentiment [B], emotion logits [B, C]."""
    scores = {task: head(heads[task], features[task]) for task in heads}
    return {task: logits.squeeze(-1) if task == "sentiment" else logits for task, logits in scores.items()}


# ----------------------------------------------------------------------------------------------------------- model


def mmolre(params: Tree, batch: Tree, config: Tree) -> Tree:
    """
    batch: ids and textMask [B, Tt], frames [B, Ta, M], audioMask [B, Ta].
    config: numHeads, stride (of the audio convolutions), ranks, topK, residual, added.

    The tree says which variant it is: `heads` has the tasks (one or both), `unitse` the blocks (none: the tasks read the
    encoders' features as they are), `fusion` one fusion a task, or one for all of them under `shared`.

    Returns hidden and mask per modality, features {modality: {task: [B, T, D]}} after UniTSE,
    gates and probs {modality: [per block {task: [B, N]}]}, sentiment [B], emotion logits [B, C], and, where the tree has
    auxiliary heads, auxiliary {modality: {sentiment, emotion}}.
    """
    num_heads = config["numHeads"]
    tasks = list(params["heads"])
    hidden, mask = {}, {"text": batch["textMask"]}
    hidden["text"] = text_encoder(params["text"], batch["ids"], batch["textMask"], num_heads)
    hidden["audio"], mask["audio"] = audio_encoder(
        params["audio"], batch["frames"], batch["audioMask"], num_heads, config["stride"]
    )

    features, gates, probs = {}, {}, {}
    for modality in MODALITIES:
        features[modality] = {task: hidden[modality] for task in tasks}
        gates[modality], probs[modality] = [], []
        for block in params["unitse"][modality]:
            features[modality], block_gates, block_probs = unitse_block(
                block, features[modality], mask[modality], config["ranks"], config["topK"], residual=config["residual"]
            )
            gates[modality].append(block_gates)
            probs[modality].append(block_probs)

    fused = {}
    for task in tasks:
        fused[task] = fusion(
            params["fusion"]["shared" if "shared" in params["fusion"] else task],
            features["text"][task], mask["text"],
            features["audio"][task], mask["audio"],
            num_heads,
        )  # fmt: skip
    output = {"hidden": hidden, "mask": mask, "features": features, "gates": gates, "probs": probs}
    output |= scores_of(params["heads"], fused)

    if "auxiliary" in params:
        aux = params["auxiliary"]
        lengths = mask["audio"].sum(1, keepdim=True)
        if "pooler" in aux["text"]:
            summary = {
                "text": torch.tanh(linear(aux["text"]["pooler"], hidden["text"][:, 0])),
                "audio": (hidden["audio"] * mask["audio"][..., None]).sum(1) / lengths,
            }
        else:  # mean and deviation over the real positions
            summary = {m: torch.stack([statistics(h[real > 0]) for h, real in zip(hidden[m], mask[m])]) for m in MODALITIES}
        output["auxiliary"] = {
            m: scores_of({task: aux[m][task] for task in tasks}, {task: summary[m] for task in tasks})
            for m in MODALITIES
        }
        if config.get("added"):  # the fused heads correct what is said of each modality alone
            for task in tasks:
                output[task] = output[task] + sum(output["auxiliary"][m][task] for m in MODALITIES)
    return output


def statistics(positions: Tensor) -> Tensor:
    """[T, D] -> [2D]: means, then population deviations, 1e-5 added to the variance."""
    return torch.cat([positions.mean(0), (positions.var(0, correction=0) + 1e-5).sqrt()])


def mmolre_loss(output: Tree, batch: Tree, auxiliary_weight: float = 1.0) -> tuple[Tensor, Tree]:
    """The total loss and its parts. batch: sentiment, sentimentPresent [B], emotions [B, C], emotionsPresent [B]."""
    parts = task_losses(output, batch)
    total = sum(parts.values())
    if "auxiliary" in output:
        parts["auxiliary"] = {m: task_losses(output["auxiliary"][m], batch) for m in MODALITIES}
        for losses in parts["auxiliary"].values():
            total = total + auxiliary_weight * sum(losses.values())
    return total, parts
