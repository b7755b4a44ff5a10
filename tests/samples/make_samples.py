"""Makes the bundled photographs: takes them out of two Python packages and writes small JPEGs here.

Run in this folder, in an environment with Pillow: python make_samples.py
"""

import glob
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from PIL import Image

PACKAGES = ["scikit-image==0.22.0", "scikit-learn==1.9.1"]
LONG_SIDE = 1024

# Where each goes, and its file in the packages.
PHOTOS = {
    "animals/cat.jpg": "skimage/data/chelsea.png",
    "people/astronaut.jpg": "skimage/data/astronaut.png",
    "people/photographer.jpg": "skimage/data/camera.png",
    "places/pagoda.jpg": "sklearn/datasets/images/china.jpg",
    "places/rocket-launch.jpg": "skimage/data/rocket.jpg",
    "plants/flower.jpg": "sklearn/datasets/images/flower.jpg",
    "plants/grass.jpg": "skimage/data/grass.png",
    "science/cell.jpg": "skimage/data/cell.png",
    "science/galaxies.jpg": "skimage/data/hubble_deep_field.jpg",
    "science/retina.jpg": "skimage/data/retina.jpg",
    "science/tissue.jpg": "skimage/data/ihc.png",
    "things/brick-wall.jpg": "skimage/data/brick.png",
    "things/clock.jpg": "skimage/data/clock_motion.png",
    "things/coffee.jpg": "skimage/data/coffee.png",
    "things/coins.jpg": "skimage/data/coins.png",
    "things/gravel.jpg": "skimage/data/gravel.png",
    "things/handwriting.jpg": "skimage/data/text.png",
}


def download(folder):
    """The packages' files, by name."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "-d", folder]
    subprocess.run(command + PACKAGES, check=True)
    files = {}
    for wheel in glob.glob(f"{folder}/*.whl"):
        archive = zipfile.ZipFile(wheel)
        files.update({name: (archive, name) for name in archive.namelist()})
    return files


def main():
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        files = download(folder)
        for target, source in PHOTOS.items():
            archive, name = files[source]
            image = Image.open(io.BytesIO(archive.read(name))).convert("RGB")
            image.thumbnail((LONG_SIDE, LONG_SIDE), Image.LANCZOS)
            (here / target).parent.mkdir(exist_ok=True)
            image.save(here / target, quality=88, optimize=True)


main()
