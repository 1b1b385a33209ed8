"""The lines of a batch in the OpenAI batch format: read, dealt out and judged."""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from job import shown

# What a vLLM server answers in one piece. https://platform.openai.com/docs/api-reference/batch/request-input
URLS = ("/v1/chat/completions", "/v1/completions", "/v1/embeddings")
LONGEST_LINE_BYTES = 16 * 2**20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Request:
    line: int
    custom_id: str
    url: str
    body: dict[str, Any]


@dataclass(frozen=True)
class BadLine:
    """A line that is never sent, and why."""

    line: int
    custom_id: str | None
    code: str
    message: str


@dataclass(frozen=True)
class Survey:
    """What one look at the whole input tells."""

    sha256: str
    lines: int
    """Of all shards, those that are not empty."""
    own: int
    """Of this shard."""
    repeated: dict[int, int]
    """Lines of this shard whose custom_id stands in an earlier one, with that one."""


class _UnusableError(ValueError):
    def __init__(self, code: str, message: str, custom_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.custom_id = custom_id


def strict_json(content: bytes) -> Any:
    """JSON as the standard has it, without NaN and Infinity. Raises ValueError on everything else."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    try:
        return json.loads(content.decode("utf-8"), parse_constant=refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _finite(digits: str) -> float:
    if math.isinf(value := float(digits)):
        raise ValueError(f"{shown(digits)} is too large a number")
    return value


def _lines(file: BinaryIO, digest: Any = None) -> Iterator[tuple[int, bytes | None]]:
    """Lines by their number from 1, without those that are empty; None in the place of one that is too long."""
    number = 0
    while line := file.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        whole: bytes | None = line if len(line) <= LONGEST_LINE_BYTES else None
        while True:
            if digest is not None:
                digest.update(line)
            if line.endswith(b"\n") or not (line := file.readline(LONGEST_LINE_BYTES)):
                break
            whole = None
        if number == 1 and whole is not None:
            whole = whole.removeprefix(BYTE_ORDER_MARK)
        if whole is None or whole.strip():
            yield number, whole


def _custom_id_of(content: bytes | None) -> str | None:
    try:
        custom_id = strict_json(content or b"")["custom_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return custom_id if isinstance(custom_id, str) else None


def survey(path: str, shard: int, shards: int) -> Survey:
    """Every shard looks at the whole input: a custom_id may be in two lines of different shards."""
    digest = hashlib.sha256()
    first: dict[bytes, int] = {}
    repeated: dict[int, int] = {}
    lines = own = 0
    with open(path, "rb") as file:
        for number, content in _lines(file, digest):
            lines += 1
            mine = number % shards == shard
            own += mine
            if (custom_id := _custom_id_of(content)) is not None:
                key = hashlib.blake2b(custom_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
                earlier = first.setdefault(key, number)
                if mine and earlier != number:
                    repeated[number] = earlier
    return Survey(digest.hexdigest(), lines, own, repeated)


def requests(
    path: str, shard: int, shards: int, repeated: dict[int, int], model: str, parameters: dict[str, Any],
) -> Iterator[Request | BadLine]:
    """The lines of a shard, in order. What a body does not say itself it gets from the parameters."""
    with open(path, "rb") as file:
        for number, content in _lines(file):
            if number % shards != shard:
                continue
            try:
                yield _judged(number, content, repeated.get(number), model, parameters)
            except _UnusableError as error:
                yield BadLine(number, error.custom_id, error.code, str(error))


def _judged(number: int, content: bytes | None, earlier: int | None, model: str, parameters: dict[str, Any]) -> Request:
    if content is None:
        raise _UnusableError("line_too_long", f"the line has more than {LONGEST_LINE_BYTES} bytes")
    try:
        entry = strict_json(content)
    except UnicodeDecodeError as error:
        raise _UnusableError("invalid_utf8", f"byte {error.start + 1} of the line is no UTF-8") from None
    except ValueError as error:
        raise _UnusableError("invalid_json", f"the line is no JSON: {error}") from None
    if not isinstance(entry, dict):
        raise _UnusableError("invalid_line", "the line is no JSON object")
    custom_id, body, url = entry.get("custom_id"), entry.get("body"), entry.get("url")
    if not isinstance(custom_id, str) or not custom_id:
        raise _UnusableError("missing_custom_id", "'custom_id' must be a text that is not empty")
    if earlier is not None:
        raise _UnusableError("duplicate_custom_id", f"'custom_id' is already in line {earlier}", custom_id)
    if entry.get("method", "POST") != "POST":
        raise _UnusableError("invalid_method", f"'method' ({shown(entry['method'])}) must be POST", custom_id)
    if url not in URLS:
        raise _UnusableError("invalid_url", f"'url' ({shown(url)}) must be one of {', '.join(URLS)}", custom_id)
    if not isinstance(body, dict):
        raise _UnusableError("invalid_body", "'body' must be a JSON object", custom_id)
    if body.get("model", model) != model:
        raise _UnusableError("wrong_model", f"'model' ({shown(body['model'])}) must be {model}, or be left out", custom_id)
    if body.get("stream"):
        raise _UnusableError("stream_not_possible", "'stream' must be left out: an answer is one record", custom_id)
    return Request(number, custom_id, url, {**parameters, **body, "model": model})
