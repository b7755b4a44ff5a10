"""Makes the seeds that nobody writes by hand, in corpus/. Needs Pillow, pillow-heif, imagecodecs, piexif, msgpack and onnx.

The pictures show waves of colour that are computed here."""

import io
import json
import math
import struct
import sys
from pathlib import Path

import imagecodecs
import msgpack
import numpy
import piexif
import pillow_heif
from onnx import TensorProto, helper
from PIL import Image

CORPUS = Path(__file__).parent / "corpus"
pillow_heif.register_heif_opener()


def put(target, name, content):
    file = CORPUS / target / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def picture(width=24, height=16, mode="RGB"):
    rows = [
        (int(127 + 90 * math.sin(x / 5)), int(127 + 90 * math.sin(y / 3)), 8 * x % 256, 255 if x > y else 90)
        for y in range(height)
        for x in range(width)
    ]
    whole = Image.new("RGBA", (width, height))
    whole.putdata(rows)
    return whole.convert(mode)


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif():
    return piexif.dump({
        "0th": {
            piexif.ImageIFD.Make: b"Canon", piexif.ImageIFD.Model: b"Canon EOS R5", piexif.ImageIFD.Orientation: 6,
            piexif.ImageIFD.ImageDescription: b"A bridge", piexif.ImageIFD.Rating: 4,
            piexif.ImageIFD.XPKeywords: tuple("river;bridge".encode("utf-16-le")),
        },
        "Exif": {
            piexif.ExifIFD.DateTimeOriginal: b"2023:06:01 12:00:05", piexif.ExifIFD.OffsetTimeOriginal: b"+02:00",
            piexif.ExifIFD.LensModel: b"RF50mm F1.8 STM", piexif.ExifIFD.UserComment: b"ASCII\0\0\0Screenshot",
        },
        "GPS": {
            piexif.GPSIFD.GPSLatitudeRef: b"N", piexif.GPSIFD.GPSLatitude: ((52, 1), (31, 1), (12, 1)),
            piexif.GPSIFD.GPSLongitudeRef: b"E", piexif.GPSIFD.GPSLongitude: ((13, 1), (24, 1), (30, 1)),
        },
    })


def tiff_block():
    return exif()[len(b"Exif\0\0"):]


PACKET = (CORPUS / "xmp" / "attributes.xmp").read_bytes()


def pictures():
    rgb = picture()
    block = exif()
    put("decode", "baseline.jpg", encoded(rgb, "JPEG", exif=block))
    put("decode", "progressive.jpg", encoded(rgb, "JPEG", progressive=True))
    put("decode", "grey.jpg", encoded(picture(mode="L"), "JPEG"))
    put("decode", "cmyk.jpg", encoded(picture(mode="CMYK"), "JPEG"))
    put("decode", "alpha.png", encoded(picture(mode="RGBA"), "PNG"))
    put("decode", "palette.png", encoded(picture(mode="P"), "PNG"))
    deep = numpy.asarray(picture(mode="L"), dtype=numpy.uint16) * 257
    put("decode", "deep.png", imagecodecs.png_encode(deep))
    put("decode", "lossy.webp", encoded(rgb, "WEBP"))
    put("decode", "lossless.webp", encoded(picture(mode="RGBA"), "WEBP", lossless=True, exif=block))
    put("decode", "moving.webp", encoded(rgb, "WEBP", save_all=True, append_images=[picture(mode="RGBA")]))
    put("decode", "moving.gif", encoded(rgb, "GIF", save_all=True, append_images=[rgb.rotate(90)]))
    put("decode", "lzw.tiff", encoded(rgb, "TIFF", compression="tiff_lzw"))
    put("decode", "deflate.tiff", encoded(picture(mode="RGBA"), "TIFF", compression="tiff_deflate"))
    put("decode", "jpeg.tiff", encoded(rgb, "TIFF", compression="jpeg"))
    put("decode", "plain.bmp", encoded(rgb, "BMP"))
    put("decode", "bits.bmp", encoded(picture(mode="1"), "BMP"))
    put("decode", "plain.jxl", imagecodecs.jpegxl_encode(numpy.asarray(rgb), lossless=True))
    put("decode", "plain.heic", encoded(picture(64, 64), "HEIF"))
    put("decode", "plain.avif", encoded(picture(64, 64), "AVIF"))
    put("decode", "raw.dng", raw())


def raw():
    """A TIFF with a camera's name, a turned picture and a JPEG that shows it."""
    preview = encoded(picture(130, 124), "JPEG", quality=20)
    entries = [(0x010F, 2, 4, b"Cam\0"), (0x0112, 3, 1, struct.pack("<HH", 6, 0)), (0x0201, 4, 1, struct.pack("<I", 50))]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in entries)
    return b"II*\0\x08\0\0\0" + directory + b"\0\0\0\0" + preview


def blocks():
    small = picture(8, 8)
    put("exif", "whole.jpg", encoded(small, "JPEG", exif=exif(), quality=10))
    put("exif", "whole.png", encoded(small, "PNG", exif=exif()))
    put("exif", "whole.webp", encoded(small, "WEBP", exif=exif(), quality=10))
    put("exif", "bare.tiff", tiff_block())
    put("exif", "olympus.orf", b"IIRO" + tiff_block().replace(b"MM\0*", b"")[:4] + tiff_block()[8:])
    put("exif", "canon.cr3", b"\0\0\0\x18ftypcrx \0\0\0\1crx isom\0\0\0\x40CMT1" + tiff_block())
    put("exif", "fuji.raf", b"FUJIFILMCCD-RAW 0201" + encoded(picture(120, 120), "JPEG", exif=exif(), quality=5))
    put("exif", "packet.jpg", encoded(small, "JPEG", quality=10)[:-2] + PACKET + b"\xff\xd9")
    put("exif", "whole.heic", encoded(picture(64, 64), "HEIF", exif=exif()))


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def graphs():
    weight = helper.make_tensor("w", TensorProto.FLOAT, [2, 2], [1.0, 0.5, -2.0, 65504.0])
    multiply = helper.make_node("MatMul", ["image", "w"], ["hidden"])
    shape = helper.make_node("Constant", [], ["one"], value=helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]))
    add = helper.make_node("Add", ["hidden", "one"], ["embedding"])
    fixed = helper.make_graph([multiply, shape, add], "g", [value("image", [1, 2])], [value("embedding", [1, 2])], [weight],
                              value_info=[value("hidden", [1, 2])])
    put("onnx", "fixed.onnx", helper.make_model(fixed).SerializeToString())
    listed = helper.make_graph([multiply], "g", [value("image", ["batch", 2]), value("w", [2, 2])], [value("hidden", [1, 2])], [weight])
    put("onnx", "listed.onnx", helper.make_model(listed).SerializeToString())
    cast = helper.make_node("Cast", ["text"], ["floats"], to=TensorProto.FLOAT)
    whole = helper.make_graph([cast], "g", [value("text", [1, 7], TensorProto.INT64)], [value("floats", [1, 7])])
    put("onnx", "cast.onnx", helper.make_model(whole).SerializeToString())
    resize = helper.make_graph([helper.make_node("Resize", ["image"], ["o"])], "g", [value("image", [1, 2])], [value("o", [1, 2])])
    put("onnx", "unfit.onnx", helper.make_model(resize).SerializeToString())


ID = "000102030405060708090a0b0c0d0e0f"
UNIT = struct.pack("<4f", 0.5, 0.5, 0.5, 0.5)
FILE = {"path": b"/p/a.jpg", "size": 7, "modified_ns": -1, "companions": 3}
METADATA = {"width": 4, "height": 3, "format": "jpeg", "taken_at": "2023-06-01T12:00:00", "camera": "Canon EOS R5", "rating": 4,
            "position": [52.5, 13.4], "keywords": ["river"], "caption": "A bridge"}


def changes():
    photo = {"id": ID, "metadata": METADATA, "vector": UNIT, "thumbnail": b"\xff\xd8\xff"}
    return [
        {"Added": {"file": FILE, "photo": photo}},
        {"Linked": {"file": {**FILE, "path": b"/p/b.jpg"}, "image": ID}},
        {"Described": {"image": ID, "description": {"rating": 5, "keywords": ["a", "b"]}}},
        {"Failed": {"file": {**FILE, "path": b"/p/caf\xe9.jpg"}, "reason": "damaged"}},
        {"Removed": {"path": b"/p/b.jpg"}},
    ]


def bodies():
    pack = lambda kind, body, packed=False: bytes([2 * kind + packed]) + (imagecodecs.zstd_encode(body) if packed else body)
    batch = msgpack.packb({"space": "m@1", "changes": changes()})
    put("ingest", "batch", pack(7, batch))
    put("ingest", "batch.zst", pack(7, batch, True))
    for number, change in enumerate(changes()):
        put("ingest", f"change-{number}", pack(7, msgpack.packb({"space": "m@1", "changes": [change]})))
    mark = {"path": b"/p/a.jpg", "size": 7, "modified_ns": 5}
    progress = {"phase": "idle", "seen": 1, "total": 2, "indexed": 1, "unchanged": 0, "moved": 0, "removed": 0, "failed": 0, "seconds": 1.5}
    questions = [[b"/p/a.jpg"], ["m@1", [ID]], [b"/p", None, 5], progress, ["m@1", [[ID, UNIT]]], [mark]]
    for kind, question in enumerate(questions):
        put("ingest", f"question-{kind}", pack(kind, msgpack.packb(question)))


def backups():
    header = {"foray_backup": 1, "library_format": 1, "written_by": "foray 0.1.0", "taken_at": 0, "photos": 1, "files": 1, "failed": 0}
    key = bytes.fromhex(ID)
    record = {"size": 7, "modified_ns": 5, "companions": 0, "outcome": {"Photo": ID}}
    trees = {
        b"files": [[b"/p/a.jpg", msgpack.packb(record)]],
        b"photos": [[key, msgpack.packb({"metadata": METADATA, "indexed_at": 1700000000})]],
        b"links": [[key + b"/p/a.jpg", b""]],
        b"meta": [[b"counts", msgpack.packb({"photos": 1, "files": 1, "failed": 0, "commits": 1})],
                  [b"roots", msgpack.packb([b"/p"])], [b"space", b"m@1"]],
        b"vectors:m@1": [[struct.pack(">I", 0), key + UNIT]],
    }
    found = [{"Tree": {"name": name, "entries": entries}} for name, entries in trees.items()]
    found.append({"Thumbnails": [[ID, b"\xff\xd8\xff"]]})
    framed = lambda block: struct.pack("<I", len(msgpack.packb(block))) + msgpack.packb(block)
    line = json.dumps(header).encode() + b"\n"
    put("backup", "whole", b"\1" + line + b"".join(map(framed, found)))
    put("backup", "empty", b"\1" + line)
    for number, block in enumerate(found):
        put("backup", f"block-{number}", b"\1" + line + framed(block))
    put("backup", "file.zst", b"\0" + imagecodecs.zstd_encode(line + framed({"End": {"records": 0, "blake3": [0] * 32}})))
    put("backup", "newer", b"\1" + json.dumps({**header, "foray_backup": 9}).encode() + b"\n")


def exports():
    manifest = {"foray_export": 1, "written_by": "foray 0.1.0", "space": "m@1", "dimension": 4, "photos": 1, "files": 1, "failures": 1,
                "roots": [{"path": "/p"}]}
    line = {"id": ID, "files": [{"path": "/p/a.jpg", "size": 7, "modified_ns": 5}], **METADATA}
    failure = {"path": "/p/b.jpg", "size": 1, "modified_ns": 2, "reason": "damaged"}
    parts = lambda manifest, photos, failures, vectors: b"\n---\n".join(
        [json.dumps(manifest).encode(), photos, failures, vectors])
    text = lambda entry: json.dumps(entry).encode() + b"\n"
    put("export", "whole", parts(manifest, text(line), text(failure), array("(1, 4)") + UNIT))
    nothing = {**manifest, "photos": 0, "files": 0, "failures": 0, "dimension": 0, "space": None}
    put("export", "empty", parts(nothing, b"", b"", array("(0, 0)")))
    two = {**manifest, "photos": 2, "files": 3, "failures": 0}
    other = {**line, "id": ID[::-1], "files": [{"path": "/p/c.jpg", "size": 7, "modified_ns": 5, "companions": 9},
                                              {"path": "/p/d\ufffd.jpg", "path_bytes": "2f702f64e92e6a7067", "size": 1, "modified_ns": -2}]}
    put("export", "two", parts(two, text(line) + text(other), b"", array("(2, 4)") + 2 * UNIT))


def array(shape):
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
    padded = text.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["pictures", "blocks", "graphs", "bodies", "backups", "exports"]
    for name in wanted:
        globals()[name]()
