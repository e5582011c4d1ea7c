"""Writes what the tests of RoBERTa and BERT compare with.

    python scripts/reference/encoders/text.py [MINILM_FOLDER]

Folders, written by `save_pretrained` of transformers, with weights of seeded_weights.py:

- roberta-small: no pooler; a byte-level BPE tokenizer trained on a few lines, with vocab.json and merges.txt beside tokenizer.json.
- bert-small: a BERT with pooler, tanh-approximated GELU, and a WordPiece tokenizer.
- roberta-sharded: a tiny RobertaForMaskedLM (prefix and head) in bfloat16, in several files.

Numbers, computed in double precision and stored in single; gradients are those of sum(last_hidden_state * weight) in train mode without
dropout, with a `weight` that is 0 at padded tokens (the pooler's: of sum(pooler_output * pooledWeight)):

- roberta, bert: outputs and gradients of the folders' models, and the loss of 20 steps of AdamW.
- roberta-wide: width 768, 2 layers, weights from seeded_weights.py; of outputs and gradients a sketch.
- bert-minilm: sketches for the real all-MiniLM-L6-v2, and its sentence vectors. Only if its folder is given.
"""

import json
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

import torch

torch.version.cuda = None  # all of this runs on the CPU: let torchaudio load beside a torch of another CUDA release

import transformers  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from seeded_weights import seeded_state, seeded_values, sketch  # noqa: E402
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, trainers  # noqa: E402
from torch import Tensor  # noqa: E402
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel, BertTokenizer, RobertaConfig  # noqa: E402
from transformers import RobertaForMaskedLM, RobertaModel, RobertaTokenizer  # noqa: E402

FIXTURES = Path(__file__).resolve().parents[3] / "packages/encoders/src/__fixtures__"
VERSIONS = {"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__}
QUIET: dict[str, Any] = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
LINES = [
    "I loved this movie, the actors and the music.",
    "it's not that bad, but the ending was not what I hoped for",
    "The worst film of the year! Nothing in it works.",
    "what a movie, what an ending",
]
TEXTS = ["I loved it!", "The ending of this movie was not that bad, was it?", "Nothing."]


def save(name: str, tensors: dict[str, Tensor], settings: dict[str, Any]) -> None:
    ready = {}
    for key, value in tensors.items():
        assert value.isfinite().all(), key
        dtype = torch.float32 if value.is_floating_point() else torch.int32
        ready[key] = value.detach().to(dtype).contiguous()
    path = FIXTURES / f"{name}.safetensors"
    save_file(ready, path, metadata={"fixture": json.dumps({**VERSIONS, "settings": settings})})
    path.chmod(0o644)
    print(f"{path.name}: {len(ready)} tensors, {path.stat().st_size:,} bytes")


def fill(model: torch.nn.Module) -> None:
    model.load_state_dict(seeded_state({name: tuple(t.shape) for name, t in model.state_dict().items()}))


def save_model(model: Any, folder: Path, **options: Any) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, **options)
    for file in folder.iterdir():
        file.chmod(0o644)
    print(f"{folder.name}: {sorted(file.name for file in folder.iterdir())}")


# ------------------------------------------------------------------------------------------------------- tokenizers


def byte_level_tokenizer(folder: Path) -> RobertaTokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(
        vocab_size=340, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(LINES, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    vocab = {**model["vocab"], "<mask>": len(model["vocab"])}
    mask = AddedToken("<mask>", lstrip=True, special=True)  # as roberta-base has it
    made = RobertaTokenizer(vocab=vocab, merges=[tuple(pair) for pair in model["merges"]], mask_token=mask)
    made.save_pretrained(folder)
    # The older files, which save_pretrained no longer writes.
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in model["merges"])]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return made


def word_piece_tokenizer(folder: Path) -> BertTokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(LINES, trainers.WordPieceTrainer(vocab_size=120, special_tokens=special, show_progress=False))
    vocab = tokenizer.get_vocab()
    made = BertTokenizer(vocab=vocab)
    made.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(sorted(vocab, key=vocab.get)) + "\n", encoding="utf-8")
    return made


# ------------------------------------------------------------------------------------------------------------ cases


def inputs(rows: list[list[int]], pad: int) -> dict[str, Tensor]:
    longest = max(map(len, rows))
    ids = torch.tensor([row + [pad] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": mask}


def gradients(model: torch.nn.Module) -> dict[str, Tensor]:
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def run(model: torch.nn.Module, batch: dict[str, Tensor], case: str) -> tuple[Any, Tensor, Tensor]:
    """The model's output, its hidden states with padding at 0, and the weight of the loss."""
    output = model(**batch)
    hidden = output.last_hidden_state
    mask = batch["attention_mask"].double()[..., None]
    weight = torch.from_numpy(seeded_values(f"{case}.weight", hidden.numel())).reshape(hidden.shape).double()
    return output, hidden * mask, weight * mask


def small(name: str, model: Any, rows: list[list[int]], pad: int) -> None:
    """A padded and an unpadded batch, and 20 steps of AdamW on the padded one."""
    tensors: dict[str, Tensor] = {}
    model = model.double().train()
    cases = {"padded": inputs(rows, pad), "plain": inputs([row[:5] for row in rows if len(row) >= 5], pad)}
    for case, batch in cases.items():
        model.zero_grad()
        output, hidden, weight = run(model, batch, case)
        (hidden * weight).sum().backward(retain_graph=True)
        tensors |= {f"{case}.ids": batch["input_ids"], f"{case}.mask": batch["attention_mask"].float(), f"{case}.output": hidden}
        tensors[f"{case}.weight"] = weight
        tensors |= {f"{case}.grads.{key}": grad.clone() for key, grad in gradients(model).items()}
        if output.pooler_output is not None:
            pooled = output.pooler_output
            model.zero_grad()
            (pooled * weight[:, 0]).sum().backward()
            tensors |= {f"{case}.pooled": pooled, **{f"{case}.pooledGrads.{k}": g for k, g in gradients(model).items()}}
    tensors["losses"] = training(model, cases["padded"])
    save(name, tensors, model.config.to_dict())


def training(model: torch.nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Mean squared distance of real tokens from a target over 20 steps."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    losses = []
    for _ in range(20):
        _, hidden, target = run(model, batch, "target")
        loss = ((hidden - target) ** 2).sum() / batch["attention_mask"].sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)


def roberta_small() -> None:
    folder = FIXTURES / "roberta-small"
    tokenizer_folder = FIXTURES / "roberta-tokenizer-only"
    tokenizer = byte_level_tokenizer(tokenizer_folder)
    config = RobertaConfig(
        vocab_size=len(tokenizer), hidden_size=12, num_hidden_layers=2, num_attention_heads=3, intermediate_size=20,
        max_position_embeddings=40, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2, **QUIET,
    )
    model = RobertaModel(config, add_pooling_layer=False)
    fill(model)
    save_model(model, folder)
    for file in tokenizer_folder.iterdir():
        file.chmod(0o644)
        file.rename(folder / file.name)
    tokenizer_folder.rmdir()
    rows = tokenizer(TEXTS)["input_ids"]
    rows[1].insert(3, 1)  # a padding token that stands inside a text, as if a user had typed it
    small("roberta", model, [row[:30] for row in rows], 1)


def bert_small() -> None:
    folder = FIXTURES / "bert-small"
    tokenizer_folder = FIXTURES / "bert-tokenizer-only"
    tokenizer = word_piece_tokenizer(tokenizer_folder)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=32, hidden_act="gelu_new", layer_norm_eps=1e-3, **QUIET,
    )
    model = BertModel(config)
    fill(model)
    save_model(model, folder)
    for file in tokenizer_folder.iterdir():
        file.chmod(0o644)
        file.rename(folder / file.name)
    tokenizer_folder.rmdir()
    small("bert", model, [row[:30] for row in tokenizer(TEXTS)["input_ids"]], 0)


def roberta_sharded() -> None:
    config = RobertaConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, hidden_act="relu",
        max_position_embeddings=12, type_vocab_size=1, layer_norm_eps=1e-5, **QUIET,
    )
    model = RobertaForMaskedLM(config)
    fill(model)
    save_model(model.bfloat16(), FIXTURES / "roberta-sharded", max_shard_size=700)
    batch = inputs([[0, 4, 19, 7, 2], [0, 11, 2]], 1)
    with torch.no_grad():
        _, hidden, _ = run(model.double().roberta, batch, "sharded")
    save(
        "roberta-sharded",
        {"ids": batch["input_ids"], "mask": batch["attention_mask"].float(), "output": hidden},
        {},
    )


def sketches(model: Any, batch: dict[str, Tensor], case: str) -> dict[str, Tensor]:
    model.zero_grad()
    _, hidden, weight = run(model, batch, case)
    (hidden * weight).sum().backward()
    made = {f"{case}.ids": batch["input_ids"], f"{case}.mask": batch["attention_mask"].float()}
    made[f"{case}.output"] = sketch("output", hidden)
    return made | {f"{case}.grads.{name}": sketch(name, grad) for name, grad in gradients(model).items()}


def roberta_wide() -> None:
    config = RobertaConfig(
        vocab_size=300, hidden_size=768, num_hidden_layers=2, num_attention_heads=12, intermediate_size=3072,
        max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5, **QUIET,
    )
    model = RobertaModel(config, add_pooling_layer=False)
    fill(model)
    model = model.double().train()
    row = [0, *(4 + int(v) for v in (seeded_values("wide.ids", 30) + 1) * 147), 2]
    tensors = sketches(model, inputs([row, row[:9] + [2]], 1), "padded")
    tensors |= sketches(model, inputs([row[:12], row[12:24]], 1), "plain")
    save("roberta-wide", tensors, config.to_dict())


def minilm(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, **QUIET).double().train()
    batch = dict(tokenizer(TEXTS, padding=True, return_tensors="pt"))
    batch.pop("token_type_ids", None)
    tensors = sketches(model, batch, "padded") | sketches(model, inputs([[101, 1045, 3866, 2009, 102]], 0), "plain")
    with torch.no_grad():
        output = model(**batch)
        mask = batch["attention_mask"].double()[..., None]
        mean = (output.last_hidden_state * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        tensors |= {"mean": mean, "unit": torch.nn.functional.normalize(mean), "pooled": output.pooler_output}
        tensors["first"] = output.last_hidden_state[:, 0]
    save("bert-minilm", tensors, {"texts": TEXTS})


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(0)
    roberta_small()
    bert_small()
    roberta_sharded()
    roberta_wide()
    if len(sys.argv) > 1:
        minilm(Path(sys.argv[1]))
