"""What labels and answers say together.

accuracy   right ones of all that have a label
precision  of a label: right ones of all answers that say so; 0 when none does
recall     of a label: right ones of all that have it
F1         of a label: 2 x precision x recall / (precision + recall), which is 2 x right / (answers that say so + all that have it)
macro      the mean over the labels; weighted: by how many have the label

An answer without a label is unparsable; a line without an answer is missing. Both count as wrong.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from labels import Labels


@dataclass(frozen=True)
class Mistake:
    custom_id: str
    label: str
    said: str | None
    """None is no label at all."""
    answer: str


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def evaluate(labels: Labels, answers: dict[str, str], failed: set[str]) -> tuple[dict[str, Any], list[Mistake]]:
    confusion: dict[str, Counter[str]] = {name: Counter() for name in labels.names}
    missing, unparsable, support = Counter[str](), Counter[str](), Counter(labels.by_id.values())
    exact = 0
    mistakes: list[Mistake] = []
    for custom_id, label in labels.by_id.items():
        if custom_id not in answers:
            missing[label] += 1
            continue
        said, is_exact = labels.of(answers[custom_id])
        exact += is_exact and said == label
        if said is None:
            unparsable[label] += 1
        else:
            confusion[label][said] += 1
        if said != label:
            mistakes.append(Mistake(custom_id, label, said, answers[custom_id]))
    count = len(labels.by_id)
    right = {name: confusion[name][name] for name in labels.names}
    predicted = Counter(said for row in confusion.values() for said in row.elements())
    per_label = {}
    for name in labels.names:
        precision, recall = share(right[name], predicted[name]), share(right[name], support[name])
        f1 = share(2 * right[name], predicted[name] + support[name])
        per_label[name] = {
            "precision": precision, "recall": recall, "f1": f1, "support": support[name], "predicted": predicted[name],
            "right": right[name], "unparsable": unparsable[name], "missing": missing[name],
        }
    means = {
        f"{kind}_{figure}": share(sum(row[figure] * weights[name] for name, row in per_label.items()), weights.total())
        for kind, weights in (("macro", Counter(labels.names)), ("weighted", support)) for figure in ("precision", "recall", "f1")
    }
    return {
        "labelled": count, "right": sum(right.values()), "accuracy": share(sum(right.values()), count),
        "exact_match": share(exact, count), **means,
        "unparsable": unparsable.total(), "missing": missing.total(),
        "missing_by_error": len(failed & labels.by_id.keys() - answers.keys()),
        "answers_without_label": len(answers.keys() - labels.by_id.keys()),
        "labels": per_label, "confusion": {name: dict(sorted(row.items())) for name, row in confusion.items()},
    }, mistakes
