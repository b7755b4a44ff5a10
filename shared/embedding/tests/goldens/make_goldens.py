"""Makes the goldens that the crate is checked against: token ids of the reference tokenizer, squares resized by Pillow,
embeddings computed by ONNX Runtime in Python.

Run in this folder, in an environment with the packages of requirements.txt: python make_goldens.py
"""

import json
from pathlib import Path

import numpy
import onnxruntime
from PIL import Image
from tokenizers import Tokenizer

HERE = Path(__file__).parent
MODEL = HERE.parents[3] / "models" / "builtin"
SIZE = 260

TEXTS = [
    "", " ", "a cat", "A CAT", "mushroom on tree bark", "  two   blanks  ", "tab\tand\nnewline", "naïve café", "Ünïcödé",
    "e\u0301 composed", "don't stop", "“curly quotes”", "it’s", "a-b-c", "3.14159", "1,000,000", "$5 & €10", "100%",
    "e-mail: a@b.com", "https://example.com/x?y=z#w", "&amp; &lt;b&gt;", "<b>bold</b>", "[CLS] [SEP] [PAD] [MASK]",
    "日本語の写真", "中文照片", "사진", "фотография", "صورة", "תמונה", "ภาพถ่าย", "emoji 🍄🌲", "👩‍👩‍👧‍👦 family", "flag 🇩🇪",
    "zero\u200bwidth", "nul\u0000byte", "control\u0007bell", "\ufeffbom", "private \ue000 use", "supercalifragilisticexpialidocious",
    "x" * 150, "mushroom " * 200, "word " * 61 + "the end", "under_score", "C++ and C#", "\\ backslash /", "½ ² ³ ℃ №", "ﬁ ligature",
    "ＦＵＬＬ width", "İstanbul ı", "ß straße", "...!!!???",
]


def tokens():
    tokenizer = Tokenizer.from_file(str(MODEL / "textual" / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(64)
    rows = [{"text": text, "ids": tokenizer.encode(text).ids} for text in TEXTS]
    (HERE / "tokens.json").write_text(json.dumps(rows, ensure_ascii=True, indent=0) + "\n")
    return tokenizer


def square(image):
    width, height = image.size
    if abs(width / height - 1) < 0.02:
        return image.resize((SIZE, SIZE), Image.BICUBIC)
    scale = SIZE / min(width, height)
    image = image.resize((max(SIZE, round(width * scale)), max(SIZE, round(height * scale))), Image.BICUBIC)
    left, top = (image.size[0] - SIZE) // 2, (image.size[1] - SIZE) // 2
    return image.crop((left, top, left + SIZE, top + SIZE))


def picture(width, height, seed):
    """Waves of several lengths with noise: detail at every scale, and small as a file."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [127 + 100 * numpy.sin(x / (3 + 9 * c) + seed) * numpy.cos(y / (5 + 7 * c)) for c in range(3)]
    noise = random.integers(-16, 17, (height // 8 + 1, width // 8 + 1, 3)).repeat(8, 0).repeat(8, 1)[:height, :width]
    return Image.fromarray(numpy.clip(numpy.stack(planes, -1) + noise, 0, 255).astype("uint8") & 0xF8)


def squares():
    sizes = {"wide": (640, 300), "tall": (290, 480), "nearly_square": (404, 400), "small": (90, 60)}
    for seed, (name, (width, height)) in enumerate(sizes.items()):
        image = picture(width, height, seed)
        image.save(HERE / f"{name}.png", optimize=True)
        square(image).save(HERE / f"{name}.square.png", optimize=True)


def embeddings(tokenizer):
    visual = onnxruntime.InferenceSession(str(MODEL / "visual" / "model.onnx"))
    textual = onnxruntime.InferenceSession(str(MODEL / "textual" / "model.onnx"))
    rows = []
    for name in ["wide", "tall", "nearly_square", "small"]:
        pixels = numpy.asarray(square(Image.open(HERE / f"{name}.png").convert("RGB"))).astype("float32")
        tensor = ((pixels - 127) / 128).transpose(2, 0, 1)[None]
        rows.append({"image": name, "embedding": visual.run(None, {"image": tensor})[0][0].tolist()})
    for text in ["a cat", "mushroom on tree bark", "two dogs playing in the snow"]:
        ids = numpy.array([tokenizer.encode(text).ids])
        inputs = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
        rows.append({"text": text, "embedding": textual.run(None, inputs)[0][0].tolist()})
    rounded = [{**row, "embedding": [round(x, 5) for x in row["embedding"]]} for row in rows]
    (HERE / "embeddings.json").write_text("[\n" + ",\n".join(map(json.dumps, rounded)) + "\n]\n")


squares()
embeddings(tokens())
