"""Agreement, consensus and label errors by other packages, for agreement.int.test.ts.

Reads {"alpha", "kappa", "ratings", "boxes", "labels", "probabilities"} from standard input and
prints what each package makes of it.
"""

import json
import sys

import krippendorff
import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import cohen_kappa_score


def alphas(tables):
    """One coefficient per table of units (rows) by observers; null is a missing answer."""
    found = []
    for units in tables:
        codes = {name: at for at, name in enumerate(sorted({a for u in units for a in u if a}))}
        data = [[np.nan if a is None else codes[a] for a in unit] for unit in units]
        found.append(
            krippendorff.alpha(
                reliability_data=np.array(data, dtype=float).T, level_of_measurement="nominal"
            )
        )
    return found


def dawid_skene(ratings, steps=3000):
    """Dense arrays, plain products: nothing in common with the code under test."""
    units, annotators, classes = (sorted({r[at] for r in ratings}) for at in range(3))
    counts = np.zeros((len(units), len(annotators), len(classes)))
    for unit, annotator, said in ratings:
        counts[units.index(unit), annotators.index(annotator), classes.index(said)] += 1
    truth = counts.sum(axis=1) / counts.sum(axis=(1, 2))[:, None]
    for _ in range(steps):
        marginals = truth.mean(axis=0)
        errors = np.einsum("ij,ikl->kjl", truth, counts)
        sums = errors.sum(axis=2, keepdims=True)
        errors = np.divide(errors, sums, out=np.full_like(errors, 1 / len(classes)), where=sums > 0)
        likelihood = marginals * np.prod(errors[None] ** counts[:, :, None, :], axis=(1, 3))
        truth = likelihood / likelihood.sum(axis=1, keepdims=True)
    return {unit: truth[at].tolist() for at, unit in enumerate(units)}


def best_overlaps(cases, least):
    """The highest sum of intersections over union of one-to-one pairs, per pair of lists."""
    found = []
    for left, right in cases:
        gains = np.zeros((len(left), len(right)))
        for row, a in enumerate(left):
            for column, b in enumerate(right):
                across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
                down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
                shared = max(0, across) * max(0, down)
                iou = shared / (a[2] * a[3] + b[2] * b[3] - shared)
                gains[row, column] = iou if iou >= least else 0
        rows, columns = linear_sum_assignment(gains, maximize=True)
        found.append(float(gains[rows, columns].sum()))
    return found


def confident(labels, probabilities):
    labels, probabilities = np.array(labels), np.array(probabilities)
    counts, issues = compute_confident_joint(
        labels, probabilities, calibrate=False, return_indices_of_off_diagonals=True
    )
    return {
        "thresholds": get_confident_thresholds(labels, probabilities).tolist(),
        "counts": counts.tolist(),
        "issues": [int(at) for at in issues],
    }


given = json.load(sys.stdin)
json.dump(
    {
        "alphas": alphas(given["alpha"]),
        "kappa": cohen_kappa_score(*zip(*given["kappa"])),
        "posteriors": dawid_skene(given["ratings"]),
        "overlaps": best_overlaps(given["boxes"]["cases"], given["boxes"]["least"]),
        "confident": confident(given["labels"], given["probabilities"]),
    },
    sys.stdout,
)
