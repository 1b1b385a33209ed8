"""Says how often the answers of a batch are the right label. --help prints its contract; figures.py says what each figure is."""

import argparse
import json
import os
from typing import Any

from exits import MISSED
from figures import Evaluation
from job import reading, run, say
from labels import read_labels
from page import page
from predictions import failed, predictions, wait_for
from whole_file import whole_file


def thresholds_of(given: argparse.Namespace, figures: dict[str, Any]) -> dict[str, Any]:
    """Of the figures that have to reach something: what, and whether they do."""
    asked = {name.removeprefix("min_"): least for name, least in vars(given).items() if name.startswith("min_") and least is not None}
    return {name: {"least": least, "holds": figures[name] >= least} for name, least in asked.items()}


def write_all(given: argparse.Namespace, figures: dict[str, Any], evaluation: Evaluation) -> None:
    os.makedirs(given.output, exist_ok=True)
    texts = {
        "evaluation.json": json.dumps(figures, indent=2, ensure_ascii=False) + "\n",
        "evaluation.html": page(given.title, figures, evaluation.wrong, evaluation.unparsable),
    }
    for name, text in texts.items():
        with whole_file(os.path.join(given.output, name)) as file:
            file.write(text)


def judge(given: argparse.Namespace) -> int:
    with reading("the labels", given.labels):
        evaluation = Evaluation(read_labels(given.labels))
    wait_for(given.predictions, given.wait)
    evaluation.answers(predictions(given.predictions))
    evaluation.failures(failed(given.predictions))
    figures = evaluation.figures()
    figures["thresholds"] = thresholds_of(given, figures)
    write_all(given, figures, evaluation)
    say(f"{figures['right']} of {figures['labelled']} are right: accuracy {figures['accuracy']:.4f}, macro F1 {figures['macro_f1']:.4f},"
        f" exact match {figures['exact_match']:.4f}; {figures['unparsable']} unparsable, {figures['missing']} missing")
    say(f"written to {given.output}/evaluation.json and evaluation.html")
    missed = [f"{name} {figures[name]:.4f} < {limit['least']}" for name, limit in figures["thresholds"].items() if not limit["holds"]]
    if missed:
        say(f"below what was asked for: {', '.join(missed)}", error=True)
    return MISSED if missed else 0


if __name__ == "__main__":
    run(judge)
