"""Loads a COCO export with pycocotools and prints, as JSON, what it found in each split."""

import contextlib
import json
import os
import sys
from pathlib import Path

from PIL import Image, ImageOps
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def average_precision_of_truth(coco):
    """Evaluates the annotations against themselves: 1.0 if COCOeval understands them."""
    annotations = coco.loadAnns(coco.getAnnIds())
    results = [
        {key: a[key] for key in ("image_id", "category_id", "bbox")} | {"score": 1.0}
        for a in annotations
    ]
    if not results:
        return None
    evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return float(evaluation.stats[0])


def image_found(folder, image):
    with Image.open(folder / image["file_name"]) as opened:
        upright = ImageOps.exif_transpose(opened)
        return {
            "id": image["id"],
            "stated": [image["width"], image["height"]],
            "decoded": list(upright.size),
        }


def annotation_found(coco, annotation):
    """With the pixels of its mask, where it is outlined."""
    if not annotation["segmentation"]:
        return annotation
    return annotation | {"maskPixels": int(coco.annToMask(annotation).sum())}


def main(root):
    found = {}
    for file in sorted((root / "annotations").glob("instances_*.json")):
        split = file.stem.removeprefix("instances_")
        coco = COCO(str(file))
        found[split] = {
            "categories": {c["id"]: c["name"] for c in coco.loadCats(coco.getCatIds())},
            "images": [
                image_found(root / "images" / split, image)
                for image in coco.loadImgs(coco.getImgIds())
            ],
            "annotations": [
                annotation_found(coco, one) for one in coco.loadAnns(coco.getAnnIds())
            ],
            "averagePrecision": average_precision_of_truth(coco),
        }
    return found


with contextlib.redirect_stdout(sys.stderr):
    result = main(Path(os.path.abspath(sys.argv[1])))
json.dump(result, sys.stdout)
