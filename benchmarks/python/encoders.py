"""The paper's model as one writes it in PyTorch: encoders of transformers, a loop over the experts, attention by PyTorch's own kernel."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import Data2VecAudioConfig, Data2VecAudioModel, RobertaConfig, RobertaModel
from transformers.models.roberta.modeling_roberta import RobertaLayer

from moe import TaskMoe

TASKS = ["sentiment", "emotion"]
MODALITIES = ["text", "audio"]

# B batch, T time, D d_model


class Attention(nn.Module):
    def __init__(self, d_model: int, num_heads: int, dropout: float):
        super().__init__()
        self.num_heads, self.dropout = num_heads, dropout
        self.query, self.key, self.value, self.output = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, queries: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        def heads(x: Tensor) -> Tensor:
            return x.unflatten(2, (self.num_heads, -1)).transpose(1, 2)

        q, k, v = heads(self.query(queries)), heads(self.key(memory)), heads(self.value(memory))
        rate = self.dropout if self.training else 0.0
        read = F.scaled_dot_product_attention(q, k, v, mask[:, None, None, :].bool(), dropout_p=rate)
        return self.output(read.transpose(1, 2).flatten(2))


class Side(nn.Module):
    """What one modality has of its own in a fusion layer."""

    def __init__(self, d_model: int, num_heads: int, dropout: float):
        super().__init__()
        self.cross, self.own = (Attention(d_model, num_heads, dropout) for _ in range(2))
        self.inner, self.outer = nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model, 1e-12) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(self, own: Tensor, own_mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        z = self.norms[0](own + self.dropout(self.cross(own, other, other_mask)))
        s = self.norms[1](z + self.dropout(self.own(z, z, own_mask)))
        return self.norms[2](s + self.dropout(self.outer(F.relu(self.inner(s)))))


class Fusion(nn.Module):
    def __init__(self, d_model: int, num_layers: int, num_heads: int, dropout: float):
        super().__init__()
        self.cls = nn.ParameterDict({name: torch.randn(d_model) for name in MODALITIES})
        self.layers = nn.ModuleList(
            nn.ModuleDict({name: Side(d_model, num_heads, dropout) for name in MODALITIES}) for _ in range(num_layers)
        )

    def forward(self, hidden: dict[str, Tensor], masks: dict[str, Tensor]) -> Tensor:
        def with_cls(name: str) -> tuple[Tensor, Tensor]:
            x, mask = hidden[name], masks[name]
            first = self.cls[name].expand(len(x), 1, -1)
            return torch.cat([first, x], 1), torch.cat([mask.new_ones(len(x), 1), mask], 1)

        text, text_mask = with_cls("text")
        audio, audio_mask = with_cls("audio")
        for layer in self.layers:
            text, audio = (
                layer["text"](text, text_mask, audio, audio_mask),
                layer["audio"](audio, audio_mask, text, text_mask),
            )
        return torch.cat([text[:, 0], audio[:, 0]], 1)


def head(d_model: int, hidden: int, outputs: int, dropout: float) -> nn.Module:
    layers = [nn.Dropout(dropout), nn.Linear(2 * d_model, d_model), nn.ReLU(), nn.Linear(d_model, hidden), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(hidden, outputs))


class Mmolre(nn.Module):
    def __init__(self, roberta: dict, top_k: int):
        super().__init__()
        self.text = RobertaModel(RobertaConfig(**roberta))
        self.audio = Data2VecAudioModel(Data2VecAudioConfig(layerdrop=0.0))
        self.audio.freeze_feature_encoder() if hasattr(self.audio, "freeze_feature_encoder") else self.audio.feature_extractor._freeze_parameters()
        moe = dict(d_model=768, num_experts=15, rank=128, tasks=TASKS, task_rank=128, top_k=top_k)
        self.unitse = nn.ModuleDict({name: nn.ModuleList(TaskMoe(**moe) for _ in range(2)) for name in MODALITIES})
        self.fusion = nn.ModuleDict({task: Fusion(768, 5, 12, 0.1) for task in TASKS})
        self.heads = nn.ModuleDict({"sentiment": head(768, 512, 1, 0.1), "emotion": head(768, 512, 6, 0.1)})

    def forward(self, ids: Tensor, clips: Tensor) -> dict[str, Tensor]:
        hidden = {"text": self.text(ids).last_hidden_state, "audio": self.audio(clips).last_hidden_state}
        masks = {name: torch.ones(x.shape[:2]) for name, x in hidden.items()}
        separated: dict[str, dict[str, Tensor]] = {}
        for name, blocks in self.unitse.items():
            streams: Tensor | dict[str, Tensor] = hidden[name]
            for block in blocks:
                streams = block(streams, masks[name])
            separated[name] = streams
        return {
            task: self.heads[task](fusion({name: separated[name][task] for name in MODALITIES}, masks))
            for task, fusion in self.fusion.items()
        }


def prepare(data, part: str, rate: float, decay: float, **settings):
    return (layer if part == "layer" else whole)(data, rate, decay, **settings)


def whole(data, rate: float, decay: float, roberta: dict, top_k: int):
    """One step of both encoders with the whole model; the frozen convolutions run in it."""
    model = Mmolre(roberta, top_k).train()
    ids, clips = data["ids"].long(), data["clips"]
    clips = (clips - clips.mean(1, keepdim=True)) / clips.std(1, keepdim=True, correction=0)
    sentiment = torch.linspace(-3, 3, len(ids))
    emotion = F.one_hot(torch.arange(len(ids)) % 6, 6).float()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=rate, weight_decay=decay)

    def step() -> float:
        scores = model(ids, clips)
        loss = F.l1_loss(scores["sentiment"][:, 0], sentiment)
        loss = loss + F.binary_cross_entropy_with_logits(scores["emotion"], emotion)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    def counts() -> dict[str, Tensor]:
        return {name: torch.tensor([float(sum(p.numel() for p in m.parameters()))]) for name, m in model.named_children()}

    return step, counts


def layer(data, rate: float, decay: float, d_model: int, num_heads: int):
    """One layer of RoBERTa."""
    config = RobertaConfig(hidden_size=d_model, num_attention_heads=num_heads, intermediate_size=4 * d_model)
    config.layer_norm_eps = 1e-5
    config._attn_implementation = "sdpa"
    module = RobertaLayer(config).train()
    places = {
        "attention.query": module.attention.self.query,
        "attention.key": module.attention.self.key,
        "attention.value": module.attention.self.value,
        "attention.output": module.attention.output.dense,
        "attentionNorm": module.attention.output.LayerNorm,
        "feedForward.inner": module.intermediate.dense,
        "feedForward.outer": module.output.dense,
        "feedForwardNorm": module.output.LayerNorm,
    }
    with torch.no_grad():
        for name, place in places.items():
            place.weight.copy_(data[f"params.{name}.weight"].T)
            place.bias.copy_(data[f"params.{name}.bias"])
    x, weight = data["x"], data["weight"]
    shift = nn.Parameter(torch.zeros(d_model))
    optimizer = torch.optim.AdamW([*module.parameters(), shift], lr=rate, weight_decay=decay)

    def output() -> Tensor:
        result = module(x + shift)
        return result[0] if isinstance(result, tuple) else result

    def step() -> float:
        loss = (output() * weight).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    def results() -> dict[str, Tensor]:
        module.eval()
        y = output()
        (y * weight).sum().backward()
        grads = {"output": y, "shift": shift.grad.clone()}
        for name, place in places.items():
            grads[f"{name}.weight"] = place.weight.grad.T.clone()
            if name != "attention.key":  # 0 but for rounding
                grads[f"{name}.bias"] = place.bias.grad.clone()
        module.train()
        return grads

    return step, results
