"""Writes the ONNX files that the tests of @mmolre/encoders/onnx run, and the numbers that they must give.

    python scripts/reference/encoders/onnx_files.py     # 7 s, after text.py and audio.py

- onnx-roberta, onnx-bert, onnx-data2vec-audio: the models of roberta-small, bert-small and data2vec-audio-small, exported by torch at
  opset 17, with the folders' other files. onnx-bert has an input for token types too, and its file where `optimum` puts it: beside
  config.json.
- onnx-unmasked-audio: one convolution, without an input for a mask.
- onnx-strange: an identity whose input and output no encoder has.
- onnx.safetensors: outputs in double precision, stored in single, of a padded batch (`<model>.together`, padding at 0, with its `mask`)
  and of each item by itself (`<model>.alone.N`); the clips are `clips.N`.
"""

import json
import platform
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

torch.version.cuda = None  # all of this runs on the CPU: let torchaudio load beside a torch of another CUDA release

import transformers  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from seeded_weights import seeded_values  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from transformers import AutoTokenizer, BertModel, Data2VecAudioModel, RobertaModel, Wav2Vec2FeatureExtractor  # noqa: E402

FIXTURES = Path(__file__).resolve().parents[3] / "packages/encoders/src/__fixtures__"
VERSIONS = {
    "python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__, "onnx": onnx.__version__,
}
TEXTS = ["I loved it!", "The ending of this movie was not that bad, was it?", "Nothing."]
SAMPLES = [505, 900, 640]
IR_VERSION = 8  # what the ONNX Runtime of @xenova/transformers reads
extractor = Wav2Vec2FeatureExtractor(sampling_rate=16_000, do_normalize=True, return_attention_mask=True)


class States(nn.Module):
    """A model that takes its inputs by position and gives its hidden states alone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, first: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None) -> Tensor:
        types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        return self.model(first, attention_mask=attention_mask, **types).last_hidden_state


def export(model: nn.Module, batch: dict[str, Tensor], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(batch)
    axes = {name: {0: "batch", 1: "length"} for name in [*names, "last_hidden_state"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            States(model.float().eval()), tuple(batch.values()), path, input_names=names, output_names=["last_hidden_state"],
            dynamic_axes=axes, opset_version=17, dynamo=False,
        )
    made = onnx.load(path)
    for node in made.graph.node:
        node.name = ""
    write(made, path)


def write(model: onnx.ModelProto, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    onnx.save(model, path)
    path.chmod(0o644)
    print(f"{path.relative_to(FIXTURES)}: {path.stat().st_size:,} bytes")


def new_folder(name: str, source: str) -> Path:
    """A folder with the files of another, but for the weights."""
    folder = FIXTURES / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in (FIXTURES / source).iterdir():
        if file.suffix != ".safetensors" and file.name not in ("vocab.json", "merges.txt", "vocab.txt"):
            shutil.copyfile(file, folder / file.name)
    return folder


@torch.no_grad()
def outputs(model: nn.Module, batches: dict[str, dict[str, Tensor]], name: str, frames: Any) -> dict[str, Tensor]:
    """Of each batch, with padding at 0; `frames` gives a batch's mask of positions."""
    model = model.double().eval()
    tensors = {}
    for case, batch in batches.items():
        first, mask = list(batch.values())[:2]
        hidden = model(first.double() if first.is_floating_point() else first, attention_mask=mask).last_hidden_state
        real = frames(mask, hidden.shape[1])
        tensors[f"{name}.{case}"] = hidden * real[..., None]
        if case == "together":
            tensors[f"{name}.mask"] = real
    return tensors


def text(name: str, source: str, model_class: Any, place: str) -> dict[str, Tensor]:
    folder = new_folder(name, source)
    tokenizer = AutoTokenizer.from_pretrained(FIXTURES / source)
    model = model_class.from_pretrained(FIXTURES / source, add_pooling_layer=False, attn_implementation="eager")

    def batch(texts: list[str]) -> dict[str, Tensor]:
        made = tokenizer(texts, padding=True, return_tensors="pt")
        types = {"token_type_ids": torch.zeros_like(made["input_ids"])} if model_class is BertModel else {}
        return {"input_ids": made["input_ids"], "attention_mask": made["attention_mask"], **types}

    batches = {"together": batch(TEXTS), **{f"alone.{i}": batch([one]) for i, one in enumerate(TEXTS)}}
    export(model, batches["together"], folder / place)
    return outputs(model, batches, name.removeprefix("onnx-"), lambda mask, _: mask.double())


def audio(clips: list[np.ndarray]) -> dict[str, Tensor]:
    folder = new_folder("onnx-data2vec-audio", "data2vec-audio-small")
    model = Data2VecAudioModel.from_pretrained(FIXTURES / "data2vec-audio-small", attn_implementation="eager")

    def batch(given: list[np.ndarray]) -> dict[str, Tensor]:
        made = extractor(given, sampling_rate=16_000, padding="longest", return_tensors="pt")
        return {"input_values": made["input_values"], "attention_mask": made["attention_mask"].long()}

    def frames(mask: Tensor, longest: int) -> Tensor:
        return (torch.arange(longest)[None] < model._get_feat_extract_output_lengths(mask.sum(1))[:, None]).double()

    batches = {"together": batch(clips), **{f"alone.{i}": batch([clip]) for i, clip in enumerate(clips)}}
    export(model, batches["together"], folder / "onnx/model.onnx")
    return outputs(model, batches, "data2vec-audio", frames)


def clip(name: str, samples: int) -> np.ndarray:
    """Noise with an offset."""
    return (0.05 + 0.1 * seeded_values(f"clip.{name}", samples).astype(np.float64)).astype(np.float32)


def unmasked_audio(clips: list[np.ndarray]) -> dict[str, Tensor]:
    """wav2vec 2.0 in small: one convolution of kernel 8 and stride 4 to width 3."""
    folder = FIXTURES / "onnx-unmasked-audio"
    shutil.rmtree(folder, ignore_errors=True)
    kernel = seeded_values("unmasked", 24).reshape(3, 1, 8).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Unsqueeze", ["input_values", "one"], ["channel"]),
            helper.make_node("Conv", ["channel", "kernel"], ["frames"], strides=[4]),
            helper.make_node("Transpose", ["frames"], ["last_hidden_state"], perm=[0, 2, 1]),
        ],
        "unmasked",
        [helper.make_tensor_value_info("input_values", TensorProto.FLOAT, ["batch", "length"])],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "frames", 3])],
        [numpy_helper.from_array(np.array([1]), "one"), numpy_helper.from_array(kernel, "kernel")],
    )
    write(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), folder / "onnx/model.onnx")
    config = {"model_type": "wav2vec2", "hidden_size": 3, "conv_kernel": [8], "conv_stride": [4], "feat_extract_norm": "group"}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    weight = torch.from_numpy(kernel).double()
    tensors = {}
    for i, one in enumerate(clips):
        values = extractor([one], sampling_rate=16_000, return_tensors="pt")["input_values"].double()
        tensors[f"unmasked-audio.alone.{i}"] = nn.functional.conv1d(values[:, None], weight, stride=4).transpose(1, 2)
    return tensors


def strange() -> None:
    """In the folder of a BERT, an identity with names of an image model's."""
    folder = new_folder("onnx-strange", "bert-small")
    shape = ["batch", "length"]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["pixel_values"], ["logits"])],
        "strange",
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)],
    )
    write(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), folder / "model.onnx")


def main() -> None:
    torch.set_num_threads(1)
    clips = [clip(str(i), samples) for i, samples in enumerate(SAMPLES)]
    tensors = {f"clips.{i}": torch.from_numpy(samples) for i, samples in enumerate(clips)}
    tensors |= text("onnx-roberta", "roberta-small", RobertaModel, "onnx/model.onnx")
    tensors |= text("onnx-bert", "bert-small", BertModel, "model.onnx")
    tensors |= audio(clips)
    tensors |= unmasked_audio(clips)
    strange()
    ready = {key: value.detach().to(torch.float32).contiguous() for key, value in tensors.items()}
    path = FIXTURES / "onnx.safetensors"
    save_file(ready, path, metadata={"fixture": json.dumps({**VERSIONS, "settings": {"texts": TEXTS}})})
    path.chmod(0o644)
    print(f"{path.name}: {len(ready)} tensors, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
