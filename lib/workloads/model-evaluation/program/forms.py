"""Finds labels in what an answer says.

Answers and labels are compared without regard to case, width, spaces, and punctuation, quotes and Markdown around them. Signs belong
to a label: "-1" is not "1", nor is "C++" "C". The label counts that stands first as a whole word or a whole number, of those at one
place the longest: "non-spam" is a word, and "1.5", "4/5" and "50%" are numbers; "1,000" is "1000". Where a script has no spaces, as
Chinese, Japanese and Thai, a label is found wherever it stands.
"""

import re
from bisect import bisect_right

from characters import SIGNS, is_edge, is_hangul, is_mark, is_unspaced, is_word, spaced

_IN_WORD = frozenset("-_&")
_IN_NUMBER = frozenset(".,:/'\u2019\u2044^-")
_BEFORE_NUMBER = frozenset("+-<>≤≥±")
# What follows is no word character, and a text with single spaces has none of it.
_NOTHING = "\n"


def form_of(label: str) -> str:
    """A label as answers are compared with it. One of nothing but marks, as "?", stays what it is."""
    whole = spaced(label)
    start, end = 0, len(whole)
    while end - start > 1:
        first, last = whole[start], whole[end - 1]
        # Markdown is on both sides or, in a list, apart.
        paired = first == last == "*"
        if paired or is_edge(first) or (first in SIGNS and whole[start + 1] == " "):
            start += 1
        elif is_edge(last) or (last in SIGNS and whole[end - 2] == " "):
            end -= 1
        else:
            break
        end -= paired
    form = whole[start:end]
    return form if form and not is_edge(form[0]) else whole


class Forms:
    """Labels by their form, and the first of them in a text, in a time that grows with the text alone."""

    def __init__(self, by_form: dict[str, str]) -> None:
        self._by_form = by_form
        self._sorted = sorted(by_form)
        self._longest = max(map(len, by_form), default=0)
        # The longest other form that a form begins with: all that can stand at one place hang together by it.
        self._shorter: dict[str, str | None] = {}
        begun: list[str] = []
        for form in self._sorted:
            while begun and not form.startswith(begun[-1]):
                begun.pop()
            self._shorter[form] = begun[-1] if begun else None
            begun.append(form)
        self._begins_another = set(self._shorter.values())
        with_words = [form for form in by_form if any(map(is_word, form))]
        self._before = frozenset(form[0] for form in with_words if not is_word(form[0]))
        self._after = frozenset(form[-1] for form in with_words if not is_word(form[-1]))
        self._signs = (self._before | self._after) - {"*"}
        self._firsts = re.compile("|".join(sorted({re.escape(form[0]) for form in by_form})) or r"(?!)")

    def find(self, text: str, cut: bool, only_whole: bool) -> tuple[str | None, bool]:
        """The label that a spaced text names, and whether it says nothing else.

        What stands at the end of a text that was cut off may go on: it counts only alone, and when no other label begins with it.
        """
        form, start = (text, 0) if text in self._by_form else self._first(text)
        if form is None:
            return None, False
        end = start + len(form)
        # It ends at the first that means something, which is near as a rule.
        whole = not any(is_word(char) or char in self._signs for part in (text[end:], text[:start]) for char in part)
        unsure = cut and end == len(text) and (form in self._begins_another or not whole)
        return (None, False) if unsure or (only_whole and not whole) else (self._by_form[form], whole)

    def _first(self, text: str) -> tuple[str | None, int]:
        for found in self._firsts.finditer(text):
            start = found.start()
            window = text[start : start + self._longest]
            at = bisect_right(self._sorted, window)
            form = self._sorted[at - 1] if at else None
            while form is not None:
                if window.startswith(form) and not self._goes_on(form, text, start):
                    return form, start
                form = self._shorter[form]
        return None, 0

    def _goes_on(self, form: str, text: str, start: int) -> bool:
        """Whether a form is a part of something longer."""
        end = start + len(form)
        before = (text[max(0, start - 3) : start][::-1] + 3 * _NOTHING)[:3]
        after = (text[end : end + 3] + 3 * _NOTHING)[:3]
        if form[-1] == before[0] == "*":
            return True
        return self._goes_on_left(form, before) or self._goes_on_right(form, after, before[0])

    def _goes_on_left(self, form: str, before: str) -> bool:
        first, near, far = form[0], before[0], before[1]
        if not is_word(first):
            return near == first or (is_word(near) and not is_unspaced(near))
        if is_word(near):
            return _is_one_word(near, first) and is_hangul(near) == is_hangul(first)
        if near in self._before:
            return True
        if first.isnumeric() and _is_number_before(near, far):
            return True
        return (near in _IN_WORD and is_word(far) and not is_unspaced(far)) or _is_abbreviated(form, before)

    def _goes_on_right(self, form: str, after: str, before: str) -> bool:
        last, near, far, farther = form[-1], after[0], after[1], after[2]
        if not is_word(last):
            return near == last or (is_word(near) and not is_unspaced(near))
        if is_word(near):
            return is_mark(near) or (_is_one_word(last, near) and not is_hangul(near))
        if near in "+#" or (near in self._after and not near == before == "*"):
            return True
        if last.isnumeric():
            return near in "%‰" or (near in _IN_NUMBER and far.isnumeric())
        if near in "'\u2019":
            return is_word(far) and not (far == "s" and not is_word(farther))
        return (near in _IN_WORD and is_word(far) and not is_unspaced(far)) or _is_abbreviated(form, after)


def _is_one_word(left: str, right: str) -> bool:
    """Whether two characters of words belong to one."""
    return (left.isnumeric() and right.isnumeric()) or not (is_unspaced(left) or is_unspaced(right))


def _is_number_before(near: str, far: str) -> bool:
    """Whether what stands before a digit belongs to its number: 1.5, .5, -5, <5; an arrow does not."""
    if far.isnumeric():
        return near in _IN_NUMBER or near in _BEFORE_NUMBER
    if near == ".":
        return not is_word(far) and far != "."
    return near in _BEFORE_NUMBER and not (near == ">" and far in "-=")


def _is_abbreviated(form: str, beside: str) -> bool:
    """The letters of "e.g." and of "U.S." are no words."""
    return len(form) == 1 and beside[0] == "." and is_word(beside[1]) and not is_word(beside[2])
