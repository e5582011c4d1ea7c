"""Picks the few comments of GoEmotions that the tests ship, and writes what the TypeScript must find among them.

    python scripts/reference/label_unification/goemotions_sample.py MODEL GOEMOTIONS_FOLDER

Of train 900 and of dev 120 comments, drawn with a seed, of those that are short and without swear words. A line is as the authors wrote it.
"""

import random
import re
import sys
from pathlib import Path

from unify import main as unify

FIXTURES = Path(__file__).resolve().parents[3] / "packages/label-unification/src/__fixtures__/goemotions"
RUDE = re.compile(
    r"fuck|shit|\bass|bitch|damn|hell\b|crap|cunt|dick|cock|sex|rape|retard|fag|whore|slut|nazi|kill|suicid|porn|piss|stupid|idiot|dumb|moron",
    re.I,
)


def pick(source: Path, split: str, count: int) -> None:
    lines = (source / f"{split}.tsv").read_text(encoding="utf-8").splitlines()
    mild = [line for line in lines if len(line) < 120 and not RUDE.search(line)]
    chosen = set(random.Random(13).sample(range(len(mild)), count))
    (FIXTURES / f"{split}.tsv").write_text("".join(f"{line}\n" for i, line in enumerate(mild) if i in chosen), encoding="utf-8")


if __name__ == "__main__":
    model, folder = sys.argv[1:]
    FIXTURES.mkdir(parents=True, exist_ok=True)
    pick(Path(folder), "train", 900)
    pick(Path(folder), "dev", 120)
    unify(model, str(FIXTURES), str(FIXTURES / "expected.json"))
