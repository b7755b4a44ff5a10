"""Prints what tests/decoding.rs expects of HEIC and AVIF files: size, and mean brightness of three rows of four parts.

    pip install pillow pillow-heif numpy
    python make_heif.py FILE...
"""

import sys

import numpy
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()
for file in sys.argv[1:]:
    picture = Image.open(file).convert("RGB")
    parts = numpy.asarray(picture.resize((4, 3), Image.Resampling.BOX)).mean(axis=2)
    print(file, picture.size, parts.round(1).ravel().tolist())
