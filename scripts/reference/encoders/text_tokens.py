"""Writes the token ids that the tests of the tokenizers compare with: 500 texts, cut by the fast tokenizers of transformers.

    python scripts/reference/encoders/text_tokens.py ROBERTA_FOLDER MINILM_FOLDER

ROBERTA_FOLDER holds the tokenizer of roberta-base, MINILM_FOLDER that of all-MiniLM-L6-v2 (as in packages/encoders/assets/minilm-96).
"""

import json
import random
import sys
from pathlib import Path

import torch

torch.version.cuda = None  # let torchaudio load beside a torch of another CUDA release

import transformers  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402

FIXTURE = Path(__file__).resolve().parents[3] / "packages/encoders/src/__fixtures__/tokenizer-ids.json"

BY_HAND = [
    "", " ", "  ", "\n", "a", " a", "a ", "A", "I loved it.", "It wasn't bad, but I'd say they'll've left: she's 'm 're 't",
    "HELLO WORLD", "Hello, world!", "don't DON'T dON'T", "café naïve coöperate Ångström Ærø ŒUVRE ß ẞ ﬁ ﬂ",
    "cafe\u0301 nai\u0308ve e\u0301\u0323 \u0301alone", "3.5 1,000,000 ½ ² ³ Ⅷ ① ٣ ३ 〇 １２３ 𝟘𝟙", "50% off!!! $20 €30 £40 ¥50 ₿1",
    "http://example.org/a?b=c&d=%20#e me@example.org @user #tag", "a_b-c/d\\e|f~g^h`i", "(a) [b] {c} <d> \"e\" 'f' “g” ‘h’ «i» …",
    "<s>", "</s>", "<pad>", "<unk>", "<mask>", " <mask>", "a <mask> b", "a<mask>b", "a  <mask>  b", "\u00a0<mask>", "\u0085<mask>", "a\ufeff<mask>", "<mask><mask>",
    "<s>hello</s>", "<s> hello </s>", "hello</s></s>world", "< s >", "<S>", "<s", "<<s>>", "&lt;s&gt;", "a<pad>b <pad> c", "<unk><unk>",
    "[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "[cls]", "[CLS] hello [SEP]", "a [MASK] b", "a[MASK]b", "[[CLS]]", "[ CLS ]",
    "😀", "a😀b", "😀😀 😀", "👩‍👩‍👧‍👦", "👍🏽 👩🏿‍🚀", "🇩🇪🇫🇷", "❤️ ❤ ☺️", "1️⃣ #️⃣", "🫠🫡🥹 🪩", "🙂‍↕️ 🫨", "(╯°□°)╯︵ ┻━┻ ¯\\_(ツ)_/¯", "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "你好，世界！", "我爱这部电影", "日本語のテキスト。カタカナ ﾊﾝｶｸ", "한국어 텍스트", "한국어", "漢字かな交じり文ABC", "𠀀𠮷𡈽 a𠀀b", "㐀㒨 豈 﨑 丽", "ㄅㄆㄇ", "Ｆｕｌｌ　ｗｉｄｔｈ",
    "Привет, МИР! Ёлка й", "ΟΔΟΣ ΣΑΣ Σ σς ΑΣ.", "İstanbul ISPARTA ı i̇", "שלום עולם", "مرحبا بالعالم ١٢٣", "नमस्ते दुनिया", "สวัสดีชาวโลก", "Việt Nam Tiếng Việt",
    "ǅ ǈ Ǆ Ⴀ ა Ა Ꭰ ꭰ", "Ω Ω K K Å Å", "\u1e9e \u0130 \u0149 \u01f0", "ﷺ ﬀ ﬃ", "e\u200d\u0301 x\u20e3",
    "a\tb\nc\rd\x0be\x0cf", "a\u00a0b\u1680c\u2003d\u2028e\u2029f\u202fg\u205fh\u3000i", "a\u200bb\u200cc\u200dd\u200ee\u2060f\ufeffg", "\ufeffstart", "end\ufeff", "a\u0085b", "\u0085",
    "a\x00b", "\x00", "a\x01\x02\x7fb\x80\x9fc", "soft\u00adhyphen", "\u202eright to left\u202c", "\ufffd a\ufffdb", "\ue000 private \uf8ff", "\U000e0001tag", "\uffff \ufdd0 \U0001fffe",
    "a" * 100, "a" * 101, "b" * 150 + " c", "ab" * 130, "!" * 40, ". . . . .", "-----", "\n\n\n  \n", " \t \n x", "x   y    z", "trailing   ", "   leading",
    "The quick brown fox jumps over the lazy dog", "unaffable antidisestablishmentarianism supercalifragilistic", "iPhone4S v2.0.1-beta3 C++ C# .NET F1/x",
    "`` ''", "--", "—–‒―", "′ ″ ‵", "x² + y² = z²; √2 ≈ 1.41 ∀∃ ∞ ≠ ≤", "♪ ♫ ★ ☆ ☃ ✓ ✗ → ⇒ ↔", "™ ® © § ¶ † ‡ • ‰", "\u0300\u0301", "a\u0300\u0301\u0302\u0303b", "Z͑ͫ̓ͪ̂ͫ̽a̴̵̞l̵̝̐g̷o",
]
WORDS = (
    "i loved this movie the actors were not that bad but ending why would anyone watch it again never honestly best worst film "
    "ever made Scene Story Director's isn't it's they're MUSIC A+ 10/10 ... -- wow!!! umm uh, (stutter) so-so"
).split()
SPICE = [
    "😀", "🤷🏾‍♂️", "<s>", "</s>", "<mask>", "<pad>", "[CLS]", "[MASK]", "\t", "\n", "\x00", "\x07", "\u200b", "\u00a0", "\u3000", "中文", "映画", "영화", "𠮷", "é", "e\u0301", "Ñ", "ß", "İ", "Σ",
    "½", "٣", "’s", "…", "\ufeff", "\u0085", "\u00ad", "\u202e", "\ufffd", "🫠", "ﬁ", "Ⅷ", "ก็", "नि",
]
RANGES = [
    (0x00, 0x7F), (0x80, 0xFF), (0x100, 0x24F), (0x250, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0x10FF), (0x1E00, 0x1FFF),
    (0x2000, 0x20FF), (0x2100, 0x27BF), (0x3000, 0x30FF), (0x3100, 0x4DFF), (0x4E00, 0x9FFF), (0xA000, 0xABFF), (0xAC00, 0xD7FF), (0xE000, 0xFAFF), (0xFB00, 0xFFFF),
    (0x10000, 0x1FFFF), (0x1D400, 0x1D7FF), (0x1F300, 0x1FAFF), (0x20000, 0x2FFFF), (0xE0000, 0xE01FF),
]


def texts() -> list[str]:
    draw = random.Random(11)
    made = [text for text in BY_HAND]
    while len(made) < 300:
        words = draw.choices(WORDS, k=draw.randint(2, 9))
        for _ in range(draw.randint(0, 3)):
            words.insert(draw.randrange(len(words) + 1), draw.choice(SPICE))
        made.append(draw.choice([" ", " ", "  ", ""]).join(words))
    while len(made) < 500:
        low, high = draw.choice(RANGES)
        letters = [chr(draw.randint(low, high)) for _ in range(draw.randint(1, 6))]
        for _ in range(draw.randint(0, 3)):
            letters.insert(draw.randrange(len(letters) + 1), draw.choice([" ", "a", "Z", "9", "."]))
        made.append("".join(letter for letter in letters if not 0xD800 <= ord(letter) <= 0xDFFF))
    return made


def ids_of(folder: Path, given: list[str]) -> list[list[int]]:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = [tokenizer(text)["input_ids"] for text in given]
    bare = Tokenizer.from_file(str(folder / "tokenizer.json"))
    bare.no_truncation()
    bare.no_padding()
    differing = [text for text, row in zip(given, ids) if bare.encode(text).ids != row]
    print(f"{folder.name}: {type(tokenizer).__name__}, {len(differing)} texts differ from tokenizer.json alone", differing[:9])
    return ids


if __name__ == "__main__":
    given = texts()
    content = {
        "made_by": "scripts/reference/encoders/text_tokens.py",
        "transformers": transformers.__version__,
        "texts": given,
        "roberta": ids_of(Path(sys.argv[1]), given),
        "minilm": ids_of(Path(sys.argv[2]), given),
    }
    FIXTURE.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
    print(f"{FIXTURE.name}: {len(given)} texts, {FIXTURE.stat().st_size:,} bytes")
