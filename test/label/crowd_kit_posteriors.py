"""Writes test/fixtures/agreement/crowd-kit-1.4.2.json: what crowd-kit makes of the anaesthetists.

crowd-kit brings transformers and 700 MB along, so that it is run by hand and its result is kept:

    python3 -m venv /tmp/crowd-kit && /tmp/crowd-kit/bin/pip install crowd-kit==1.4.2
    /tmp/crowd-kit/bin/python test/label/crowd_kit_posteriors.py
"""

import json
from pathlib import Path

import pandas as pd
from crowdkit.aggregation import DawidSkene

FIXTURES = Path(__file__).parent.parent / "fixtures" / "agreement"


def ratings():
    table = json.loads((FIXTURES / "dawid-skene-1979.json").read_text())
    for patient, row in enumerate(table["patients"], start=1):
        for answer in row["first"]:
            yield str(patient), "1", answer
        for observer, answer in enumerate(row["others"], start=2):
            yield str(patient), str(observer), answer


def consensus(rows):
    data = pd.DataFrame(rows, columns=["task", "worker", "label"])
    # No tolerance: its bound falls at times where somebody answers twice, and would end it early.
    model = DawidSkene(n_iter=2000, tol=-1e9).fit(data)
    return {
        task: {label: float(share) for label, share in row.items()}
        for task, row in model.probas_.iterrows()
    }


everything = list(ratings())
result = {
    "source": "crowd-kit 1.4.2, DawidSkene(n_iter=2000, tol=-1e9), by test/label/crowd_kit_posteriors.py",
    "all": consensus(everything),
    # Every third rating is missing.
    "thinned": consensus([row for at, row in enumerate(everything) if at % 3 != 2]),
}
(FIXTURES / "crowd-kit-1.4.2.json").write_text(json.dumps(result, indent=2) + "\n")
