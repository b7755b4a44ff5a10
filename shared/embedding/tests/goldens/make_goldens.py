"""Makes the goldens that the crate is checked against: token ids of the reference tokenizer, squares resized by Pillow,
embeddings computed by ONNX Runtime in Python; and a tiny model with the habits of published CLIP graphs: one picture at a
time, texts as 32-bit integers filled up to a fixed length.

Run in this folder, in an environment with the packages of requirements.txt: python make_goldens.py
"""

import json
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

HERE = Path(__file__).parent
MODEL = HERE.parents[3] / "models" / "builtin"
SIZE = 260
# Of the resized squares: every rule shows as well as at the model's own size, in a seventh of the bytes.
SMALL = 96

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


def square(image, size):
    width, height = image.size
    if abs(width / height - 1) < 0.02:
        return image.resize((size, size), Image.BICUBIC)
    scale = size / min(width, height)
    image = image.resize((max(size, round(width * scale)), max(size, round(height * scale))), Image.BICUBIC)
    left, top = (image.size[0] - size) // 2, (image.size[1] - size) // 2
    return image.crop((left, top, left + size, top + size))


def picture(width, height, seed):
    """Waves of several lengths with noise: detail at every scale, and small as a file."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [127 + 100 * numpy.sin(x / (3 + 9 * c) + seed) * numpy.cos(y / (5 + 7 * c)) for c in range(3)]
    noise = random.integers(-16, 17, (height // 8 + 1, width // 8 + 1, 3)).repeat(8, 0).repeat(8, 1)[:height, :width]
    return Image.fromarray(numpy.clip(numpy.stack(planes, -1) + noise, 0, 255).astype("uint8") & 0xF8)


def squares():
    sizes = {"wide": (272, 141), "tall": (107, 240), "nearly_square": (101, 100), "small": (60, 40)}
    for seed, (name, (width, height)) in enumerate(sizes.items()):
        image = picture(width, height, seed)
        image.save(HERE / f"{name}.png", optimize=True)
        square(image, SMALL).save(HERE / f"{name}.square.png", optimize=True)


def embeddings(tokenizer):
    visual = onnxruntime.InferenceSession(str(MODEL / "visual" / "model.onnx"))
    textual = onnxruntime.InferenceSession(str(MODEL / "textual" / "model.onnx"))
    rows = []
    for name in ["cat.jpg", "photographer.jpg", "rocket-launch.jpg", "wide.png", "tall.png"]:
        pixels = numpy.asarray(square(Image.open(HERE / name).convert("RGB"), SIZE)).astype("float32")
        tensor = ((pixels - 127) / 128).transpose(2, 0, 1)[None]
        rows.append({"image": name, "embedding": visual.run(None, {"image": tensor})[0][0].tolist()})
    for text in ["a cat", "mushroom on tree bark", "two dogs playing in the snow"]:
        ids = numpy.array([tokenizer.encode(text).ids])
        inputs = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
        rows.append({"text": text, "embedding": textual.run(None, inputs)[0][0].tolist()})
    rounded = [{**row, "embedding": [round(x, 5) for x in row["embedding"]]} for row in rows]
    (HERE / "embeddings.json").write_text("[\n" + ",\n".join(map(json.dumps, rounded)) + "\n]\n")


def tiny_graph(name, node_input, nodes, weights):
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, 3])
    graph = helper.make_graph(nodes, "tiny", [node_input], [output], weights)
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model)
    onnx.save(model, HERE / "tiny" / name / "model.onnx")


def tiny_model():
    """A picture's embedding is its mean colour; a text's is what its token ids weigh, by place."""
    for name in ["visual", "textual"]:
        (HERE / "tiny" / name).mkdir(parents=True, exist_ok=True)
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 4, 4])
    pool = [helper.make_node("GlobalAveragePool", ["image"], ["pooled"]), helper.make_node("Flatten", ["pooled"], ["embedding"])]
    tiny_graph("visual", image, pool, [])
    text = helper.make_tensor_value_info("text", TensorProto.INT32, [1, 6])
    places = numpy_helper.from_array(numpy.eye(6, 3, dtype="float32") + numpy.eye(6, 3, -3, dtype="float32") * 10, "places")
    cast = helper.make_node("Cast", ["text"], ["floats"], to=TensorProto.FLOAT)
    tiny_graph("textual", text, [cast, helper.make_node("MatMul", ["floats", "places"], ["embedding"])], [places])

    words = ["<unk>", "<start>", "<end>", "<fill>", "a", "red", "green", "cat"]
    tokenizer = Tokenizer(models.WordLevel({word: id for id, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    ends = [("<start>", 1), ("<end>", 2)]
    tokenizer.post_processor = processors.TemplateProcessing(single="<start> $A <end>", special_tokens=ends)
    tokenizer.save(str(HERE / "tiny" / "textual" / "tokenizer.json"), pretty=False)
    descriptions = {
        "config.json": {"embed_dim": 3, "text_cfg": {"context_length": 6, "tokenizer_kwargs": {"clean": "canonicalize"}}},
        "visual/preprocess_cfg.json": {"size": 4, "mean": [0, 0, 0], "std": [1, 1, 1], "resize_mode": "squash"},
        "textual/tokenizer_config.json": {"pad_token": {"content": "<fill>"}},
    }
    for name, description in descriptions.items():
        (HERE / "tiny" / name).write_text(json.dumps(description) + "\n")


def probe():
    """The graph that a device must run before it is trusted with a model: y = x + x."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "probe", [x], [y])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, HERE.parents[1] / "src" / "backend" / "probe.onnx")


probe()
squares()
embeddings(tokens())
tiny_model()
