"""Makes families/: what open_clip's own tokenizers, transforms and models give, for the families of published models.

The models are true ones made small (few layers, narrow, short vocabularies) with seeded random weights, exported in the layout
of the hub. Run in this folder, in an environment with the packages of requirements.txt: python make_families.py
"""

import gzip
import json
import shutil
import tempfile
from pathlib import Path

import onnx
import open_clip
import timm
import torch
from open_clip.model import CLIP, CustomTextCLIP
from open_clip.transform import PreprocessCfg, image_transform_v2
from timm.models.vision_transformer import VisionTransformer
from transformers import M2M100Config, XLMRobertaConfig

import family_tokenizers
import nasty_texts
from family_pictures import EMBEDDED, opened, pictures, transformed
from family_tokenizers import write_json

HERE = Path(__file__).parent / "families"
WIDTH, SIZE, MERGES = 32, 64, 300
CLIP_NORMS = {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]}
SIGLIP_NORMS = {"mean": [0.5] * 3, "std": [0.5] * 3, "resize_mode": "squash"}
EMBEDDED_TEXTS = 20

VIT = {"image_size": SIZE, "layers": 1, "width": 16, "head_width": 8}
TEXT = {"context_length": 77, "vocab_size": 512 + MERGES + 2, "width": WIDTH, "heads": 2, "layers": 1}
SIGLIP_VIT = {"image_size": SIZE, "timm_model_name": "small_siglip", "timm_model_pretrained": False, "timm_pool": "map", "timm_proj": "none"}
SIGLIP_TEXT = {"context_length": 64, "hf_tokenizer_name": "timm/ViT-B-16-SigLIP2", "tokenizer_kwargs": {"clean": "canonicalize"}, "width": WIDTH,
               "heads": 2, "layers": 1, "no_causal_mask": True, "proj_bias": True, "pool_type": "last", "norm_kwargs": {"eps": 1e-6},
               "act_kwargs": {"approximate": "tanh"}}


def hf_text(name, **options):
    return {"hf_model_name": name, "hf_tokenizer_name": name, "hf_model_pretrained": False, **options}


# Each keeps the options of the published model that it stands for.
FAMILIES = {
    "ViT-B-32": {"vision_cfg": {**VIT, "patch_size": 32, "layers": 2}, "text_cfg": {**TEXT, "layers": 2}},
    "ViT-B-32-quickgelu": {"quick_gelu": True, "vision_cfg": {**VIT, "patch_size": 16}, "text_cfg": TEXT},
    "MobileCLIP-text": {"custom_text": True, "vision_cfg": {**VIT, "patch_size": 16}, "text_cfg": {**TEXT, "no_causal_mask": True}},
    "first-pooling": {"custom_text": True, "vision_cfg": {**VIT, "patch_size": 16}, "text_cfg": {**TEXT, "no_causal_mask": True, "pool_type": "first"}},
    "eos-pooling": {"custom_text": True, "vision_cfg": {**VIT, "patch_size": 16}, "text_cfg": {**TEXT, "pool_type": "eos", "eos_id": 512 + MERGES + 1}},
    "ViT-B-16-SigLIP2": {"custom_text": True, "init_logit_bias": -10, "vision_cfg": SIGLIP_VIT, "text_cfg": SIGLIP_TEXT},
    "xlm-roberta-base-ViT-B-32": {"vision_cfg": {**VIT, "patch_size": 16}, "text_cfg": hf_text("xlm-roberta-base", hf_pooler_type="mean_pooler")},
    "nllb-clip-base-siglip": {"custom_text": True, "init_logit_bias": -10, "vision_cfg": SIGLIP_VIT,
                              "text_cfg": hf_text("facebook/nllb-200-distilled-600M", hf_proj_type="linear", hf_pooler_type="cls_pooler")},
}
FIXED_BATCH = {"ViT-B-32-quickgelu", "ViT-B-16-SigLIP2", "eos-pooling"}
HALF = {"first-pooling"}
EXTERNAL_DATA = {"nllb-clip-base-siglip"}


@timm.models.register_model
def small_siglip(num_classes, global_pool, **_):
    """`vit_base_patch16_siglip_224`, narrow and short."""
    return VisionTransformer(img_size=SIZE, patch_size=16, embed_dim=WIDTH, depth=1, num_heads=2, class_token=False,
                             num_classes=num_classes, global_pool=global_pool)


def save_hf_config(name, vocabulary, folder):
    """The text tower's configuration, where open_clip looks for it."""
    small = {"vocab_size": vocabulary, "pad_token_id": 1}
    if "nllb" in name:
        config = M2M100Config(d_model=WIDTH, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2,
                              encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=128, scale_embedding=True, **small)
    else:
        config = XLMRobertaConfig(hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
                                  max_position_embeddings=130, type_vocab_size=1, layer_norm_eps=1e-5, **small)
    config.save_pretrained(folder)
    return str(folder)


def tokenizer_of(name, config, corpus, work):
    folder = HERE / name / "textual"
    folder.mkdir(parents=True, exist_ok=True)
    if "SigLIP2" in name:
        return family_tokenizers.siglip2(folder, corpus)
    if "xlm" in name:
        return family_tokenizers.xlm_roberta(folder, corpus)
    if "nllb" in name:
        return family_tokenizers.nllb(folder, corpus)
    return family_tokenizers.clip_small(folder, MERGES, work)


def build(name, config, tokenizer, work):
    torch.manual_seed(sum(map(ord, name)))
    text = dict(config["text_cfg"])
    if "hf_tokenizer_name" in text:
        vocabulary = len(tokenizer.tokenizer)
        if "hf_model_name" in text:
            text["hf_model_name"] = save_hf_config(name, vocabulary, work / name)
        else:
            text["vocab_size"] = vocabulary
    options = {"quick_gelu": config.get("quick_gelu", False), "embed_dim": WIDTH, "vision_cfg": config["vision_cfg"], "text_cfg": text}
    model = (CustomTextCLIP if config.get("custom_text") or "hf_model_name" in text else CLIP)(**options).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            # Fresh towers have zeros in places and hardly tell texts apart; trained ones do.
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model


class Visual(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model
        # The export puts back the mode of what it is given; dropout would come on for the whole model.
        self.eval()

    def forward(self, image):
        return self.model.encode_image(image, normalize=True)


class Textual(Visual):
    def forward(self, text):
        return self.model.encode_text(text, normalize=True)


def export(tower, example, name, file, fixed):
    file.parent.mkdir(parents=True, exist_ok=True)
    axes = None if fixed else {name: {0: "batch_size"}, "embedding": {0: "batch_size"}}
    torch.onnx.export(tower, (example,), str(file), input_names=[name], output_names=["embedding"], dynamic_axes=axes, opset_version=18, dynamo=False)


def halve(file):
    """Weights and arithmetic in 16 bits, inputs and output in 32."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(file), keep_io_types=True), file)


def take_weights_out(file):
    model = onnx.load(file)
    onnx.save(model, file, save_as_external_data=True, location="model.onnx.data", size_threshold=1024)


def embeddings(model, tokenizer, transform, texts):
    with torch.no_grad():
        for picture in EMBEDDED:
            image = transform(opened(HERE / "pictures" / picture))[None]
            yield {"image": picture, "embedding": model.encode_image(image, normalize=True)[0]}
        for text in texts:
            yield {"text": text, "embedding": model.encode_text(tokenizer(text), normalize=True)[0]}


def make_family(name, config, corpus, texts, work):
    folder = HERE / name
    tokenizer = tokenizer_of(name, config, corpus, work)
    model = build(name, config, tokenizer, work)
    norms = SIGLIP_NORMS if "timm_model_name" in config["vision_cfg"] else CLIP_NORMS
    preprocess = {"size": [SIZE, SIZE], "mode": "RGB", "interpolation": "bicubic", "resize_mode": "shortest", "fill_color": 0, **norms}
    write_json(folder / "config.json", {"embed_dim": WIDTH, **config})
    write_json(folder / "visual" / "preprocess_cfg.json", preprocess)
    fixed = name in FIXED_BATCH
    export(Visual(model), torch.randn(1, 3, SIZE, SIZE), "image", folder / "visual" / "model.onnx", fixed)
    export(Textual(model), tokenizer("a photo of a cat").to(torch.int32), "text", folder / "textual" / "model.onnx", fixed)
    for file in folder.glob("*/model.onnx"):
        if name in HALF:
            halve(file)
        if name in EXTERNAL_DATA:
            take_weights_out(file)
    rows = embeddings(model, tokenizer, image_transform_v2(PreprocessCfg(**preprocess), is_train=False), texts)
    rows = [{**row, "embedding": [round(x, 6) for x in row["embedding"].tolist()]} for row in rows]
    write_rows(folder / "embeddings.json", rows)
    return tokenizer


def write_rows(file, rows):
    file.write_text("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n")


def write_tokens(name, tokenizer, texts):
    """The ids of each text without the filling at their end, and what fills."""
    rows = tokenizer(texts).tolist()
    filling = tokenizer("")[0, -1].item()
    for row in rows:
        while row[-1] == filling:
            row.pop()
    lines = json.dumps({"filling": filling, "ids": rows}, separators=(",", ":")).replace("],[", "],\n[")
    (HERE / "tokens" / f"{name}.json").write_text(lines + "\n")


def main():
    torch.backends.mha.set_fastpath_enabled(False)
    shutil.rmtree(HERE, ignore_errors=True)
    (HERE / "tokens").mkdir(parents=True)
    texts = nasty_texts.texts()
    assert len(texts) == nasty_texts.COUNT
    corpus = [" ".join(text.split()) for text in texts if text.strip()]
    write_json(HERE / "texts.json", texts)
    pictures(HERE / "pictures")
    transformed(HERE / "pictures")
    chosen = texts[:: len(texts) // EMBEDDED_TEXTS][:EMBEDDED_TEXTS]
    with tempfile.TemporaryDirectory() as work:
        for name, config in FAMILIES.items():
            tokenizer = make_family(name, config, corpus, chosen, Path(work))
            if "hf_tokenizer_name" in config["text_cfg"]:
                write_tokens(name, tokenizer, texts)
    vocabulary = json.dumps(family_tokenizers.clip_json(family_tokenizers.CLIP_MERGES), ensure_ascii=False, separators=(",", ":"))
    (HERE / "tokens" / "ViT-B-32.tokenizer.json.gz").write_bytes(gzip.compress(vocabulary.encode(), mtime=0))
    write_tokens("ViT-B-32", open_clip.get_tokenizer("ViT-B-32"), texts)


if __name__ == "__main__":
    main()
