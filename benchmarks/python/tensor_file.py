"""Float32 tensors in a safetensors file, each read when asked for."""

import json
import struct

import numpy as np
import torch
from torch import Tensor


class TensorFile:
    def __init__(self, path: str):
        self.path = path
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            self.header = json.loads(file.read(length))
        self.start = 8 + length

    def keys(self, prefix: str = "") -> list[str]:
        return [key for key in self.header if key.startswith(prefix)]

    def __getitem__(self, key: str) -> Tensor:
        entry = self.header[key]
        first, end = entry["data_offsets"]
        values = np.fromfile(self.path, np.float32, (end - first) // 4, offset=self.start + first)
        return torch.from_numpy(values).reshape(entry["shape"])


def write_tensors(path: str, tensors: dict[str, Tensor]) -> None:
    arrays = {key: np.ascontiguousarray(tensor.detach().numpy(), np.float32) for key, tensor in tensors.items()}
    header, end = {}, 0
    for key, array in arrays.items():
        header[key] = {"dtype": "F32", "shape": array.shape, "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            array.tofile(file)
