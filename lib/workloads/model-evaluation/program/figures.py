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


@dataclass(frozen=True)
class Tally:
    """What has been counted, each by true label."""

    support: Counter[str]
    """All lines that have the label."""
    confusion: dict[str, Counter[str]]
    """Labels that their answers name."""
    unparsable: Counter[str]
    missing: Counter[str]


def evaluate(labels: Labels, answers: dict[str, str], failed: set[str]) -> tuple[dict[str, Any], list[Mistake]]:
    tally = Tally(Counter(labels.by_id.values()), {name: Counter() for name in labels.names}, Counter(), Counter())
    exact = 0
    mistakes: list[Mistake] = []
    for custom_id, label in labels.by_id.items():
        if custom_id not in answers:
            tally.missing[label] += 1
            continue
        said, is_exact = labels.of(answers[custom_id])
        exact += is_exact and said == label
        if said is None:
            tally.unparsable[label] += 1
        else:
            tally.confusion[label][said] += 1
        if said != label:
            mistakes.append(Mistake(custom_id, label, said, answers[custom_id]))
    per_label = figures_by_label(tally)
    count, right = len(labels.by_id), sum(row["right"] for row in per_label.values())
    return {
        "labelled": count, "right": right, "accuracy": share(right, count), "exact_match": share(exact, count),
        **means(per_label),
        "unparsable": tally.unparsable.total(), "missing": tally.missing.total(),
        "missing_by_error": len(failed & labels.by_id.keys() - answers.keys()),
        "answers_without_label": len(answers.keys() - labels.by_id.keys()),
        "labels": per_label, "confusion": {name: dict(sorted(row.items())) for name, row in tally.confusion.items()},
    }, mistakes


def figures_by_label(tally: Tally) -> dict[str, dict[str, Any]]:
    predicted = Counter(said for row in tally.confusion.values() for said in row.elements())
    found = {}
    for name, row in tally.confusion.items():
        right, support = row[name], tally.support[name]
        found[name] = {
            "precision": share(right, predicted[name]), "recall": share(right, support),
            "f1": share(2 * right, predicted[name] + support), "support": support, "predicted": predicted[name],
            "right": right, "unparsable": tally.unparsable[name], "missing": tally.missing[name],
        }
    return found


def means(per_label: dict[str, dict[str, Any]]) -> dict[str, float]:
    kinds = {"macro": dict.fromkeys(per_label, 1), "weighted": {name: row["support"] for name, row in per_label.items()}}
    return {
        f"{kind}_{figure}": share(sum(row[figure] * weights[name] for name, row in per_label.items()), sum(weights.values()))
        for kind, weights in kinds.items() for figure in ("precision", "recall", "f1")
    }
