"""The peer of the bench `embed`: raw ONNX Runtime in Python, on the same graphs, batches and threads.

Reads one request a line, answers with the seconds that it took: `visual BATCH ROUNDS` or `textual ROUNDS`.
"""

import sys
import time
from pathlib import Path

import numpy
import onnxruntime
from tokenizers import Tokenizer

CAPTION = "a mushroom on the bark of a tree"


def session(graph, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def unit(vectors):
    return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)


def embed_images(visual, batch):
    unit(visual.run(None, {"image": batch})[0])


def embed_text(textual, tokenizer):
    ids = numpy.array([tokenizer.encode(CAPTION).ids])
    inputs = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
    unit(textual.run(None, inputs)[0])


def main(model, side, threads):
    visual = session(model / "visual" / "model.onnx", threads)
    textual = session(model / "textual" / "model.onnx", threads)
    tokenizer = Tokenizer.from_file(str(model / "textual" / "tokenizer.json"))
    tokenizer.no_padding()
    pictures = numpy.random.default_rng(0).standard_normal((64, 3, side, side), dtype=numpy.float32)
    for line in sys.stdin:
        tower, *numbers = line.split()
        *batch, rounds = map(int, numbers)
        begun = time.perf_counter()
        for _ in range(rounds):
            embed_images(visual, pictures[: batch[0]]) if tower == "visual" else embed_text(textual, tokenizer)
        print(time.perf_counter() - begun, flush=True)


main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
