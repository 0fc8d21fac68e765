"""Figures of cleanlab and pyod on embeddings that `npm run bench:ood -- --peers` wrote.

    python scripts/ood_peers.py FOLDER

FOLDER/DOMAIN holds reference.npy, ordinary.npy and strange-SET.npy (with .logits.npy beside the
last two) and `kind`. Prints JSON: [{ method, kind, set, auroc, fpr95 }].
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
from cleanlab.outlier import OutOfDistribution
from pyod.models.copod import COPOD
from pyod.models.ecod import ECOD
from pyod.models.hbos import HBOS
from pyod.models.iforest import IForest
from pyod.models.kde import KDE
from pyod.models.knn import KNN
from pyod.models.lof import LOF
from pyod.models.ocsvm import OCSVM
from pyod.models.pca import PCA
from sklearn.metrics import roc_auc_score

warnings.filterwarnings("ignore")


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def softmax(rows):
    shifted = np.exp(rows - rows.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


def figures(ordinary, strange):
    truth = np.r_[np.zeros(len(ordinary)), np.ones(len(strange))]
    limit = np.sort(strange)[int(0.05 * len(strange))]
    return {
        "auroc": float(roc_auc_score(truth, np.r_[ordinary, strange])),
        "fpr95": float((ordinary >= limit).mean()),
    }


def scorers(reference):
    """(name, function of embeddings and logits; higher is stranger)"""
    near = min(10, len(reference) - 1)
    features = OutOfDistribution(params={"k": near})
    features.fit(features=reference, verbose=False)
    yield "cleanlab (features)", lambda rows, _: -features.score(features=rows)
    for name in ("entropy", "least_confidence", "gen"):
        probable = OutOfDistribution(params={"adjust_pred_probs": False, "method": name})
        yield (
            f"cleanlab ({name})",
            lambda _, logits, of=probable: -of.fit_score(pred_probs=softmax(logits), verbose=False),
        )
    makers = {
        "KNN": lambda: KNN(n_neighbors=min(5, near)),
        "LOF": lambda: LOF(n_neighbors=min(20, near)),
        "ECOD": ECOD,
        "COPOD": COPOD,
        "HBOS": HBOS,
        "PCA": PCA,
        "OCSVM": OCSVM,
        "KDE": KDE,
        "IForest": lambda: IForest(random_state=0),
    }
    for name, make in makers.items():
        for how, prepare in (("", lambda rows: rows), (", normalised", unit)):
            try:
                fitted = make().fit(prepare(reference))
            except Exception as error:  # a detector that can't fit is said, not hidden
                print(f"pyod {name}{how} can't be fitted: {error}", file=sys.stderr)
                continue
            yield (
                f"pyod {name}{how}",
                lambda rows, _, of=fitted, prepare=prepare: of.decision_function(prepare(rows)),
            )


def main(folder):
    cells = []
    for domain in sorted(path for path in folder.iterdir() if path.is_dir()):
        load = lambda name: np.load(domain / f"{name}.npy").astype(np.float64)
        kind = (domain / "kind").read_text()
        ordinary = load("ordinary"), load("ordinary.logits")
        sets = sorted(
            path.stem.removeprefix("strange-")
            for path in domain.glob("strange-*.npy")
            if not path.stem.endswith(".logits")
        )
        for name, score in scorers(load("reference")):
            usual = np.asarray(score(*ordinary))
            for which in sets:
                odd = np.asarray(score(load(f"strange-{which}"), load(f"strange-{which}.logits")))
                cells.append({"method": name, "kind": kind, "set": which, **figures(usual, odd)})
        print(f"{domain.name}: peers done", file=sys.stderr)
    json.dump(cells, sys.stdout)


main(Path(sys.argv[1]))
