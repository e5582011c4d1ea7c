"""Label unification written again, in Python: what the TypeScript is compared with.

    python scripts/reference/label_unification/unify.py MODEL FOLDER OUT.json

MODEL is an unpacked all-MiniLM-L6-v2 (see packages/encoders), FOLDER holds GoEmotions' train.tsv and dev.tsv or MELD's
train_sent_emo.csv and dev_sent_emo.csv. Each dev sample gets the emotions of the train sample of the same polarity whose text's vector
has the largest cosine to its own; of equal ones the smallest id. OUT.json: {target id: [emotions, source id, similarity, second similarity]}.

Texts are stripped and lower-cased; a vector is the mean of the tokens' last hidden states. Texts of equal tokens are embedded once, so that
they tie exactly. Written from the paper and the authors' groups, not from the TypeScript.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import torch

torch.version.cuda = None  # all of this runs on the CPU

from transformers import AutoModel, AutoTokenizer  # noqa: E402

Sample = tuple[str, str, str, list[str]]  # id, text, polarity, emotions

ORDER = ["happiness", "sadness", "anger", "surprise", "disgust", "fear"]
MELD = {"joy": "happiness", "neutral": None} | {name: name for name in ORDER[1:]}
NAMES = (
    "admiration amusement anger annoyance approval caring confusion curiosity desire disappointment disapproval disgust embarrassment "
    "excitement fear gratitude grief joy love nervousness optimism pride realization relief remorse sadness surprise neutral"
).split()
GROUPS = {
    "anger": ["anger", "annoyance", "disapproval"],
    "disgust": ["disgust"],
    "fear": ["fear", "nervousness"],
    "sadness": ["sadness", "disappointment", "embarrassment", "grief", "remorse"],
    "surprise": ["surprise", "realization", "confusion", "curiosity"],
}


def meld(folder: Path, split: str) -> list[Sample]:
    with open(folder / f"{split}_sent_emo.csv", encoding="utf-8", newline="") as file:
        return [
            (
                f"{split}_dia{row['Dialogue_ID']}/utt{row['Utterance_ID']}",
                row["Utterance"],
                row["Sentiment"],
                [MELD[row["Emotion"]]] if MELD[row["Emotion"]] else [],
            )
            for row in csv.DictReader(file)
        ]


def goemotions(folder: Path, split: str) -> list[Sample]:
    samples = []
    with open(folder / f"{split}.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))
    for text, numbers, name in rows:
        words = [NAMES[int(number)] for number in numbers.split(",")]
        emotions, polarities = set(), set()
        for word in words:
            emotion = next((group for group, members in GROUPS.items() if word in members), "happiness")
            if word != "neutral":
                emotions.add(emotion)
            polarities.add(
                "neutral" if word == "neutral" else {"surprise": None, "happiness": "positive"}.get(emotion, "negative")
            )
        if len(polarities) == 1 and None not in polarities:
            samples.append((f"{name}/1", text, polarities.pop(), [one for one in ORDER if one in emotions]))
    return samples


@torch.no_grad()
def embed(texts: list[str], folder: str) -> np.ndarray:
    """[N, D], of length 1."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    keys = [tuple(tokenizer(text.strip().lower(), truncation=True, max_length=512)["input_ids"]) for text in texts]
    vectors = {}
    unique = sorted(set(keys), key=lambda key: (len(key), key))
    for length in sorted({len(key) for key in unique}):
        same = [key for key in unique if len(key) == length]
        for start in range(0, len(same), 64):
            batch = same[start : start + 64]
            hidden = model(input_ids=torch.tensor(batch)).last_hidden_state
            vectors.update(zip(batch, hidden.mean(1).double().numpy()))
    rows = np.stack([vectors[key] for key in keys])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def unify(targets: list[Sample], sources: list[Sample], name: str, folder: str) -> dict[str, list]:
    vectors = embed([text for _, text, _, _ in targets + sources], folder)
    ours, theirs = vectors[: len(targets)], vectors[len(targets) :]
    result = {}
    for polarity in ["negative", "neutral", "positive"]:
        pool = sorted((i for i, sample in enumerate(sources) if sample[2] == polarity), key=lambda i: sources[i][0])
        for t, target in enumerate(targets):
            if target[2] != polarity:
                continue
            # Row by row, so that equal vectors give equal sums whatever their place.
            cosines = np.einsum("nd,d->n", theirs[pool], ours[t])
            first, second = np.argsort(-cosines, kind="stable")[:2]
            source = sources[pool[first]]
            result[target[0]] = [source[3], f"{name}:{source[0]}", float(cosines[first]), float(cosines[second])]
    return result


def main(model: str, folder: str, out: str) -> None:
    torch.set_num_threads(1)
    name, read = ("meld", meld) if (Path(folder) / "train_sent_emo.csv").exists() else ("goemotions", goemotions)
    labels = unify(read(Path(folder), "dev"), read(Path(folder), "train"), name, model)
    Path(out).write_text("{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in labels.items()) + "\n}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
