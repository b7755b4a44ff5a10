#!/usr/bin/env python3
"""How well the map of a library keeps what its vectors say, beside other projections of the same vectors.

    foray index DIR && foray export EXPORT && foray serve
    python -m venv venv && venv/bin/pip install umap-learn scikit-learn
    venv/bin/python measure_map.py EXPORT http://127.0.0.1:7878

The class of a photo is its folder. Trustworthiness as Venna and Kaski (2001) define it, k = 15; a photo's class is voted for by
the 15 others that are nearest on the plane.
"""

import json
import sys
import urllib.request
from collections import Counter
from pathlib import Path

import numpy as np
import umap
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.metrics import normalized_mutual_info_score
from sklearn.neighbors import NearestNeighbors

K = 15


def voted(places, labels):
    nearest = NearestNeighbors(n_neighbors=K + 1).fit(places).kneighbors(places, return_distance=False)
    votes = ([labels[other] for other in others if other != row][:K] for row, others in enumerate(nearest))
    # Of equal votes the nearest photo's class wins: a Counter keeps the order in which it met them.
    return np.mean([Counter(vote).most_common(1)[0][0] == label for vote, label in zip(votes, labels)])


def main(folder, url):
    photos = [json.loads(line) for line in Path(folder, "photos.jsonl").read_text().splitlines()]
    vectors = np.load(Path(folder, "vectors.npy")).astype(np.float32)
    labels = [Path(photo["files"][0]["path"]).parent.name for photo in photos]
    with urllib.request.urlopen(f"{url}/api/v1/map") as reply:
        answer = json.load(reply)
    at = {id: row for row, id in enumerate(answer["ids"])}
    rows = [at[photo["id"]] for photo in photos]
    cosine = {"metric": "cosine", "random_state": 1}
    planes = {
        "all dimensions": vectors,
        "Foray": np.array([answer["x"], answer["y"]]).T[rows],
        "umap-learn": umap.UMAP(n_neighbors=K + 1, **cosine).fit_transform(vectors),
        "t-SNE": TSNE(init="pca", **cosine).fit_transform(vectors),
        "PCA": PCA(2).fit_transform(vectors),
    }
    for name, places in planes.items():
        trust = trustworthiness(vectors, places, n_neighbors=K, metric="cosine")
        print(f"{name}: trustworthiness {trust:.4f}, right class {voted(places, labels):.4f}")
    cluster = np.array(answer["cluster"])[rows]
    information = normalized_mutual_info_score(np.array(labels)[cluster >= 0], cluster[cluster >= 0])
    print(f"{len(answer['clusters'])} clusters, {np.mean(cluster < 0):.1%} of photos in none, information {information:.3f}")
    for number, found in enumerate(answer["clusters"]):
        members = Counter(label for label, at in zip(labels, cluster) if at == number).most_common(3)
        print(f"  {found['size']:4} {found.get('label', '-'):12}", ", ".join(f"{name} {count}" for name, count in members))


if __name__ == "__main__":
    main(*sys.argv[1:])
