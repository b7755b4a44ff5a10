"""The photographs: which there are, their texts, and how they become the backbone's input."""

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

import numpy
from PIL import Image, ImageEnhance

from backbone import SIZE


@dataclass
class Photo:
    """A photograph with the texts that describe it."""

    path: Path
    texts: list


def plain_label(name):
    """A class folder's name as words."""
    return re.sub(r"[_\-]+", " ", name).strip().lower()


def flickr(data, split):
    """Flickr8k's photos of a split: train or dev."""
    rows = json.loads((data / "flickr8k" / "captions.json").read_text())
    return [Photo(data / "flickr8k" / "images" / row["image"], row["captions"]) for row in rows if row["split"] == split]


def imagenet(data):
    """One photo of each class of ImageNet-1k in the order of the class numbers; the texts are the class's names."""
    files = sorted((data / "imagenet1k_one").iterdir())
    return [Photo(file, [class_name(file)]) for file in files if file.suffix.lower() in {".jpg", ".jpeg", ".png"}]


def class_name(file):
    """mushroom of n07734744_mushroom.JPEG."""
    return plain_label(file.stem.split("_", 1)[1])


def caltech(data):
    """Caltech-101's photos with their class names: for evaluation only."""
    folders = sorted(folder for folder in (data / "caltech101").iterdir() if folder.is_dir())
    folders = [folder for folder in folders if folder.name != "BACKGROUND_Google"]
    return [Photo(file, [plain_label(folder.name)]) for folder in folders for file in sorted(folder.iterdir())]


def load(path):
    """The picture as RGB, transparent parts white."""
    image = Image.open(path)
    if image.mode in ("RGBA", "LA", "P"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def shortest(image, size=SIZE):
    """Resized to the size's short side, the middle cut out, as torchvision does it."""
    width, height = image.size
    short, long = min(width, height), max(width, height)
    resized = (size, int(size * long / short)) if width <= height else (int(size * long / short), size)
    image = image.resize(resized, Image.BICUBIC)
    left, top = round((image.size[0] - size) / 2), round((image.size[1] - size) / 2)
    return image.crop((left, top, left + size, top + size))


def squash(image, size=SIZE):
    """Both sides resized to the size."""
    return image.resize((size, size), Image.BICUBIC)


def augmented(image, seed, size=SIZE):
    """A random part of the picture with at least half of its area, perhaps mirrored, with other light and colours."""
    chance = random.Random(seed)
    width, height = image.size
    scale, aspect = chance.uniform(0.5, 1.0), chance.uniform(0.8, 1.25)
    part = (min(width, width * (scale * aspect) ** 0.5), min(height, height * (scale / aspect) ** 0.5))
    left, top = chance.uniform(0, width - part[0]), chance.uniform(0, height - part[1])
    image = image.resize((size, size), Image.BICUBIC, box=(left, top, left + part[0], top + part[1]))
    if chance.random() < 0.5:
        image = image.transpose(Image.FLIP_LEFT_RIGHT)
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhance(image).enhance(chance.uniform(0.8, 1.2))
    return image


def tensor(image):
    """[3, size, size], (pixel - 127) / 128."""
    return ((numpy.asarray(image, dtype=numpy.float32) - 127) / 128).transpose(2, 0, 1)
