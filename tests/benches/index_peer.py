"""The peer of the bench `index`: a straight pipeline as photo searches in Python have it. Threads decode and resize with Pillow, and
ONNX Runtime embeds batch by batch, on the same graph.

python index_peer.py MODEL SIDE THREADS FOLDER BATCH prints the seconds from the first file to the last embedding, without the start.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import onnxruntime
from PIL import Image


def pixels(file, side):
    with Image.open(file) as image:
        small = image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    return ((numpy.asarray(small, numpy.float32) / 255 - 0.498) / 0.502).transpose(2, 0, 1)


def main(model, side, threads, folder, size):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    visual = onnxruntime.InferenceSession(f"{model}/visual/model.onnx", options, providers=["CPUExecutionProvider"])
    visual.run(None, {"image": numpy.zeros((1, 3, side, side), numpy.float32)})
    files = sorted(Path(folder).iterdir())
    begun = time.perf_counter()
    vectors = []
    with ThreadPoolExecutor(threads) as workers:
        # The next batch is decoded while this one is embedded.
        batches = [files[start : start + size] for start in range(0, len(files), size)]
        submit = lambda batch: [workers.submit(pixels, file, side) for file in batch]
        ahead = submit(batches[0])
        for following in [*batches[1:], []]:
            ready, ahead = ahead, submit(following)
            vectors.append(visual.run(None, {"image": numpy.stack([each.result() for each in ready])})[0])
    vectors = numpy.concatenate(vectors)
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
    assert len(vectors) == len(files)
    print(time.perf_counter() - begun)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
