"""Pictures of awkward sizes and kinds, and what open_clip's transforms make of them."""

import itertools
import json

import numpy
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

SIZES = {"wide": (173, 96), "tall": (75, 190), "nearly_square": (101, 100), "tiny": (7, 5), "column": (1, 130), "row": (400, 3), "square": (128, 128)}
EMBEDDED = ["wide.png", "tall.png", "nearly_square.png", "tiny.png", "palette.png"]
SIDE = 64
MODES = {"shortest": {}, "squash": {"resize_mode": "squash"}, "longest": {"resize_mode": "longest", "fill_color": 127},
         "bilinear": {"interpolation": "bilinear"}}


def picture(width, height, seed):
    """Waves of several lengths with noise: detail at every scale, and small as a file."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [127 + 100 * numpy.sin(x / (3 + 9 * c) + seed) * numpy.cos(y / (5 + 7 * c)) for c in range(3)]
    noise = random.integers(-16, 17, (height // 8 + 1, width // 8 + 1, 3)).repeat(8, 0).repeat(8, 1)[:height, :width]
    return Image.fromarray(numpy.clip(numpy.stack(planes, -1) + noise, 0, 255).astype("uint8") & 0xF8)


def pictures(folder):
    folder.mkdir(parents=True)
    for seed, (name, (width, height)) in enumerate(SIZES.items()):
        picture(width, height, seed).save(folder / f"{name}.png", optimize=True)
    base = picture(90, 70, 99)
    base.quantize(32).save(folder / "palette.png", optimize=True)
    base.convert("L").save(folder / "grey.png", optimize=True)
    base.convert("CMYK").save(folder / "cmyk.jpg", quality=90)
    transparent = base.copy()
    transparent.putalpha(Image.linear_gradient("L").resize(base.size))
    transparent.save(folder / "alpha.png", optimize=True)


def opened(file):
    """As Foray decodes it: transparent parts on white, and in full colours before anything else. The transform by itself would
    resize a palette's numbers without a filter."""
    image = Image.open(file)
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def transformed(folder):
    """One PNG for each picture and mode. Mean 0 and deviation 1 leave the transform's numbers at bytes / 255."""
    files = sorted(folder.iterdir())
    for file, (mode, options) in itertools.product(files, MODES.items()):
        config = PreprocessCfg(size=SIDE, mean=(0, 0, 0), std=(1, 1, 1), **options)
        if mode == "longest" and file.stem in ("column", "row"):
            # The reference fails where the short side is rounded to no pixel; the column's is not.
            if min(Image.open(file).size) / max(Image.open(file).size) * SIDE < 0.5 + 1e-9:
                continue
        values = image_transform_v2(config, is_train=False)(opened(file)).permute(1, 2, 0).numpy()
        pixels = Image.fromarray(numpy.rint(values * 255).astype("uint8"))
        target = folder / mode / f"{file.name}.png"
        target.parent.mkdir(exist_ok=True)
        pixels.save(target, optimize=True)
    (folder / "modes.json").write_text(json.dumps({mode: {"size": SIDE, "mean": [0] * 3, "std": [1] * 3, **options} for mode, options in MODES.items()}) + "\n")
