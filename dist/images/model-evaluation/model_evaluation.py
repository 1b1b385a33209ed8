"""Says how often the answers of a batch are the right label.

usage: model_evaluation.py PREDICTIONS LABELS OUTPUT [options]; --help lists them

PREDICTIONS is the folder that batch_inference.py wrote; until all its shards are complete it is waited for. LABELS has one JSON
object a line, {"custom_id": ..., "label": ...}. Into the folder OUTPUT go evaluation.json and evaluation.html, a page for a person.

What an answer says is found like this. Both it and the labels are compared in Unicode's compatibility form (NFKC), without regard to
case, with single spaces, and without punctuation, quotes and Markdown around them; what a model thinks up to </think> is no answer.
An answer that is a label is an exact match. Otherwise the label counts that stands first in it as a whole word, of those at one
place the longest. An answer without a label is unparsable; a line without an answer is missing. Both count as wrong.

  accuracy   right ones of all that have a label
  precision  of a label: right ones of all answers that say so; 0 when none does
  recall     of a label: right ones of all that have it
  F1         of a label: 2 x precision x recall / (precision + recall), which is 2 x right / (answers that say so + all that have it)
  macro      the mean over the labels; weighted: by how many have the label

Exit codes: 0 done, 3 done and below a threshold. As in sysexits.h: another try cannot help with 64 wrong usage, 65 labels or
predictions that make no sense, 66 no labels. Another try may with 74 input or output failed, 75 the batch is not complete, or stopped.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from model_evaluation_page import page

BELOW, USAGE, DATA, NO_INPUT, IO, TEMPORARY = 3, 64, 65, 66, 74, 75
SAID_EVERY_SECONDS = 60.0
SHOWN_MISTAKES = 50
LONGEST_SHOWN = 300
THRESHOLDS = ("accuracy", "macro_f1", "weighted_f1", "exact_match")
EDGE = re.compile(r"^[\W_]+|[\W_]+$")


class Senseless(Exception):
    """Labels or predictions that no figure can be computed from."""


class Incomplete(Exception):
    """The batch has not written everything."""


class Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"evaluation: {message}\n{self.format_usage()}")


def say(text: str, error: bool = False) -> None:
    print(f"evaluation: {text}", file=sys.stderr if error else sys.stdout, flush=True)


def spaced(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def normal(text: str) -> str:
    """As answers and labels are compared. A label of nothing but signs, as "+", stays what it is."""
    return EDGE.sub("", spaced(text)) or spaced(text)


class Labels:
    """The labels of a file, and which of them an answer names."""

    def __init__(self, by_id: dict[str, str]) -> None:
        self.by_id = by_id
        self.names = sorted(set(by_id.values()))
        self._by_form: dict[str, str] = {}
        for name in self.names:
            other = self._by_form.setdefault(normal(name), name)
            if other != name:
                raise Senseless(f"the labels {json.dumps(other)} and {json.dumps(name)} cannot be told apart")
        forms = sorted(self._by_form, key=len, reverse=True)
        self._named = re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in forms))

    def of(self, answer: str) -> tuple[str | None, bool]:
        """The label that an answer names, and whether it is nothing else."""
        said = answer.rpartition("</think>")[2]
        if (exact := self._by_form.get(normal(said))) is not None:
            return exact, True
        found = self._named.search(spaced(said))
        return (self._by_form[found[0]], False) if found else (None, False)


def rows(path: str, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where each row stands, and the row."""
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError):
                raise Senseless(f"{what} {path}, line {number}: no JSON") from None
            if not isinstance(row, dict):
                raise Senseless(f"{what} {path}, line {number}: no JSON object")
            yield f"{what} {path}, line {number}", row


def read_labels(path: str) -> Labels:
    by_id: dict[str, str] = {}
    for where, row in rows(path, "labels"):
        custom_id, label = row.get("custom_id"), row.get("label")
        if not isinstance(custom_id, str) or not isinstance(label, str) or not normal(label):
            raise Senseless(f"{where}: 'custom_id' and 'label' must be texts that are not empty")
        if by_id.setdefault(custom_id, label) != label:
            raise Senseless(f"{where}: {json.dumps(custom_id)} has another label in an earlier line")
    if not by_id:
        raise Senseless(f"labels {path}: no line")
    return Labels(by_id)


def text_of(where: str, row: dict[str, Any]) -> str:
    """What the first choice of a chat or a completion says; a choice without a text says nothing."""
    try:
        choice = row["response"]["body"]["choices"][0]
        text = choice["message"]["content"] if "message" in choice else choice["text"]
    except (KeyError, IndexError, TypeError):
        raise Senseless(f"{where}: no answer of a chat or a completion") from None
    return text if isinstance(text, str) else ""


def missing_shards(folder: str) -> str | None:
    """What the batch has not written yet."""
    try:
        names = set(os.listdir(folder))
    except FileNotFoundError:
        return f"there is no folder {folder}"
    manifests = sorted(name for name in names if re.fullmatch(r"manifest-\d{5}\.json", name))
    if not manifests:
        return f"there is no batch in {folder}"
    try:
        with open(os.path.join(folder, manifests[0]), encoding="utf-8") as file:
            shards = int(json.load(file)["completions"])
    except (ValueError, KeyError, TypeError):
        raise Senseless(f"{manifests[0]} in {folder} cannot be read") from None
    missing = [shard for shard in range(shards) if f"summary-{shard:05d}.json" not in names]
    return f"{len(missing)} of {shards} shards are not complete: {', '.join(map(str, missing[:10]))}" if missing else None


def wait_for(folder: str, seconds: float) -> None:
    end, said = time.monotonic() + seconds, -SAID_EVERY_SECONDS
    while (missing := missing_shards(folder)) is not None:
        left = end - time.monotonic()
        if left <= 0:
            raise Incomplete(missing)
        if time.monotonic() - said >= SAID_EVERY_SECONDS:
            said = time.monotonic()
            say(f"waiting for the batch, {left:.0f} s at most: {missing}")
        time.sleep(min(5.0, left))


def read_predictions(folder: str) -> tuple[dict[str, str], set[str]]:
    """The answers by custom_id, and those that ended as errors."""
    answers: dict[str, str] = {}
    failed: set[str] = set()
    for name in sorted(os.listdir(folder)):
        if not re.fullmatch(r"(part|errors)-\d{5}-\d{5}\.jsonl", name):
            continue
        for where, row in rows(os.path.join(folder, name), "predictions"):
            custom_id = row.get("custom_id")
            if name.startswith("errors-"):
                failed.update([custom_id] if isinstance(custom_id, str) else [])
                continue
            if not isinstance(custom_id, str) or custom_id in answers:
                raise Senseless(f"{where}: {'a second answer of ' + json.dumps(custom_id) if custom_id else 'no custom_id'}")
            answers[custom_id] = text_of(where, row)
    return answers, failed


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


def arguments() -> argparse.Namespace:
    about = "Says how often the answers of a batch are the right label."
    parser = Arguments(prog="model_evaluation.py", description=about, allow_abbrev=False)
    parser.add_argument("predictions", help="folder that batch_inference.py wrote")
    parser.add_argument("labels", help='file with a {"custom_id": ..., "label": ...} a line')
    parser.add_argument("output", help="folder of evaluation.json and evaluation.html")
    parser.add_argument("--title", default="Evaluation")
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="for the batch to be complete")
    for name in THRESHOLDS:
        parser.add_argument(f"--min-{name.replace('_', '-')}", type=float, metavar="SHARE", help="below it the exit code is 3")
    return parser.parse_args()


def write(path: str, text: str) -> None:
    """In a bucket an object is there as a whole, once it is closed."""
    with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def run(given: argparse.Namespace) -> int:
    try:
        labels = read_labels(given.labels)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        say(f"the labels cannot be read: {error.strerror}: {given.labels}", error=True)
        return NO_INPUT
    wait_for(given.predictions, given.wait)
    figures, mistakes = evaluate(labels, *read_predictions(given.predictions))
    asked = {name: getattr(given, f"min_{name}") for name in THRESHOLDS}
    figures["thresholds"] = {
        name: {"least": least, "holds": figures[name] >= least} for name, least in asked.items() if least is not None
    }
    shown = [{"custom_id": mistake.custom_id, "label": mistake.label, "said": mistake.said, "answer": mistake.answer[:LONGEST_SHOWN]}
             for mistake in mistakes[:SHOWN_MISTAKES]]
    os.makedirs(given.output, exist_ok=True)
    write(os.path.join(given.output, "evaluation.json"), json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    write(os.path.join(given.output, "evaluation.html"), page(given.title, figures, shown, len(mistakes)))
    say(f"{figures['right']} of {figures['labelled']} are right: accuracy {figures['accuracy']:.4f}, macro F1 {figures['macro_f1']:.4f},"
        f" exact match {figures['exact_match']:.4f}; {figures['unparsable']} unparsable, {figures['missing']} missing")
    say(f"written to {given.output}/evaluation.json and evaluation.html")
    missed = [f"{name} {figures[name]:.4f} < {limit['least']}" for name, limit in figures["thresholds"].items() if not limit["holds"]]
    if missed:
        say(f"below what was asked for: {', '.join(missed)}", error=True)
    return BELOW if missed else 0


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TEMPORARY))
    given = arguments()
    try:
        return run(given)
    except Senseless as error:
        code, message = DATA, str(error)
    except Incomplete as error:
        code, message = TEMPORARY, f"the batch is not complete: {error}"
    except OSError as error:
        code, message = IO, f"input or output failed: {error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    except KeyboardInterrupt:
        code, message = TEMPORARY, "stopped"
    say(message, error=True)
    return code


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
