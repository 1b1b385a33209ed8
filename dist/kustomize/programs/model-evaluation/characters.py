"""Texts as they are compared, and what a character can be to the word or the number beside it."""

import re
import unicodedata
from functools import lru_cache

# Dashes are one sign; what only chooses how an emoji or a digit looks is none.
_AS_ONE = str.maketrans({**dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"), **dict.fromkeys("\ufe0e\ufe0f\u20e3", "")})
# 1,000,000, and the same with spaces that do not break.
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[,\u00a0\u2009\u202f]\d{3})+(?![\d,])")
_GROUPS = re.compile(r"\D")
# Most texts have none of them, which this tells in no time.
_SEPARATORS = ",\u00a0\u2009\u202f"
# Thai, Lao, Myanmar, Khmer; kana; Han with its extensions.
_UNSPACED = ((0xE00, 0xEFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF),
             (0x20000, 0x3FFFF))
# Punctuation that means something at the edge of a word, and symbols that do not.
SIGNS = frozenset("-#%&@*")
_MARKUP = frozenset("`~|_")


def spaced(text: str) -> str:
    """In Unicode's compatibility form, without regard to case, with single spaces, and with numbers that are in one piece."""
    if any(separator in text for separator in _SEPARATORS):
        text = _GROUPED.sub(lambda number: _GROUPS.sub("", number[0]), text)
    plain = unicodedata.normalize("NFKC", text)
    return " ".join(plain.translate(_AS_ONE).casefold().split())


@lru_cache(4096)
def is_word(char: str) -> bool:
    return char.isalnum() or is_mark(char)


@lru_cache(4096)
def is_mark(char: str) -> bool:
    """A part of the letter before it."""
    return char == "ー" or unicodedata.category(char)[0] == "M"


@lru_cache(4096)
def is_unspaced(char: str) -> bool:
    """Of a script that sets no spaces between words."""
    return any(first <= ord(char) <= last for first, last in _UNSPACED)


def is_hangul(char: str) -> bool:
    """Korean words have endings without a space."""
    return "가" <= char <= "힣"


@lru_cache(4096)
def is_edge(char: str) -> bool:
    """Whether a character around a label means nothing."""
    return char in _MARKUP or (unicodedata.category(char)[0] in "PZC" and char not in SIGNS)
