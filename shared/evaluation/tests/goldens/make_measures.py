#!/usr/bin/env python3
"""Writes measures.json: what scikit-learn, SciPy and plain NumPy make of small cases, for our measures to agree with.

    python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_measures.py
"""

import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import binom, binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support, top_k_accuracy_score


def softmax(logits):
    """exp(x) / sum exp(x) of each row, in plain NumPy."""
    exponentials = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def calibration_error(confidences, right, bins=15):
    """The reference implementation of Guo et al. (2017), github.com/gpleiss/temperature_scaling, in NumPy."""
    edges = np.linspace(0, 1, bins + 1)
    error = 0.0
    for lower, upper in zip(edges[:-1], edges[1:]):
        inside = (confidences > lower) & (confidences <= upper)
        if inside.any():
            error += abs(confidences[inside].mean() - right[inside].mean()) * inside.mean()
    return error


def measured(name, labels, probabilities):
    """A case and what is expected of it."""
    photos, classes = probabilities.shape
    # A stable sort puts the first of equals first, as we do.
    order = np.argsort(-probabilities, axis=1, kind="stable")
    predicted = order[:, 0]
    right = predicted == labels
    top5 = (order[:, :5] == labels[:, None]).any(axis=1).mean()
    without_ties = all(len(set(row)) == classes for row in probabilities.tolist())
    if classes > 5 and without_ties:
        assert np.isclose(top5, top_k_accuracy_score(labels, probabilities, k=5, labels=range(classes)))
    precision, recall, f1, images = precision_recall_fscore_support(
        labels, predicted, labels=range(classes), zero_division=0
    )
    return {
        "name": name,
        "classes": classes,
        "labels": labels.tolist(),
        "probabilities": probabilities.ravel().tolist(),
        "top1": right.mean(),
        # Bounds of what a bootstrap of infinitely many resamples gives.
        "top1_interval": [binom.ppf(part, photos, right.mean()) / photos for part in (0.025, 0.975)],
        "top5": top5,
        "macro_f1": f1_score(labels, predicted, average="macro", zero_division=0),
        "calibration_error": calibration_error(probabilities.max(axis=1), right),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "images": images.tolist(),
        "confusion": confusion_matrix(labels, predicted, labels=range(classes)).tolist(),
    }


def drawn(random, photos, classes, sharpness):
    """Labels and probabilities that lean towards them."""
    labels = random.integers(classes, size=photos)
    logits = random.normal(size=(photos, classes))
    logits[np.arange(photos), labels] += sharpness
    return labels, np.round(softmax(logits * 1.5), 6)


def measures(random):
    cases = [
        measured("two classes", *drawn(random, 60, 2, 0.8)),
        measured("twelve classes", *drawn(random, 200, 12, 1.5)),
        measured("always right", *drawn(random, 30, 3, 12.0)),
    ]
    quarters = np.array([[1, 1, 1, 1], [2, 2, 0, 0], [0, 2, 2, 0], [1, 0, 1, 2], [0, 0, 2, 2], [0, 4, 0, 0]]) / 4
    cases.append(measured("ties", random.integers(4, size=48), quarters[random.integers(len(quarters), size=48)]))
    labels, probabilities = drawn(random, 80, 7, 1.0)
    # Class 2 is neither label nor prediction, class 4 is never predicted, class 5 never the label.
    labels[np.isin(labels, [2, 5])] = 4
    probabilities[:, [2, 4]] = 0
    cases.append(measured("absent classes", labels, probabilities))
    return cases


def mcnemar():
    """The exact test is a two-sided binomial test of the photos that only one got right."""
    pairs = [(0, 1), (0, 6), (3, 3), (5, 12), (40, 20), (412, 350), (3000, 3200), (150, 900)]
    return [{"only_this": a, "only_other": b, "p_value": binomtest(a, a + b, 0.5).pvalue} for a, b in pairs]


def softmaxes():
    rows = [[0.3, -1.2, 2.5], [1000.0, 999.0, -1000.0], [-1000.0, -1000.0], [7.0], [100 * c for c in (0.21, 0.24, 0.19)]]
    return [{"logits": row, "probabilities": softmax(np.array(row)).tolist()} for row in rows]


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32).astype(float)


def probe_without_prior(photos, labels, classes, c):
    """Multinomial logistic regression with an L2 penalty, by scikit-learn."""
    fitted = LogisticRegression(C=c, tol=1e-10, max_iter=100_000).fit(photos, labels)
    # Its penalty is |W|² / 2 beside C times the sum of losses; ours strength / (2 classes) |W|² beside their mean.
    return {
        "prior": None,
        "strength": classes / (c * len(labels)),
        "weights": fitted.coef_.tolist(),
        "bias": fitted.intercept_.tolist(),
        "probabilities": fitted.predict_proba(photos).tolist(),
    }


def probe_with_prior(photos, labels, classes, prior, strength):
    """The same with weights that are pulled towards scaled prompts, by a general minimiser on plain NumPy."""
    picked = np.arange(len(labels)), labels

    def zero_shot_loss(scale):
        return -np.log(softmax(scale * photos @ prior.T)[picked]).mean()

    scale = minimize_scalar(zero_shot_loss, bounds=(0, 100), method="bounded", options={"xatol": 1e-10}).x

    def loss(parameters):
        weights, bias = np.split(parameters, [prior.size])
        weights = weights.reshape(prior.shape)
        moved = weights - scale * prior
        probabilities = softmax(photos @ weights.T + bias)
        errors = (probabilities - np.eye(classes)[labels]) / len(labels)
        gradient = errors.T @ photos + strength / classes * moved
        value = -np.log(probabilities[picked]).mean() + strength / classes / 2 * (moved**2).sum()
        return value, np.concatenate([gradient.ravel(), errors.sum(axis=0)])

    start = np.concatenate([(scale * prior).ravel(), np.zeros(classes)])
    found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 100_000}).x
    weights, bias = np.split(found, [prior.size])
    weights = weights.reshape(prior.shape)
    return {
        "prior": prior.tolist(),
        "strength": strength,
        "scale": scale,
        "weights": weights.tolist(),
        "bias": bias.tolist(),
        "probabilities": softmax(photos @ weights.T + bias).tolist(),
    }


def probes(random):
    classes, dimension = 3, 8
    prior = unit(random.normal(size=(classes, dimension)) + 1.0)
    labels = random.integers(classes, size=45)
    photos = unit(prior[labels] + random.normal(size=(45, dimension)) * 0.45)
    fitted = [probe_without_prior(photos, labels, classes, c) for c in (1.0, 50.0)]
    fitted.append(probe_with_prior(photos, labels, classes, prior, 0.05))
    return {"classes": classes, "photos": photos.tolist(), "labels": labels.tolist(), "fitted": fitted}


def main():
    random = np.random.default_rng(20260131)
    goldens = {
        "measures": measures(random),
        "mcnemar": mcnemar(),
        "softmax": softmaxes(),
        "probes": probes(random),
    }
    Path(__file__).with_name("measures.json").write_text(json.dumps(goldens, indent=None) + "\n")


if __name__ == "__main__":
    main()
