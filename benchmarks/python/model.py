"""The paper's model as one writes it in PyTorch: encoders of transformers, a loop over the experts, attention by PyTorch's own kernel."""

import re

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import Data2VecAudioConfig, Data2VecAudioModel, RobertaConfig, RobertaModel

from moe import TaskMoe, load, unload
from seeded import seeded_weight
from tensor_file import TensorFile

TASKS = ["sentiment", "emotion"]
MODALITIES = ["text", "audio"]
PAD_ID = 1
EMOTIONS = 6

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

    def __init__(self, d_model: int, num_heads: int, width: int, dropout: float):
        super().__init__()
        self.cross, self.own = (Attention(d_model, num_heads, dropout) for _ in range(2))
        self.inner, self.outer = nn.Linear(d_model, width), nn.Linear(width, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model, 1e-12) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(self, own: Tensor, own_mask: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        z = self.norms[0](own + self.dropout(self.cross(own, other, other_mask)))
        s = self.norms[1](z + self.dropout(self.own(z, z, own_mask)))
        return self.norms[2](s + self.dropout(self.outer(F.relu(self.inner(s)))))


class Fusion(nn.Module):
    def __init__(self, d_model: int, num_layers: int, **sizes):
        super().__init__()
        self.cls = nn.ParameterDict({name: torch.empty(d_model) for name in MODALITIES})
        self.layers = nn.ModuleList(
            nn.ModuleDict({name: Side(d_model, **sizes) for name in MODALITIES}) for _ in range(num_layers)
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
    """text and audio are fields of a config.json; the other arguments are those of `TaskMoe`, `Fusion` and `head`."""

    def __init__(self, text: dict, audio: dict, d_model: int, num_blocks: int, moe: dict, fusion: dict, heads: dict):
        super().__init__()
        self.text = RobertaModel(RobertaConfig(**text), add_pooling_layer=False)
        self.audio = Data2VecAudioModel(Data2VecAudioConfig(**audio))
        self.audio.feature_extractor._freeze_parameters()
        blocks = dict(d_model=d_model, tasks=TASKS, **moe)
        self.unitse = nn.ModuleDict(
            {name: nn.ModuleList(TaskMoe(**blocks) for _ in range(num_blocks)) for name in MODALITIES}
        )
        self.fusion = nn.ModuleDict({task: Fusion(d_model, **fusion) for task in TASKS})
        outputs = {"sentiment": 1, "emotion": EMOTIONS}
        self.heads = nn.ModuleDict({task: head(d_model, outputs=outputs[task], **heads) for task in TASKS})
        seed(self)

    def forward(self, ids: Tensor, clips: Tensor, token_mask: Tensor | None, sample_mask: Tensor | None) -> dict[str, Tensor]:
        """A mask, 1 = real, is given where something is padded."""
        hidden = {
            "text": self.text(ids, attention_mask=token_mask).last_hidden_state,
            "audio": self.audio(clips, attention_mask=sample_mask).last_hidden_state,
        }
        masks = {name: torch.ones(x.shape[:2]) for name, x in hidden.items()}
        if token_mask is not None:
            masks["text"] = token_mask.float()
        if sample_mask is not None:
            length = hidden["audio"].shape[1]
            masks["audio"] = self.audio._get_feature_vector_attention_mask(length, sample_mask).float()
        separated: dict[str, dict[str, Tensor]] = {}
        for name, blocks in self.unitse.items():
            streams: Tensor | dict[str, Tensor] = hidden[name] * masks[name][:, :, None]
            for block in blocks:
                streams = block(streams, masks[name])
            separated[name] = streams
        return {
            task: self.heads[task](fusion({name: separated[name][task] for name in MODALITIES}, masks))
            for task, fusion in self.fusion.items()
        }


# Names of ours by those here, where they differ.
NAMES = [
    (r"\.own\.", ".self."),
    (r"\.(inner|outer)\.", r".feedForward.\1."),
    (r"\.norms\.0\.", ".crossNorm."),
    (r"\.norms\.1\.", ".selfNorm."),
    (r"\.norms\.2\.", ".feedForwardNorm."),
    (r"^(heads\.\w+)\.1\.", r"\1.layers.0."),
    (r"^(heads\.\w+)\.3\.", r"\1.layers.1."),
    (r"^(heads\.\w+)\.5\.", r"\1.layers.2."),
]


def seed(model: Mmolre) -> None:
    """Gives every parameter the values that the TypeScript side gives it."""
    for part, module in model.named_children():
        if part != "unitse":
            seed_part(part, module)
    with torch.no_grad():
        for modality, blocks in model.unitse.items():
            for i, block in enumerate(blocks):
                shapes = {name: tuple(value.shape) for name, value in unload(block).items()}
                path = f"unitse.{modality}.{i}"
                load(block, {name: seeded_weight(f"{path}.{name}", shape) for name, shape in shapes.items()})


@torch.no_grad()
def seed_part(part: str, module: nn.Module) -> None:
    """The same for one part. In TypeScript a matrix is [in, out] and a convolution [kernel, in, out]; a table of embeddings is as it is here."""
    for name, parameter in module.named_parameters(prefix=part):
        path = name
        for pattern, ours in NAMES:
            path = re.sub(pattern, ours, path)
        axes = list(range(parameter.dim()))
        order = axes if ".embeddings." in name else axes[::-1]
        weight = seeded_weight(path, tuple(parameter.shape[axis] for axis in order))
        parameter.copy_(weight.permute(order))


class Batch:
    """ids and clips of the data file, each text and clip with its own length."""

    def __init__(self, data: TensorFile, max_samples: int):
        tokens, samples = (data[key].long().tolist() for key in ("tokens", "samples"))
        self.ids = [row[:count].long() for row, count in zip(data["ids"], tokens)]
        self.clips = [row[: min(count, max_samples)] for row, count in zip(data["clips"], samples)]
        B = len(self.ids)
        self.sentiment = torch.linspace(1, 3, B)  # of one sign: else their gradients cancel out
        self.emotion = F.one_hot(torch.arange(B) % EMOTIONS, EMOTIONS).float()

    def inputs(self, num_tokens: int | None = None, num_samples: int | None = None) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        """Padded to these lengths, else to the longest; each clip normalised as Wav2Vec2FeatureExtractor does. Without padding, no mask."""

        def pad(rows: list[Tensor], length: int | None, value: int) -> tuple[Tensor, Tensor | None]:
            length = length or max(map(len, rows))
            padded = torch.stack([F.pad(row, (0, length - len(row)), value=value) for row in rows])
            lengths = torch.tensor([len(row) for row in rows])
            mask = (torch.arange(length)[None] < lengths[:, None]).long()
            return padded, None if mask.all() else mask

        normal = [(clip - clip.mean()) / (clip.var(correction=0) + 1e-7).sqrt() for clip in self.clips]
        (ids, token_mask), (clips, sample_mask) = pad(self.ids, num_tokens, PAD_ID), pad(normal, num_samples, 0)
        return ids, clips, token_mask, sample_mask

    def loss(self, scores: dict[str, Tensor]) -> Tensor:
        emotion = F.binary_cross_entropy_with_logits(scores["emotion"], self.emotion)
        return F.l1_loss(scores["sentiment"][:, 0], self.sentiment) + emotion
