"""Prints what CleanVision finds in folders of pictures, and how fast: a line of JSON per folder.

    pip install cleanvision==0.3.7
    python scripts/cleanvision_run.py FOLDER...

Used by `npm run bench:quality -- --peers PYTHON`.
"""

import contextlib
import io
import json
import resource
import sys
import time

from cleanvision import Imagelab

for folder in sys.argv[1:]:
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        lab = Imagelab(data_path=folder)
        # Duplicates are about two pictures, not about one.
        checks = {name: {} for name in ("dark", "light", "blurry", "low_information", "odd_aspect_ratio", "odd_size", "grayscale")}
        lab.find_issues(checks, n_jobs=2, verbose=False)
    seconds = time.perf_counter() - start
    flags = lab.issues[[column for column in lab.issues.columns if column.startswith("is_")]]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({
        "folder": folder,
        "pictures": len(flags),
        "flagged": int(flags.any(axis=1).sum()),
        "seconds": seconds,
        "peakKiB": peak,
    }), flush=True)
