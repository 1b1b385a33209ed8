"""What is left of a request when Gradio sees it: values of an event of the page, and of a conversation its texts alone.

Gradio takes a kilobyte for each part of a conversation, and writes what it makes no sense of into the log, part by part.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from conversation import read_conversation

LARGEST_BODY = 2**20
# Of a conversation of as many messages as the page shows, with the same again to spare.
MOST_PARTS = 20_000
MOST_DEPTH = 16
LONGEST_NAME = 100
LARGEST_NUMBER = 2**53

# For each event by its number, of each of its values whether it is a conversation.
Events = Mapping[int, Sequence[bool]]
# Gradio refuses it in a line.
NO_CONVERSATION = [None]
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


class SenselessError(Exception):
    """Why a body is not let through."""


def own_body(content: bytes, events: Events) -> bytes:
    """The body of which Gradio has nothing to fear."""
    value = _parsed(content)
    if not isinstance(value, dict):
        raise SenselessError("The request is no JSON object.")
    own: dict[str, Any] = {name: given for name in ("session_hash", "event_id") if _is_name(given := value.get(name))}
    own.update({name: given for name in ("fn_index", "trigger_id") if type(given := value.get(name)) is int})
    if "data" in value:
        own["data"] = _own_values(value["data"], events.get(own.get("fn_index", -1)))
    return json.dumps(own).encode()


def _parsed(content: bytes) -> Any:
    """JSON of few parts: what many parts take is known before it is taken."""
    skeleton = _STRING.sub(b"", content)
    opened = skeleton.count(b"[") + skeleton.count(b"{")
    if opened + skeleton.count(b",") > MOST_PARTS or _depth_of(skeleton) > MOST_DEPTH:
        raise SenselessError("The conversation has too many parts. Start a new one.")
    try:
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise SenselessError("The request is no JSON.") from None


def _depth_of(skeleton: bytes) -> int:
    depth = deepest = 0
    for bracket in re.findall(rb"[\[\]{}]", skeleton):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(rf"[\w-]{{1,{LONGEST_NAME}}}", value, re.ASCII) is not None


def _own_values(data: object, are_conversations: Sequence[bool] | None) -> list[Any]:
    if are_conversations is None or not isinstance(data, list) or len(data) != len(are_conversations):
        raise SenselessError("This page has no such event.")
    return [_own_conversation(value) if is_conversation else _own_value(value)
            for value, is_conversation in zip(data, are_conversations, strict=True)]


def _own_value(value: object) -> Any:
    """A text without halves of a surrogate pair, a number, or nothing."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value if isinstance(value, int | float) and abs(value) <= LARGEST_NUMBER else None


def _own_conversation(value: object) -> Any:
    if value is None:
        return None
    if not isinstance(value, list) or not all(map(_is_message, value)):
        return NO_CONVERSATION
    return [{**message, "content": [{"type": "text", "text": _own_value(message["content"])}]} for message in read_conversation(value)]


def _is_message(message: object) -> bool:
    if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
        return False
    content, metadata = message.get("content"), message.get("metadata")
    parts = content if isinstance(content, list) else [content]
    return (metadata is None or isinstance(metadata, dict)) and all(map(_is_part, parts))


def _is_part(part: object) -> bool:
    """A text, or what the page shows beside it; never a file."""
    return isinstance(part, str) or (isinstance(part, dict) and part.get("type") in ("text", "component"))
