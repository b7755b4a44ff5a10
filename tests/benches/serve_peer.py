"""The peer of the bench `serve`: FastAPI on uvicorn, faiss (its graph, and its exact scan under a filter) and the same text model on
ONNX Runtime, one request at a time in a pool of threads as FastAPI does it; embeddings of texts asked for lately are kept.

Usage: serve_peer.py FOLDER MODEL PORT. FOLDER holds rows.f32, ids.json and thumbnails/ID.jpg.
"""

import json
import sys
from functools import lru_cache
from pathlib import Path

import faiss
import numpy
import onnxruntime
import uvicorn
from fastapi import FastAPI
from fastapi.responses import FileResponse
from tokenizers import Tokenizer

folder, model, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
LINKS, CONSTRUCTION, BREADTH = 16, 200, 512

ids = json.loads((folder / "ids.json").read_text())
numbers = {name: number for number, name in enumerate(ids)}
rows = numpy.fromfile(folder / "rows.f32", dtype="f4").reshape(len(ids), -1)
index = faiss.IndexHNSWFlat(rows.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
index.hnsw.efConstruction = CONSTRUCTION
index.add(rows)
index.hnsw.efSearch = BREADTH
exact = faiss.IndexFlatIP(rows.shape[1])
exact.add(rows)
of_year = {year: numpy.arange(year - 2000, len(ids), 20, dtype="i8") for year in range(2000, 2020)}

tokenizer = Tokenizer.from_file(str(model / "textual" / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(64)
session = onnxruntime.InferenceSession(str(model / "textual" / "model.onnx"), providers=["CPUExecutionProvider"])
inputs = [entry.name for entry in session.get_inputs()]


@lru_cache(maxsize=1000)
def embed(text):
    encoding = tokenizer.encode(text)
    given = {
        "input_ids": encoding.ids,
        "attention_mask": encoding.attention_mask,
        "token_type_ids": [0] * len(encoding.ids),
    }
    feeds = {name: numpy.array([given[name]], dtype="i8") for name in inputs}
    vector = session.run(None, feeds)[0][0]
    return vector / numpy.linalg.norm(vector)


def hits(scores, found):
    return {"results": [{"id": ids[n], "score": float(s)} for s, n in zip(scores[0], found[0]) if n >= 0]}


app = FastAPI()


@app.get("/healthz")
def healthy():
    return "ok"


@app.get("/api/v1/search")
def search(q: str, limit: int = 10):
    words = q.split()
    years = [int(word[6:]) for word in words if word.startswith("taken:")]
    query = embed(" ".join(word for word in words if not word.startswith("taken:")))[None]
    if years:
        allowed = faiss.SearchParameters(sel=faiss.IDSelectorBatch(of_year[years[0]]))
        return hits(*exact.search(query, limit, params=allowed))
    return hits(*index.search(query, limit))


@app.get("/api/v1/images/{name}/similar")
def similar(name: str, limit: int = 10):
    return hits(*index.search(rows[numbers[name]][None], limit + 1))


@app.get("/api/v1/images/{name}/thumbnail")
def thumbnail(name: str):
    return FileResponse(folder / "thumbnails" / f"{ids[numbers[name]]}.jpg", media_type="image/jpeg")


uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
