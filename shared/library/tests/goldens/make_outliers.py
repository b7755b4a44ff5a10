"""Outlier scores of scikit-learn for fixed vectors, for tests/unusual.rs: writes outliers.json beside this file.

python3 -m venv venv && venv/bin/pip install scikit-learn && venv/bin/python make_outliers.py
"""

import json
import pathlib

import numpy as np
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

COUNT, DIMENSION, CLUSTERS, NEIGHBOURS = 600, 64, 20, 10


def vectors():
    """Clusters of differing spread and some strays, in 8 bits as they are stored, made unit vectors."""
    random = np.random.default_rng(7)
    centres = random.normal(size=(CLUSTERS, DIMENSION))
    spread = random.uniform(0.3, 1.5, size=(COUNT, 1))
    points = centres[random.integers(CLUSTERS, size=COUNT)] + spread * random.normal(size=(COUNT, DIMENSION))
    points[::30] = random.normal(size=(COUNT // 30, DIMENSION))
    return np.rint(points / np.abs(points).max(axis=1, keepdims=True) * 127).astype(np.int8)


def main():
    stored = vectors()
    unit = stored / np.linalg.norm(stored, axis=1, keepdims=True)
    distances, _ = NearestNeighbors(n_neighbors=NEIGHBOURS, metric="cosine").fit(unit).kneighbors()
    assert distances.min() > 0.03, "near-identical vectors would fold into one picture"
    lof = LocalOutlierFactor(n_neighbors=NEIGHBOURS, metric="cosine").fit(unit)
    golden = {
        "neighbours": NEIGHBOURS,
        "vectors": [row.tolist() for row in stored],
        "knn": [round(float(score), 6) for score in distances.mean(axis=1)],
        "lof": [round(float(score), 6) for score in -lof.negative_outlier_factor_],
    }
    file = pathlib.Path(__file__).with_name("outliers.json")
    file.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
