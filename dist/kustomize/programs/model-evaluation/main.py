"""Says how often the answers of a batch are the right label. --help prints its contract; figures.py says what each figure is."""

import argparse
import contextlib
import json
import os
import signal
import sys

from contract import Contract
from exits import DATA, IO, MISSED, NO_INPUT, TEMPORARY
from figures import evaluate
from labels import read_labels
from page import page
from predictions import IncompleteError, read_predictions, wait_for
from rows import SenselessError

SHOWN_MISTAKES = 50
LONGEST_SHOWN = 300
THRESHOLDS = ("accuracy", "macro_f1", "weighted_f1", "exact_match")


def say(text: str, error: bool = False) -> None:
    print(f"evaluation: {text}", file=sys.stderr if error else sys.stdout, flush=True)


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
    wait_for(given.predictions, given.wait, say)
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
    return MISSED if missed else 0


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TEMPORARY))
    given = Contract().parse()
    try:
        return run(given)
    except SenselessError as error:
        code, message = DATA, str(error)
    except IncompleteError as error:
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
