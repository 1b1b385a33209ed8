"""What scikit-learn says of [[label, said], ...] on stdin; what is said may be null. As the evaluation names the figures."""

import json
import sys

from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

NOTHING = "\0nothing"
FIGURES = ("precision", "recall", "f1")

pairs = json.load(sys.stdin)
true, said = [label for label, _ in pairs], [said if said is not None else NOTHING for _, said in pairs]
names = sorted(set(true))


def figures(average: str | None) -> list:
    return list(precision_recall_fscore_support(true, said, labels=names, average=average, zero_division=0))[:3]


json.dump({
    "names": names,
    "accuracy": accuracy_score(true, said),
    **{f"{kind}_{figure}": value for kind in ("macro", "weighted") for figure, value in zip(FIGURES, figures(kind), strict=True)},
    "labels": {
        name: dict(zip(FIGURES, values, strict=True))
        for name, *values in zip(names, *(each.tolist() for each in figures(None)), strict=True)
    },
    "confusion": dict(zip(names, confusion_matrix(true, said, labels=names).tolist(), strict=True)),
}, sys.stdout)
