"""An encoder of the paper's model as an ONNX file, without a mask: for batches of equal lengths."""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import Data2VecAudioConfig, Data2VecAudioModel, RobertaConfig, RobertaModel

from model import seed_part


class States(nn.Module):
    """The hidden states alone."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x).last_hidden_state


def make(folder: Path, part: str, config: dict) -> None:
    """part: text or audio. Writes encoder.onnx, with the input x and the output hidden."""
    if part == "text":
        model = RobertaModel(RobertaConfig(**config), add_pooling_layer=False)
        example = torch.full((2, 9), 10)
    else:
        model = Data2VecAudioModel(Data2VecAudioConfig(**config))
        example = torch.zeros(2, 4000)
    seed_part(part, model)
    axes = {name: {0: "batch", 1: "length"} for name in ("x", "hidden")}
    names = dict(input_names=["x"], output_names=["hidden"], dynamic_axes=axes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = str(folder / "encoder.onnx")
        torch.onnx.export(States(model.eval()), (example,), path, opset_version=17, dynamo=False, **names)
