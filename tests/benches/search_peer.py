"""The peers of the bench `search`: usearch, hnswlib and faiss on the same vectors, filters and queries.

Usage: search_peer.py FOLDER, which holds rows.f32, queries.f32, truth.u32 and shape.json. Reads one request a line and answers
with one line of JSON:
  build NAME             builds an index: seconds, bytes on disk, seconds to load it again
  search NAME WANT       the smallest breadth that reaches recall@10 WANT, and what it takes: recall, queries/s on 1 and 2 threads
  filtered NAME SHARE    hnswlib and faiss: recall and milliseconds a query with every (1/SHARE)th row allowed
  exact                  faiss's exact scan, a query at a time on one thread: milliseconds a query
  drop NAME              frees an index
NAME: usearch-f32, usearch-f16, usearch-i8, hnswlib, faiss.
"""

import bisect
import json
import sys
import time
from pathlib import Path

import faiss
import hnswlib
import numpy
import usearch.index

LINKS, CONSTRUCTION = 16, 200
BREADTHS = [16, 24, 32, 48, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512, 640, 768, 1024, 1280, 1536, 2048]
WANTED = 10
# Candidates that an 8-bit index gives to be scored again with the vectors themselves.
RESCORED = [20, 40, 80, 160]


class Usearch:
    def __init__(self, rows, kind):
        self.rows, self.kind = rows, kind
        self.index = usearch.index.Index(
            ndim=rows.shape[1], metric="cos", dtype=kind, connectivity=LINKS, expansion_add=CONSTRUCTION
        )
        self.index.add(numpy.arange(len(rows), dtype="u8"), rows, threads=2)

    def save(self, path):
        self.index.save(str(path))

    def load(self, path):
        self.index = usearch.index.Index.restore(str(path))

    def breadths(self):
        return [(breadth, spare) for breadth in BREADTHS for spare in self.spares() if spare <= breadth]

    def spares(self):
        return RESCORED if self.kind == "i8" else [0]

    def first_enough(self, is_enough):
        """The smallest breadth that is enough with most candidates, and the two after it, each with as few as are enough."""
        most = lambda breadth: (breadth, max(spare for spare in self.spares() if spare <= max(breadth, RESCORED[0])))
        first = first_true(BREADTHS, lambda breadth: is_enough(most(breadth)))
        choices = []
        for breadth in BREADTHS[first : first + 3]:
            choices += [(breadth, spare) for spare in self.spares() if spare <= breadth and is_enough((breadth, spare))][:1]
        return choices

    def search(self, queries, breadth, threads):
        breadth, spare = breadth
        self.index.expansion_search = breadth
        found = self.index.search(queries, spare or WANTED, threads=threads).keys.astype("i8").reshape(len(queries), -1)
        return rescored(self.rows, queries, found) if spare else found


class Hnswlib:
    def __init__(self, rows):
        self.rows = rows
        self.index = hnswlib.Index("ip", rows.shape[1])
        self.index.init_index(len(rows), M=LINKS, ef_construction=CONSTRUCTION, random_seed=0)
        self.index.add_items(rows, num_threads=2)

    def save(self, path):
        self.index.save_index(str(path))

    def load(self, path):
        self.index = hnswlib.Index("ip", self.rows.shape[1])
        self.index.load_index(str(path))

    def breadths(self):
        return BREADTHS

    def first_enough(self, is_enough):
        return BREADTHS[first_true(BREADTHS, is_enough) :][:1]

    def search(self, queries, breadth, threads):
        self.index.set_ef(breadth)
        return self.index.knn_query(queries, WANTED, num_threads=threads)[0]

    def filtered(self, queries, breadth, allowed):
        self.index.set_ef(breadth)
        found = numpy.zeros((len(queries), WANTED), dtype="i8")
        for number, query in enumerate(queries):
            try:
                found[number] = self.index.knn_query(query, WANTED, num_threads=1, filter=lambda row: allowed[row])[0]
            except RuntimeError:
                # It gives up when a walk meets fewer than it was asked for.
                found[number] = -1
        return found


class Faiss:
    def __init__(self, rows):
        self.rows = rows
        self.index = faiss.IndexHNSWFlat(rows.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = CONSTRUCTION
        faiss.omp_set_num_threads(2)
        self.index.add(rows)

    def save(self, path):
        faiss.write_index(self.index, str(path))

    def load(self, path):
        self.index = faiss.read_index(str(path))

    def breadths(self):
        return BREADTHS

    def first_enough(self, is_enough):
        return BREADTHS[first_true(BREADTHS, is_enough) :][:1]

    def search(self, queries, breadth, threads):
        faiss.omp_set_num_threads(threads)
        return self.index.search(queries, WANTED, params=faiss.SearchParametersHNSW(efSearch=breadth))[1]

    def filtered(self, queries, breadth, allowed):
        faiss.omp_set_num_threads(1)
        selector = faiss.IDSelectorBatch(numpy.flatnonzero(allowed))
        return self.index.search(queries, WANTED, params=faiss.SearchParametersHNSW(efSearch=breadth, sel=selector))[1]


KINDS = {
    "usearch-f32": lambda rows: Usearch(rows, "f32"),
    "usearch-f16": lambda rows: Usearch(rows, "f16"),
    "usearch-i8": lambda rows: Usearch(rows, "i8"),
    "hnswlib": Hnswlib,
    "faiss": Faiss,
}


def first_true(ascending, is_enough):
    """The place of the first that is enough, all after it being so too; the length when none is."""
    return bisect.bisect_left(ascending, True, key=is_enough)


def rescored(rows, queries, found):
    """The best of `found` by their exact scores."""
    scores = numpy.einsum("qnd,qd->qn", rows[found], queries)
    best = numpy.argsort(-scores, axis=1)[:, :WANTED]
    return numpy.take_along_axis(found, best, axis=1)


def recall(found, truth):
    return float(numpy.mean([len(numpy.intersect1d(a, b)) for a, b in zip(found, truth)]) / WANTED)


class Bench:
    def __init__(self, folder):
        shape = json.loads((folder / "shape.json").read_text())
        read = lambda name, kind: numpy.memmap(folder / name, dtype=kind, mode="r")
        self.folder = folder
        self.rows = numpy.ascontiguousarray(read("rows.f32", "f4").reshape(-1, shape["dimension"]))
        self.queries = numpy.ascontiguousarray(read("queries.f32", "f4").reshape(-1, shape["dimension"]))
        self.truth = read("truth.u32", "u4").reshape(-1, WANTED)
        self.indexes = {}

    def build(self, name):
        begun = time.perf_counter()
        index = self.indexes[name] = KINDS[name](self.rows)
        seconds = time.perf_counter() - begun
        path = self.folder / f"{name}.index"
        index.save(path)
        begun = time.perf_counter()
        index.load(path)
        index.search(self.queries[:1], index.breadths()[0], 1)
        answer = {"seconds": seconds, "bytes": path.stat().st_size, "load": time.perf_counter() - begun}
        path.unlink()
        return answer

    def search(self, name, wanted):
        index = self.indexes[name]
        reached = lambda breadth: recall(index.search(self.queries, breadth, 2), self.truth)
        enough = index.first_enough(lambda breadth: reached(breadth) >= float(wanted))
        answers = []
        for breadth in enough or index.breadths()[-1:]:
            rates = [self.rate(index, breadth, threads) if enough else 0 for threads in (1, 2)]
            answers.append({"recall": reached(breadth), "breadth": str(breadth), "rate1": rates[0], "rate2": rates[1]})
        return max(answers, key=lambda each: each["rate1"])

    def rate(self, index, breadth, threads):
        seconds = []
        for _ in range(3):
            begun = time.perf_counter()
            index.search(self.queries, breadth, threads)
            seconds.append(time.perf_counter() - begun)
        return len(self.queries) / sorted(seconds)[1]

    def filtered(self, name, share):
        allowed = numpy.zeros(len(self.rows), dtype=bool)
        allowed[:: round(1 / float(share))] = True
        rows = numpy.flatnonzero(allowed)
        queries = self.queries[:100]
        truth = rows[numpy.argsort(-(queries @ self.rows[rows].T), axis=1)[:, :WANTED]]
        begun = time.perf_counter()
        found = self.indexes[name].filtered(queries, 256, allowed)
        return {"recall": recall(found, truth), "ms": (time.perf_counter() - begun) * 1e3 / len(queries)}

    def exact(self):
        index, queries = faiss.IndexFlatIP(self.rows.shape[1]), self.queries[:100]
        index.add(self.rows)
        faiss.omp_set_num_threads(1)
        begun = time.perf_counter()
        for query in queries:
            index.search(query[None], WANTED)
        return {"ms": (time.perf_counter() - begun) * 1e3 / len(queries)}

    def drop(self, name):
        del self.indexes[name]
        return {}


def main(folder):
    bench = Bench(folder)
    for line in sys.stdin:
        request, *arguments = line.split()
        print(json.dumps(getattr(bench, request)(*arguments)), flush=True)


main(Path(sys.argv[1]))
