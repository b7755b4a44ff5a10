"""Makes what `make gpu-proof` needs: a ViT-B-32 with random weights in the published layout, and large JPEGs.

python gpu_model.py MODEL PHOTOS SAMPLES: weights do not change the speed, so random ones do.
"""

import json
import shutil
import sys
from pathlib import Path

import open_clip
import torch
from PIL import Image

PHOTOS = 512
SIZE = (4000, 3000)
BUILTIN = Path(__file__).resolve().parents[2] / "models" / "builtin"


class Visual(torch.nn.Module):
    """The visual tower with the input and output of the published graphs."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.tower = open_clip.create_model("ViT-B-32", pretrained=None).visual.eval()

    def forward(self, image):
        features = self.tower(image)
        return features / features.norm(dim=-1, keepdim=True)


def write_model(folder):
    for tower in ("visual", "textual"):
        (folder / tower).mkdir(parents=True, exist_ok=True)
    torch.onnx.export(Visual(), torch.randn(2, 3, 224, 224), str(folder / "visual" / "model.onnx"), dynamo=False,
                      input_names=["image"], output_names=["embedding"], opset_version=17,
                      dynamic_axes={"image": {0: "n"}, "embedding": {0: "n"}})
    # Indexing reads no text: the built-in text tower stands in.
    for file in (BUILTIN / "textual").iterdir():
        shutil.copy(file, folder / "textual")
    preprocessing = {"size": 224, "mode": "RGB", "mean": [0.48145466, 0.4578275, 0.40821073],
                     "std": [0.26862954, 0.26130258, 0.27577711], "interpolation": "bicubic", "resize_mode": "shortest"}
    (folder / "config.json").write_text(json.dumps({"embed_dim": 512}))
    (folder / "visual" / "preprocess_cfg.json").write_text(json.dumps(preprocessing))


def write_photos(folder, samples):
    """12-megapixel JPEGs, each another part of a bundled photograph: no two are the same picture."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = [Image.open(file).convert("RGB") for file in sorted(samples.rglob("*.jpg"))]
    for number in range(PHOTOS):
        picture = pictures[number % len(pictures)]
        width, height = picture.size
        shift = 1 + number // len(pictures)
        part = picture.crop((shift % (width // 4), shift % (height // 4), width, height))
        part.resize(SIZE, Image.BILINEAR).save(folder / f"{number:04}.jpg", quality=90)


def main(model, photos, samples):
    if not (model / "config.json").exists():
        write_model(model)
    if len(list(photos.glob("*.jpg"))) < PHOTOS:
        write_photos(photos, samples)


main(*map(Path, sys.argv[1:]))
