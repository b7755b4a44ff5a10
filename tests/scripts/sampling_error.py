#!/usr/bin/env python3
"""How far "most unusual first" moves when neighbours are looked for in a random sample of the library instead of all of it.

    python3 -m venv venv && venv/bin/pip install numpy
    venv/bin/python sampling_error.py                          # 100,000 made vectors
    foray export EXPORT && venv/bin/python sampling_error.py EXPORT/vectors.npy

Prints the Markdown tables of docs/scaling.md. Takes some ten minutes and 1.2 GB for 100,000 vectors on one core
(OPENBLAS_NUM_THREADS=1); the same vectors give the same figures.

Scores are made as shared/library/src/unusual/mod.rs and clusters.rs make them, with 32-bit floats instead of 8-bit rows:
near-identical shots fold into the earliest of them; `unique` is 1 - the mean cosine to the k nearest pictures, `atypical`
1 - the cosine to the centre of the picture's cluster. With a sample every picture is still scored, but its neighbours (or the
centres) come from the sample alone.
"""

import sys

import numpy as np

COUNT, DIMENSION, CLUSTERS, LOCAL = 100_000, 128, 300, 12
OUTLIERS, BURSTS = 0.01, 0.03
SHARES = [0.5, 0.2, 0.1, 0.05, 0.01]
DRAWS = 3
BLOCK = 500

# As in Foray.
NEIGHBOURS, LIST, NEAR_IDENTICAL = 10, 32, 0.97
MOST_TRAINED, MOST_CENTRES, ROUNDS, LEAST_MEMBERS = 50_000, 512, 12, 8


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def made_vectors(random):
    """Clusters of power-law sizes, each as wide as it happens to be and flat in most directions; strangers; bursts."""
    normal = lambda *shape: random.normal(size=shape)
    centres = 0.8 * normal(CLUSTERS, DIMENSION)
    size = 1 / (1 + np.arange(CLUSTERS))
    of = random.choice(CLUSTERS, COUNT, p=size / size.sum())
    own = np.exp(0.3 * normal(COUNT, 1))
    vectors = centres[of] + 0.35 * own * normal(COUNT, DIMENSION)
    for cluster in range(CLUSTERS):
        at = np.flatnonzero(of == cluster)
        vectors[at] += 0.35 * np.exp(0.3 * normal(1)) * normal(len(at), LOCAL) @ normal(LOCAL, DIMENSION)
    strange = random.random(COUNT) < OUTLIERS
    vectors[strange] = normal(strange.sum(), DIMENSION)
    shots = np.flatnonzero(random.random(COUNT) < BURSTS)
    vectors[shots] = vectors[shots // 5 * 5] + 0.08 * normal(len(shots), DIMENSION)
    return unit(vectors)


def nearest(vectors, columns):
    """For each vector the LIST nearest of `columns` besides itself: rows and cosines, nearest first."""
    rows = np.empty((len(vectors), LIST), np.int32)
    cosines = np.empty((len(vectors), LIST), np.float32)
    others = vectors[columns].T
    place = np.full(len(vectors), -1)
    place[columns] = np.arange(len(columns))
    for first in range(0, len(vectors), BLOCK):
        part = slice(first, min(first + BLOCK, len(vectors)))
        scores = vectors[part] @ others
        itself = place[part]
        scores[itself >= 0, itself[itself >= 0]] = -2
        at = np.argpartition(scores, -LIST, axis=1)[:, -LIST:]
        best = np.take_along_axis(scores, at, 1)
        order = np.argsort(-best, axis=1, kind="stable")
        rows[part] = columns[np.take_along_axis(at, order, 1)]
        cosines[part] = np.take_along_axis(best, order, 1)
    return rows, cosines


def fold(vectors, among, rows, cosines):
    """Which of the rows `among` stand for themselves: no earlier picture that its neighbours fold into is near-identical."""
    leader = np.arange(len(vectors))
    for row in among:
        same = rows[row][(cosines[row] >= NEAR_IDENTICAL) & (rows[row] < row)]
        for candidate in sorted(set(leader[same])):
            if vectors[row] @ vectors[candidate] >= NEAR_IDENTICAL:
                leader[row] = candidate
                break
    return leader == np.arange(len(vectors))


def unique(vectors, pictures, standing, rows, cosines, k):
    """1 - mean cosine of each of `pictures` to the k nearest others that stand for themselves and are not the same picture."""
    scores = np.empty(len(pictures))
    everyone = np.flatnonzero(standing)
    for number, row in enumerate(pictures):
        fits = cosines[row][standing[rows[row]] & (cosines[row] < NEAR_IDENTICAL)][:k]
        if len(fits) < k:
            # The list is full of shots of a burst: a search, as Foray does then.
            all_of_them = vectors[everyone] @ vectors[row]
            fits = np.sort(all_of_them[(all_of_them < NEAR_IDENTICAL) & (everyone != row)])[::-1][:k]
        scores[number] = 1 - fits.mean()
    return scores


def centres_of(vectors, trained_on, count):
    """Spherical k-means; small clusters are dissolved."""

    def groups(centres):
        return np.concatenate([np.argmax(vectors[part] @ centres.T, axis=1) for part in parts])

    def means(of, kept):
        sums = np.zeros((of.max() + 1, vectors.shape[1]))
        np.add.at(sums, of, vectors[trained_on])
        return unit(sums[kept])

    parts = np.array_split(trained_on, len(trained_on) // 5_000 + 1)
    centres = vectors[trained_on[:: max(len(trained_on) // count, 1)][:count]]
    for _ in range(ROUNDS):
        of = groups(centres)
        centres = means(of, np.unique(of))
    of = groups(centres)
    large = np.flatnonzero(np.bincount(of) >= LEAST_MEMBERS)
    # Where all clusters are small, there is one of all.
    return means(of, large) if len(large) else means(np.zeros_like(of), np.array([0]))


def atypical(vectors, pictures, trained_on):
    count = min(int(np.ceil(np.sqrt(len(vectors)) / 2)), MOST_CENTRES)
    even = trained_on[:: -(-len(trained_on) // MOST_TRAINED)]
    centres = centres_of(vectors, even, count)
    parts = np.array_split(pictures, len(pictures) // 5_000 + 1)
    return len(even), np.concatenate([1 - (vectors[part] @ centres.T).max(axis=1) for part in parts])


def ranks(values):
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def agreement(exact, approximate):
    """Spearman's rho, and which shares of the true first hundred or thousand are among the first ones here."""
    first = lambda scores, count: set(np.argsort(-scores, kind="stable")[:count].tolist())
    shared = lambda count, among: len(first(exact, count) & first(approximate, among)) / count
    rho = np.corrcoef(ranks(exact), ranks(approximate))[0, 1]
    return np.array([rho, shared(100, 100), shared(1_000, 1_000), shared(100, 1_000), shared(100, 5_000)])


def line(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def head(*names):
    line(*names)
    line(*["---"] * len(names))


def figures(values):
    rho, *shares = np.mean(values, axis=0)
    return f"{rho:.3f}", *(f"{share:.0%}" for share in shares)


COLUMNS = "rank correlation", "top 100 kept", "top 1,000 kept", "top 100 in first 1,000", "in first 5,000"


def main(vectors):
    everyone = np.arange(len(vectors))
    lists = nearest(vectors, everyone)
    standing = fold(vectors, everyone, *lists)
    pictures = np.flatnonzero(standing)
    exact = unique(vectors, pictures, standing, *lists, NEIGHBOURS)
    spread = ", ".join(f"{value:.3f}" for value in np.quantile(exact, [0.01, 0.5, 0.99, 1]))
    print(f"{len(vectors):,} vectors of {vectors.shape[1]} components, {len(pictures):,} pictures, means of {DRAWS} draws.")
    print(f"Exact scores at 1 %, 50 %, 99 % and 100 %: {spread}.\n")

    draws = [np.random.default_rng(100 + draw).permutation(len(vectors)) for draw in range(DRAWS)]
    samples = {share: [np.sort(draw[: round(share * len(vectors))]) for draw in draws] for share in SHARES}
    head("unique: sample", "k", *COLUMNS)
    for share in SHARES:
        scaled = max(1, round(NEIGHBOURS * share))
        values = {NEIGHBOURS: [], scaled: []}
        for sample in samples[share]:
            lists = nearest(vectors, sample)
            sampled = np.zeros(len(vectors), bool)
            sampled[sample] = fold(vectors, sample, *lists)[sample]
            for k, kept in values.items():
                kept.append(agreement(exact, unique(vectors, pictures, sampled, *lists, k)))
        for k, name in [(NEIGHBOURS, "fixed"), (scaled, "scaled")]:
            line(f"{share:.0%}", f"{k} ({name})", *figures(values[k]))

    _, exact = atypical(vectors, pictures, everyone)
    print()
    head("atypical: sample", "centres trained on", *COLUMNS)
    for share in SHARES:
        results = [atypical(vectors, pictures, sample) for sample in samples[share]]
        line(f"{share:.0%}", f"{results[0][0]:,}", *figures([agreement(exact, scores) for _, scores in results]))


if __name__ == "__main__":
    main(unit(np.load(sys.argv[1])) if len(sys.argv) > 1 else made_vectors(np.random.default_rng(1)))
