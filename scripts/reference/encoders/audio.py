"""Writes the numbers that the tests of Data2Vec-audio compare with.

    python scripts/reference/encoders/audio.py

Random weights in `Data2VecAudioModel` of transformers. Computed in double precision and stored in single; gradients are those of
sum(last_hidden_state * weight) in train mode without dropout, LayerDrop or masking, with a `weight` that is 0 at padded frames.

- data2vec-audio: small models with their weights (`params`), raw clips (`clips.N`), the normalised batch of `Wav2Vec2FeatureExtractor`
  (`<case>.values`), outputs and gradients; and the loss of 20 steps of AdamW.
- data2vec-audio-small: the first of these models as a checkpoint folder.
- data2vec-audio-wide: width 768, 2 layers; weights and clips from seeded_weights.py; of outputs and gradients a sketch.
"""

import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch

torch.version.cuda = None  # all of this runs on the CPU: let torchaudio load beside a torch of another CUDA release

import transformers  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from seeded_weights import seeded_state, seeded_values, sketch  # noqa: E402
from torch import Tensor  # noqa: E402
from transformers import Data2VecAudioConfig, Data2VecAudioModel, Wav2Vec2FeatureExtractor  # noqa: E402

FIXTURES = Path(__file__).resolve().parents[3] / "packages/encoders/src/__fixtures__"
QUIET: dict[str, Any] = dict(
    hidden_dropout=0.0, activation_dropout=0.0, attention_dropout=0.0, feat_proj_dropout=0.0, layerdrop=0.0,
    apply_spec_augment=False,
)
SMALL = dict(
    hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, conv_dim=[6, 8, 8], conv_kernel=[10, 3, 2],
    conv_stride=[5, 2, 2], num_conv_pos_embedding_groups=4, conv_pos_kernel_size=5, num_conv_pos_embeddings=3,
)
OTHER = dict(
    hidden_size=12, num_hidden_layers=1, num_attention_heads=3, intermediate_size=20, conv_dim=[5, 7], conv_kernel=[8, 4],
    conv_stride=[6, 3], conv_bias=True, num_conv_pos_embedding_groups=2, conv_pos_kernel_size=6, num_conv_pos_embeddings=2,
    hidden_act="relu", layer_norm_eps=1e-3, mask_time_prob=0.0,
)
MASKED = dict(apply_spec_augment=True, mask_time_prob=1.0, mask_time_length=1)
VERSIONS = {"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__}
extractor = Wav2Vec2FeatureExtractor(sampling_rate=16_000, do_normalize=True, return_attention_mask=True)


def clip(name: str, samples: int) -> np.ndarray:
    """Noise with a swell and an offset."""
    time = np.arange(samples, dtype=np.float64)
    noise = seeded_values(f"clip.{name}", samples).astype(np.float64)
    return (0.05 + 0.1 * noise + 0.2 * np.sin(time / 7) * np.sin(time / 300)).astype(np.float32)


def model_of(settings: dict[str, Any]) -> Data2VecAudioModel:
    model = Data2VecAudioModel(Data2VecAudioConfig(**{**QUIET, **settings}))
    model.load_state_dict(seeded_state({name: tuple(t.shape) for name, t in model.state_dict().items()}))
    return model.double().train()


def batch(clips: list[np.ndarray]) -> tuple[Tensor, Tensor]:
    made = extractor(clips, sampling_rate=16_000, padding="longest", return_tensors="pt")
    return made["input_values"], made["attention_mask"]


def run(model: Data2VecAudioModel, clips: list[np.ndarray], name: str) -> tuple[Tensor, Tensor, Tensor]:
    """Last hidden state, frame mask and the weight of the loss."""
    values, mask = batch(clips)
    output = model(values.double(), attention_mask=None if bool((mask == 1).all()) else mask).last_hidden_state
    lengths = model._get_feat_extract_output_lengths(mask.sum(1))
    frames = (torch.arange(output.shape[1])[None] < lengths[:, None]).double()
    weight = torch.from_numpy(seeded_values(f"{name}.weight", output.numel())).reshape(output.shape).double()
    return output, frames, weight * frames[..., None]


def gradients(model: Data2VecAudioModel) -> dict[str, Tensor]:
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def save(name: str, tensors: dict[str, Tensor], settings: dict[str, Any]) -> None:
    ready = {key: value.detach().to(torch.float32).contiguous() for key, value in tensors.items()}
    path = FIXTURES / f"{name}.safetensors"
    save_file(ready, path, metadata={"fixture": json.dumps({**VERSIONS, "settings": settings})})
    print(f"{path.name}: {len(ready)} tensors, {path.stat().st_size:,} bytes")


def small() -> None:
    tensors: dict[str, Tensor] = {}
    clips = [clip("0", 900), clip("1", 640), clip("2", 505), clip("3", 900)]
    tensors |= {f"clips.{i}": torch.from_numpy(samples) for i, samples in enumerate(clips)}
    cases = {"plain": [0, 3], "padded": [2, 0, 1]}
    for size, settings in {"small": SMALL, "other": OTHER}.items():
        model = model_of(settings)
        tensors |= {f"{size}.params.{name}": p for name, p in model.state_dict().items()}
        for case, chosen in cases.items():
            model.zero_grad()
            given = [clips[i] for i in chosen]
            output, frames, weight = run(model, given, f"{size}.{case}")
            (output * weight).sum().backward()
            key = f"{size}.{case}"
            tensors[f"{key}.values"] = batch(given)[0]
            tensors[f"{key}.mask"], tensors[f"{key}.weight"] = frames, weight
            tensors[f"{key}.output"] = output * frames[..., None]
            tensors |= {f"{key}.grads.{name}": grad for name, grad in gradients(model).items()}
    tensors |= masked([clips[i] for i in cases["padded"]])
    tensors["losses"] = training(clips)
    save("data2vec-audio", tensors, {"small": SMALL, "other": OTHER, "masked": {**SMALL, **MASKED}})


def masked(clips: list[np.ndarray]) -> dict[str, Tensor]:
    """The padded batch with every frame masked: the one masking that leaves nothing to chance."""
    model = model_of({**SMALL, **MASKED})
    output, frames, weight = run(model, clips, "small.padded")
    (output * weight).sum().backward()
    grads = {f"masked.grads.{name}": grad for name, grad in gradients(model).items()}
    return {"masked.output": output * frames[..., None], **grads}


def folder() -> None:
    """The small model as `save_pretrained` writes it."""
    model_of(SMALL).float().save_pretrained(FIXTURES / "data2vec-audio-small")


def training(clips: list[np.ndarray]) -> Tensor:
    """Mean squared distance of real frames from a target over 20 steps, nothing frozen."""
    model = model_of(SMALL)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    losses = []
    for _ in range(20):
        output, frames, target = run(model, [clips[i] for i in (2, 0, 1)], "target")
        loss = (((output - target) * frames[..., None]) ** 2).sum() / frames.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)


def wide() -> None:
    settings = dict(num_hidden_layers=2)
    model = model_of(settings)
    model.freeze_feature_encoder()
    tensors: dict[str, Tensor] = {}
    for case, lengths in {"plain": [8000, 8000], "padded": [8000, 5000]}.items():
        model.zero_grad()
        output, frames, weight = run(model, [clip(f"{case}.{i}", n) for i, n in enumerate(lengths)], f"wide.{case}")
        (output * weight).sum().backward()
        tensors[f"{case}.output"] = sketch("output", output * frames[..., None])
        tensors |= {f"{case}.grads.{name}": sketch(name, grad) for name, grad in gradients(model).items()}
    save("data2vec-audio-wide", tensors, settings)


if __name__ == "__main__":
    torch.set_num_threads(1)
    small()
    folder()
    wide()
