"""What labels and answers say together.

accuracy   right ones of all that have a label
precision  of a label: right ones of all answers that say so; 0 when none does
recall     of a label: right ones of all that have it
F1         of a label: 2 x precision x recall / (precision + recall), which is 2 x right / (answers that say so + all that have it)
macro      the mean over the labels; weighted: by how many have the label

An answer without a label is unparsable; a line without an answer is missing. Both count as wrong. What is kept while answers pass is a
byte for each line and the first mistakes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from job import shown
from labels import Labels, key_of
from predictions import Prediction
from rows import SenselessError

SHOWN_MISTAKES = 50
LONGEST_SHOWN = 300
_NO_ANSWER, _FAILED, _ANSWERED = range(3)


@dataclass(frozen=True)
class Mistake:
    custom_id: str
    label: str
    said: str | None
    """None is no label at all."""
    answer: str


class Mistakes:
    """How many there are of one kind, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.shown: list[Mistake] = []

    def add(self, label: str, said: str | None, prediction: Prediction) -> None:
        self.count += 1
        if self.count <= SHOWN_MISTAKES:
            self.shown.append(Mistake(prediction.custom_id[:LONGEST_SHOWN], label, said, prediction.text[:LONGEST_SHOWN]))


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


class Evaluation:
    """Counts answers as they pass, each by its true label."""

    def __init__(self, labels: Labels) -> None:
        self.wrong, self.unparsable = Mistakes(), Mistakes()
        self._labels = labels
        self._state = bytearray(len(labels))
        self._strangers: set[bytes] = set()
        self._exact = 0
        self._confusion: dict[str, Counter[str]] = {name: Counter() for name in sorted(labels.names)}
        """Labels that answers name."""
        self._unparsable: Counter[str] = Counter()

    def answers(self, predictions: Iterable[Prediction]) -> None:
        for prediction in predictions:
            row = self._labels.row_of(prediction.custom_id)
            known = row is not None and self._state[row] == _ANSWERED
            if known or (row is None and key_of(prediction.custom_id) in self._strangers):
                raise SenselessError(f'{prediction.where}: a second answer of "{shown(prediction.custom_id)}"')
            if row is None:
                self._strangers.add(key_of(prediction.custom_id))
            else:
                self._state[row] = _ANSWERED
                self._judge(row, prediction)

    def _judge(self, row: int, prediction: Prediction) -> None:
        label = self._labels.at(row)
        said, is_exact = self._labels.of(row, prediction.text, prediction.cut)
        if said is None:
            self._unparsable[label] += 1
            self.unparsable.add(label, said, prediction)
            return
        self._confusion[label][said] += 1
        self._exact += is_exact and said == label
        if said != label:
            self.wrong.add(label, said, prediction)

    def failures(self, custom_ids: Iterable[str]) -> None:
        """Requests that failed."""
        for row in map(self._labels.row_of, custom_ids):
            if row is not None and self._state[row] == _NO_ANSWER:
                self._state[row] = _FAILED

    def figures(self) -> dict[str, Any]:
        per_label = dict(self._by_label())
        count, right = len(self._labels), sum(row["right"] for row in per_label.values())
        return {
            "labelled": count, "right": right, "accuracy": share(right, count), "exact_match": share(self._exact, count),
            **means(per_label),
            "unparsable": self.unparsable.count, "missing": count - self._state.count(_ANSWERED),
            "missing_by_error": self._state.count(_FAILED), "answers_without_label": len(self._strangers),
            "labels": per_label, "confusion": {name: dict(sorted(row.items())) for name, row in self._confusion.items()},
        }

    def _by_label(self) -> Iterator[tuple[str, dict[str, Any]]]:
        support = Counter(self._labels)
        missing = Counter(label for label, state in zip(self._labels, self._state, strict=True) if state != _ANSWERED)
        predicted: Counter[str] = Counter()
        for row in self._confusion.values():
            predicted.update(row)
        for name, row in self._confusion.items():
            right = row[name]
            yield name, {
                "precision": share(right, predicted[name]), "recall": share(right, support[name]),
                "f1": share(2 * right, predicted[name] + support[name]), "support": support[name], "predicted": predicted[name],
                "right": right, "unparsable": self._unparsable[name], "missing": missing[name],
            }


def means(per_label: dict[str, dict[str, Any]]) -> dict[str, float]:
    kinds = {"macro": dict.fromkeys(per_label, 1), "weighted": {name: row["support"] for name, row in per_label.items()}}
    return {
        f"{kind}_{figure}": share(sum(row[figure] * weights[name] for name, row in per_label.items()), sum(weights.values()))
        for kind, weights in kinds.items() for figure in ("precision", "recall", "f1")
    }
