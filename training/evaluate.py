"""Measures an exported model: recall on Flickr8k dev, zero-shot accuracy on Caltech-101, sizes, speed.

python evaluate.py DATA MODEL [--present VISUAL] writes MODEL/metrics.json.
"""

import argparse
import json
import time
from pathlib import Path

import numpy
import onnxruntime
import torch
from tokenizers import Tokenizer

import measure
import photos
from data import captions, zero_shot

BATCH = 8
ROUNDS = 12


def session(file):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options)


def embed_photos(visual, photo_list, fit):
    parts = []
    for start in range(0, len(photo_list), BATCH):
        batch = [photos.tensor(fit(photos.load(photo.path))) for photo in photo_list[start : start + BATCH]]
        parts.append(visual.run(None, {"image": numpy.stack(batch)})[0])
    return torch.from_numpy(numpy.concatenate(parts))


def embed_texts(textual, tokenizer, texts):
    parts = []
    for start in range(0, len(texts), 32):
        encodings = tokenizer.encode_batch(texts[start : start + 32])
        longest = max(len(each.ids) for each in encodings)
        ids = numpy.array([each.ids + [0] * (longest - len(each.ids)) for each in encodings])
        mask = numpy.array([[1] * len(each.ids) + [0] * (longest - len(each.ids)) for each in encodings])
        parts.append(textual.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0})[0])
    return torch.from_numpy(numpy.concatenate(parts))


def photos_a_second(visuals):
    """Each session's speed, taken in turn; the median of the rounds."""
    batch = numpy.random.default_rng(0).standard_normal((BATCH, 3, 260, 260)).astype(numpy.float32)
    times = {name: [] for name in visuals}
    for _ in range(ROUNDS):
        for name, visual in visuals.items():
            started = time.perf_counter()
            visual.run(None, {"image": batch})
            times[name].append(time.perf_counter() - started)
    return {name: round(BATCH / float(numpy.median(each)), 1) for name, each in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--present", type=Path, help="another visual.onnx to compare the speed with")
    parser.add_argument("--fits", nargs="*", default=["shortest", "squash"], help="ways of fitting Caltech-101's photos")
    arguments = parser.parse_args()
    folder, data = arguments.model, arguments.data
    visual, textual = session(folder / "visual.onnx"), session(folder / "textual.onnx")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    metrics = {"bytes": {name: (folder / name).stat().st_size for name in ("visual.onnx", "textual.onnx", "tokenizer.json")}}
    dev = photos.flickr(data, "dev")
    read = embed_texts(textual, tokenizer, captions(dev))
    metrics["flickr8k dev recall at 1, 5, 10"] = measure.recall(embed_photos(visual, dev, photos.squash), read)
    caltech = photos.caltech(data)
    prompts, labels = zero_shot(caltech)
    prompts = embed_texts(textual, tokenizer, prompts)
    for fit in arguments.fits:
        metrics[f"caltech101 zero-shot, {fit}"] = measure.accuracy(embed_photos(visual, caltech, getattr(photos, fit)), prompts, labels)
    sessions = {"this": visual, **({"present": session(arguments.present)} if arguments.present else {})}
    metrics["photos a second"] = photos_a_second(sessions)
    print(json.dumps(metrics, indent=2))
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")


if __name__ == "__main__":
    main()
