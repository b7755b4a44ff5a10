"""Makes the goldens that the built-in model is checked against: token ids of the reference tokenizer, and embeddings computed
by ONNX Runtime in Python of pictures that open_clip's transform made square; and a tiny model with the habits of published CLIP graphs: one picture at a
time, texts as 32-bit integers filled up to a fixed length.

Run in this folder, in an environment with the packages of requirements.txt: python make_goldens.py
"""

import json
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from open_clip.tokenizer import get_clean_fn
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from family_pictures import picture

HERE = Path(__file__).parent
MODEL = HERE.parents[3] / "models" / "builtin"

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
    clean = get_clean_fn("lower")
    rows = [{"text": text, "ids": tokenizer.encode(clean(text)).ids} for text in TEXTS]
    (HERE / "tokens.json").write_text(json.dumps(rows, ensure_ascii=True, indent=0) + "\n")
    return tokenizer


def pictures():
    for seed, (name, size) in enumerate({"wide": (272, 141), "tall": (107, 240)}.items()):
        picture(*size, seed).save(HERE / f"{name}.png", optimize=True)


def embeddings(tokenizer):
    visual = onnxruntime.InferenceSession(str(MODEL / "visual" / "model.onnx"))
    textual = onnxruntime.InferenceSession(str(MODEL / "textual" / "model.onnx"))
    transform = image_transform_v2(PreprocessCfg(**json.loads((MODEL / "visual" / "preprocess_cfg.json").read_text())), is_train=False)
    rows = []
    for name in ["cat.jpg", "photographer.jpg", "rocket-launch.jpg", "wide.png", "tall.png"]:
        tensor = transform(Image.open(HERE / name))[None].numpy()
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
pictures()
embeddings(tokens())
tiny_model()
