"""A process that does PyTorch's side of one case: side.py <module> <data file> <settings as JSON> <threads>.

It waits for a word on standard input and answers with a line of JSON; between words it sleeps. The module has
prepare(data, **settings), which returns two functions: run() does the work once and returns a number of the result,
results() returns what both sides must agree on. benchmarks/src/side-worker.ts speaks the same.
"""

import importlib
import json
import sys
import time

import torch

from tensor_file import TensorFile, write_tensors


def peak_memory() -> float | None:
    """VmHWM, the most resident memory this process ever had, in MiB; None where there is no /proc."""
    if sys.platform != "linux":
        return None
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def answer(**message) -> None:
    print(json.dumps(message), flush=True)


def main(module: str, data_file: str, settings: str, threads: str) -> None:
    torch.set_num_threads(int(threads))
    run, results = importlib.import_module(module).prepare(TensorFile(data_file), **json.loads(settings))
    answer(ready=f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
    for line in sys.stdin:
        word, _, path = line.rstrip("\n").partition("\t")
        if word == "run":
            start = time.perf_counter()
            run()
            answer(ms=1000 * (time.perf_counter() - start))
        elif word == "results":
            write_tensors(path, results())
            answer(written=path)
        else:
            answer(mib=peak_memory())


if __name__ == "__main__":
    main(*sys.argv[1:])
