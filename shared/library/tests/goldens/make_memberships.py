"""How umap-learn weighs neighbours by their distances, for the test in src/projection/fuzzy_graph.rs.

    pip install umap-learn && python make_memberships.py > memberships.json
"""

import json

import numpy as np
from umap.umap_ import compute_membership_strengths, smooth_knn_dist

NEIGHBOURS = 15


def weights(distances):
    """Of one row's neighbours; umap-learn counts the row itself as the first."""
    with_itself = np.array([[0.0, *distances]], dtype=np.float32)
    indices = np.arange(len(distances) + 1)[None, :]
    sigmas, rhos = smooth_knn_dist(with_itself, float(len(distances) + 1), local_connectivity=1.0)
    _, _, values, _ = compute_membership_strengths(indices, with_itself, sigmas, rhos)
    return [round(float(value), 6) for value in values[1:]]


def main():
    random = np.random.default_rng(1)
    rows = [np.sort(random.uniform(0.02, 0.9, NEIGHBOURS)) for _ in range(6)]
    rows += [np.sort(0.3 + 0.01 * random.standard_normal(NEIGHBOURS)) for _ in range(3)]
    rows += [np.concatenate([[0.0, 0.0], rows[0][2:]]), np.full(NEIGHBOURS, 0.25), rows[1][:4], rows[2][:2]]
    rows = [[round(float(x), 6) for x in row] for row in rows]
    print(json.dumps([{"distances": row, "weights": weights(row)} for row in rows]))


if __name__ == "__main__":
    main()
