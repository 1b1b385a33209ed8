"""The labels of a file: which line has which, and nothing that grows with the length of an id.

A line may name words that stand before the answer, as "Answer:": then a model may say what it likes before them.
"""

from array import array
from collections.abc import Iterator
from hashlib import blake2b

from characters import spaced
from forms import Forms, form_of
from job import shown
from rows import SenselessError, rows
from thought import after_thought

# Figures by label are for a person, and each label has its own.
MOST_LABELS = 10_000
LONGEST_LABEL = 1_000
LONGEST_WORDS = 100
MOST_WORDS = 100


def key_of(custom_id: str) -> bytes:
    """As good as the id, and always as short."""
    return blake2b(custom_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Labels:
    """The labels of a file, and which of them an answer names."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._number_of: dict[str, int] = {}
        self._row_of: dict[bytes, int] = {}
        self._numbers = array("H")
        self._words_before: list[str] = []
        self._words_numbers = array("B")
        self._forms = Forms({})

    def add(self, where: str, custom_id: str, label: str, words_before: str) -> None:
        row = self._row_of.setdefault(key_of(custom_id), len(self._numbers))
        number = self._number_of.get(label)
        if row < len(self._numbers):
            if self._numbers[row] != number:
                raise SenselessError(f'{where}: "{shown(custom_id)}" has another label in an earlier line')
            return
        if words_before not in self._words_before:
            self._words_before.append(words_before)
        if len(self._words_before) > MOST_WORDS:
            raise SenselessError(f"{where}: more than {MOST_WORDS} different texts in 'answer_after'")
        self._words_numbers.append(self._words_before.index(words_before))
        if number is None:
            number = self._number_of[label] = len(self.names)
            self.names.append(label)
        if len(self.names) > MOST_LABELS:
            raise SenselessError(f"{where}: more than {MOST_LABELS:,} different labels; figures by label are for fewer")
        self._numbers.append(number)

    def complete(self) -> None:
        """No label comes any more."""
        by_form: dict[str, str] = {}
        for name in sorted(self.names):
            other = by_form.setdefault(form_of(name), name)
            if other != name:
                raise SenselessError(f'the labels "{shown(other)}" and "{shown(name)}" cannot be told apart')
        self._forms = Forms(by_form)

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        """The label of each row."""
        return (self.names[number] for number in self._numbers)

    def row_of(self, custom_id: str) -> int | None:
        return self._row_of.get(key_of(custom_id))

    def at(self, row: int) -> str:
        return self.names[self._numbers[row]]

    def of(self, row: int, answer: str, cut: bool) -> tuple[str | None, bool]:
        """The label that the answer to a row names, and whether it is nothing else.

        One that was cut off before any thought has ended may be a thought as a whole: many templates begin it. Where words have to stand
        before the answer, what follows the last of them is the answer; without them it has to be a label and nothing else.
        """
        said, thought_ended = after_thought(answer, cut)
        text, only_whole = spaced(said), cut and not thought_ended
        words_before = self._words_before[self._words_numbers[row]]
        if words_before:
            _, found, text = text.rpartition(words_before)
            text, only_whole = text.strip(), only_whole or not found
        return self._forms.find(text, cut, only_whole)


def read_labels(path: str) -> Labels:
    labels = Labels()
    for where, row in rows(path, "labels"):
        custom_id, label = row.get("custom_id"), row.get("label")
        if not isinstance(custom_id, str) or not isinstance(label, str) or not spaced(label):
            raise SenselessError(f"{where}: 'custom_id' and 'label' must be texts that are not empty")
        if len(label) > LONGEST_LABEL:
            raise SenselessError(f"{where}: a label of {len(label):,} characters; at most {LONGEST_LABEL:,} can be looked for in an answer")
        words = row.get("answer_after", "")
        if not isinstance(words, str) or len(words) > LONGEST_WORDS:
            raise SenselessError(f"{where}: 'answer_after' must be a text of at most {LONGEST_WORDS} characters")
        labels.add(where, custom_id, label, spaced(words))
    if len(labels) == 0:
        raise SenselessError(f"labels {path}: no line")
    labels.complete()
    return labels
