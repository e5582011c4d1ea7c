"""Writes what the tests of adapters (LoRA) and of weighted layers compare with.

    python scripts/reference/encoders/lora.py

Reads the folders roberta-small, bert-small and data2vec-audio-small that text.py and audio.py write, and needs peft beside their packages.
For each of the three, with adapters whose weights are those of seeded_weights.py:

- <kind>-lora: the folder of adapters that `PeftModel.save_pretrained` writes.
- <kind>-lora.safetensors, computed in double precision: a padded batch, the output of the model with adapters and the gradients of
  sum(last_hidden_state * weight) by the adapters; the hidden states' sum, weighted by softmax(layers), and the gradient by `layers`.

    python scripts/reference/encoders/lora.py read KIND FOLDER MERGED

says how far the adapters in FOLDER, read by `PeftModel.from_pretrained`, and the merged checkpoint in MERGED, read by `AutoModel`, are from
the stored output of KIND. Folders of our own are written by the test of adapters when MMOLRE_KEEP_ADAPTERS names a folder for them; with
peft 0.21.2 and transformers 5.24.0 both are within 2e-6 for each kind.
"""

import json
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

import torch

torch.version.cuda = None  # all of this runs on the CPU

import peft  # noqa: E402
import transformers  # noqa: E402
from safetensors import safe_open  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from seeded_weights import seeded_values, seeded_weight  # noqa: E402
from torch import Tensor  # noqa: E402
from transformers import AutoModel  # noqa: E402

FIXTURES = Path(__file__).resolve().parents[3] / "packages/encoders/src/__fixtures__"
VERSIONS = {
    "python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__,
    "peft": peft.__version__,
}
# No dropout anywhere; Data2Vec-audio masks and skips nothing.
QUIET: dict[str, dict[str, Any]] = {
    "roberta": dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, add_pooling_layer=False),
    "bert": dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, add_pooling_layer=False),
    "data2vec-audio": dict(
        hidden_dropout=0.0, activation_dropout=0.0, attention_dropout=0.0, feat_proj_dropout=0.0, layerdrop=0.0,
        apply_spec_augment=False,
    ),
}
TARGETS = {
    "roberta": ["query", "key", "value", "dense"],
    "bert": ["query", "value", "intermediate.dense"],
    "data2vec-audio": ["q_proj", "k_proj", "v_proj", "out_proj", "intermediate_dense", "output_dense"],
}


def base(kind: str, folder: Path | None = None) -> Any:
    return AutoModel.from_pretrained(folder or FIXTURES / f"{kind}-small", dtype=torch.float32, **QUIET[kind]).double()


def batch_of(kind: str) -> dict[str, Tensor]:
    if kind == "data2vec-audio":
        long, short = 900, 505
        values = torch.from_numpy(seeded_values("lora.samples", long + short)).double()
        rows = [values[:long], values[long:]]
        rows = [(row - row.mean()) / torch.sqrt(row.var(unbiased=False) + 1e-7) for row in rows]
        mask = torch.tensor([[1] * long, [1] * short + [0] * (long - short)])
        return {"input_values": torch.stack([rows[0], torch.nn.functional.pad(rows[1], (0, long - short))]), "attention_mask": mask}
    pad = 1 if kind == "roberta" else 0
    rows = [[5, 17, 40, 9, 22, 31, 6], [5, 12, 8, 6], [5, 6]]
    ids = torch.tensor([row + [pad] * (7 - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": torch.tensor([[1] * len(row) + [0] * (7 - len(row)) for row in rows])}


def mask_of(kind: str, model: Any, batch: dict[str, Tensor], frames: int) -> Tensor:
    mask = batch["attention_mask"]
    if kind == "data2vec-audio":
        mask = model._get_feature_vector_attention_mask(frames, mask)
    return mask.double()


def write(kind: str) -> None:
    folder = FIXTURES / f"{kind}-lora"
    config = peft.LoraConfig(r=3, lora_alpha=5, target_modules=TARGETS[kind], lora_dropout=0.0)
    model = peft.get_peft_model(base(kind), config).train()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            stored = name.replace(".default", "").removeprefix("base_model.model.")
            parameter.data = seeded_weight(stored, tuple(parameter.shape)).double()
    shutil.rmtree(folder, ignore_errors=True)
    model.float().save_pretrained(folder)
    (folder / "README.md").unlink()  # a model card
    known = json.loads((folder / "adapter_config.json").read_text())
    known["base_model_name_or_path"] = f"{kind}-small"  # not where it lay
    known["target_modules"].sort()
    (folder / "adapter_config.json").write_text(json.dumps(known, indent=2) + "\n")
    for file in folder.iterdir():
        file.chmod(0o644)

    model = model.double()
    batch = batch_of(kind)
    output = model(**batch)
    hidden = output.last_hidden_state
    mask = mask_of(kind, model.get_base_model(), batch, hidden.shape[1])
    weight = torch.from_numpy(seeded_values("lora.weight", hidden.numel())).reshape(hidden.shape).double() * mask[..., None]
    (hidden * weight).sum().backward()
    tensors = {f"input.{name}": value for name, value in batch.items()}
    tensors |= {"mask": mask, "weight": weight, "output": hidden * mask[..., None]}
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            tensors[f"grads.{name.replace('.default', '').removeprefix('base_model.model.')}"] = parameter.grad

    plain = base(kind).train()
    states = plain(**batch, output_hidden_states=True).hidden_states
    layers = torch.from_numpy(seeded_values("layers", len(states))).double().requires_grad_()
    mixed = sum(share * state.detach() for share, state in zip(torch.softmax(layers, 0), states)) * mask[..., None]
    (mixed * weight).sum().backward()
    tensors |= {"layers": layers, "mixed": mixed, "layersGrad": layers.grad}

    ready = {}
    for key, value in tensors.items():
        assert value.isfinite().all(), key
        ready[key] = value.detach().to(torch.float32 if value.is_floating_point() else torch.int32).contiguous()
    path = FIXTURES / f"{kind}-lora.safetensors"
    save_file(ready, path, metadata={"fixture": json.dumps(VERSIONS)})
    path.chmod(0o644)
    print(f"{path.name}: {len(ready)} tensors, {path.stat().st_size:,} bytes; {folder.name}: {sorted(f.name for f in folder.iterdir())}")


def read(kind: str, adapters: Path, merged: Path) -> None:
    with safe_open(FIXTURES / f"{kind}-lora.safetensors", "pt") as fixture:
        output, mask = fixture.get_tensor("output"), fixture.get_tensor("mask")
    models = {"peft": peft.PeftModel.from_pretrained(base(kind), adapters).double(), "transformers": base(kind, merged)}
    for name, model in models.items():
        with torch.no_grad():
            hidden = model(**batch_of(kind)).last_hidden_state * mask[..., None]
        print(f"{kind}, read by {name}: {float((hidden - output).abs().max()):.1e} from the stored output")


if __name__ == "__main__":
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        read(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        for name in TARGETS:
            write(name)
