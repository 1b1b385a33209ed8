"""The labels of a file, and which of them an answer names.

Answers and labels are compared in Unicode's compatibility form (NFKC), without regard to case, with single spaces, and without
punctuation, quotes and Markdown around them; what a model thinks up to </think> is no answer. An answer that is a label is an exact
match. Otherwise the label counts that stands first in it as a whole word, of those at one place the longest.
"""

import json
import re
import unicodedata

from rows import SenselessError, rows

EDGE = re.compile(r"^[\W_]+|[\W_]+$")


def spaced(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def bare(form: str) -> str:
    """Of what is spaced, as answers and labels are compared. A label of nothing but signs, as "+", stays what it is."""
    return EDGE.sub("", form) or form


class Labels:
    """The labels of a file, and which of them an answer names."""

    def __init__(self, by_id: dict[str, str]) -> None:
        self.by_id = by_id
        self.names = sorted(set(by_id.values()))
        self._by_form: dict[str, str] = {}
        for name in self.names:
            other = self._by_form.setdefault(bare(spaced(name)), name)
            if other != name:
                raise SenselessError(f"the labels {json.dumps(other)} and {json.dumps(name)} cannot be told apart")
        forms = sorted(self._by_form, key=len, reverse=True)
        self._named = re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in forms))

    def of(self, answer: str) -> tuple[str | None, bool]:
        """The label that an answer names, and whether it is nothing else."""
        said = spaced(answer.rpartition("</think>")[2])
        if (exact := self._by_form.get(bare(said))) is not None:
            return exact, True
        found = self._named.search(said)
        return (self._by_form[found[0]], False) if found else (None, False)


def read_labels(path: str) -> Labels:
    by_id: dict[str, str] = {}
    for where, row in rows(path, "labels"):
        custom_id, label = row.get("custom_id"), row.get("label")
        if not isinstance(custom_id, str) or not isinstance(label, str) or not spaced(label):
            raise SenselessError(f"{where}: 'custom_id' and 'label' must be texts that are not empty")
        if by_id.setdefault(custom_id, label) != label:
            raise SenselessError(f"{where}: {json.dumps(custom_id)} has another label in an earlier line")
    if not by_id:
        raise SenselessError(f"labels {path}: no line")
    return Labels(by_id)
