"""Writes the numbers that the tests of nn's batch norm compare with. Run by maintainers only.

    python scripts/reference/nn/make_batch_norm_fixtures.py packages/nn/src/__fixtures__/batch-norm.json

Used: Python 3.11, numpy 2.4.6, torch 2.15.0. The real positions of all samples are put into one row, which `torch.nn.BatchNorm1d` reads in
double precision: it knows nothing of masks. Inputs are 64ths, which single precision holds exactly.
"""

import json
import platform
import sys

import numpy as np
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def exact(values):
    return np.round(np.asarray(values) * 64) / 64


def main():
    rng = np.random.default_rng(5)
    lengths, channels = [5, 2, 4], 3
    x = torch.tensor(exact(rng.normal(0.5, 2, (len(lengths), max(lengths), channels))), requires_grad=True)
    mask = torch.tensor([[1.0] * n + [0.0] * (max(lengths) - n) for n in lengths])
    weight_of_output = torch.tensor(exact(rng.normal(0, 1, x.shape))) * mask[..., None]
    norm = torch.nn.BatchNorm1d(channels)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor(exact(rng.normal(1, 0.3, channels))))
        norm.bias.copy_(torch.tensor(exact(rng.normal(0, 0.3, channels))))

    def output_of(module):
        y = torch.zeros_like(x)
        y[mask > 0] = module(x[mask > 0])
        return y

    y = output_of(norm)
    (y * weight_of_output).sum().backward()
    moments = {"mean": exact(rng.normal(0, 1, channels)).tolist(), "variance": exact(rng.uniform(0.5, 2, channels)).tolist()}
    norm.eval()
    norm.running_mean.copy_(torch.tensor(moments["mean"]))
    norm.running_var.copy_(torch.tensor(moments["variance"]))
    fixture = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__},
        "x": x.tolist(),
        "mask": mask.tolist(),
        "weight": norm.weight.tolist(),
        "bias": norm.bias.tolist(),
        "moments": moments,
        "training": y.tolist(),
        "evaluation": output_of(norm).tolist(),
        "weightOfOutput": weight_of_output.tolist(),
        "gradients": {"x": x.grad.tolist(), "weight": norm.weight.grad.tolist(), "bias": norm.bias.grad.tolist()},
    }
    with open(sys.argv[1], "w") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in fixture.items()) + "\n}\n")


if __name__ == "__main__":
    main()
