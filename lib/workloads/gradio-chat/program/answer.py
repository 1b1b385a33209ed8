"""One answer of the server as it comes in, and what a person reads when it does not."""

import asyncio
import json
import math
import re
import time
from collections.abc import AsyncGenerator
from typing import Any

import httpx
from retry import retry_after
from settings import Settings

LARGEST_EVENT = 2**20
EXPLAIN_SECONDS = 10.0

AGAIN = "Your question is kept: choose Retry."
LATER = "Your question is kept: choose Retry in a moment."
BUSY = f"The model is busy with other questions. {LATER}"
NO_PART = f"The answer ends here: the server sent something that is no part of an answer. {AGAIN}"


class UnansweredError(Exception):
    """Why there is no answer, or no more of it; the text is what a person reads."""


class TemporarilyUnansweredError(UnansweredError):
    """It may be otherwise in a moment."""

    def __init__(self, text: str, after_seconds: float = 0.0) -> None:
        super().__init__(text)
        self.after_seconds = after_seconds


class NoSystemPromptError(UnansweredError):
    """The model's chat template has no place for a system prompt."""


async def refusal(response: httpx.Response, settings: Settings) -> UnansweredError:
    """What another status than 200 means to a person."""
    status, reason = response.status_code, await explanation(response)
    after = retry_after(response.headers.get("retry-after"), math.inf)
    if status in (429, 503):
        return TemporarilyUnansweredError(BUSY, after)
    if status in (502, 504):
        return TemporarilyUnansweredError(f"The model cannot be reached at the moment. {LATER}", after)
    if status in (401, 403):
        return UnansweredError(
            "The server does not accept this page's key. Tell whoever runs it: its Secret does not hold the server's key."
        )
    if status == 404:
        return UnansweredError(f"The server does not know the model {settings.model}. Tell whoever runs this page.")
    if status == 400 and re.search("system role", reason, re.IGNORECASE):
        return NoSystemPromptError("This model takes no system prompt: clear it in the settings.")
    if status == 413 or (status == 400 and re.search("context length|longer than|too long|max_model_len", reason, re.IGNORECASE)):
        return UnansweredError(
            f"The conversation is too long for the model's context of {settings.max_model_len:,} tokens. Shorten the question, choose a"
            " shorter answer in the settings, or start a new conversation."
        )
    if status >= 500:
        return UnansweredError(f"The server failed (status {status}). {AGAIN}")
    return UnansweredError(f"The server refuses this question (status {status}){f': {reason}' if reason else ''}")


async def explanation(response: httpx.Response) -> str:
    """What the server says about its refusal, in one line."""
    try:
        message = json.loads(await asyncio.wait_for(beginning(response), EXPLAIN_SECONDS))["error"]["message"]
    except (TimeoutError, httpx.HTTPError, ValueError, KeyError, TypeError):
        return ""
    return " ".join(str(message).split())[:300]


async def beginning(response: httpx.Response) -> str:
    """A faulty server may never stop to explain itself."""
    read = b""
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) > LARGEST_EVENT:
            break
    return read.decode("utf-8", "replace")


async def events(response: httpx.Response, settings: Settings, end: float) -> AsyncGenerator[dict[str, Any], None]:
    """Server-sent events up to [DONE]; lines are cut at bytes, for an answer may hold every separator that str.splitlines knows."""
    chunks = response.aiter_raw()
    rest, begun = b"", False
    deadline = min(time.monotonic() + settings.first_token_seconds, end)
    while True:
        while b"\n" not in rest:
            try:
                rest += await asyncio.wait_for(anext(chunks), max(0.0, deadline - time.monotonic()))
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise timed_out(begun, settings, end) from None
            except httpx.HTTPError:
                raise UnansweredError(f"The answer ends here: the connection to the server was lost. {AGAIN}") from None
            if len(rest) > LARGEST_EVENT:
                raise UnansweredError(NO_PART)
        line, rest = rest.split(b"\n", 1)
        if not line.startswith(b"data:"):
            continue
        data = line.removeprefix(b"data:").strip()
        if data == b"[DONE]":
            return
        yield event_of(data)
        begun = True
        deadline = min(time.monotonic() + settings.next_token_seconds, end)


def event_of(data: bytes) -> dict[str, Any]:
    try:
        event = json.loads(data.decode("utf-8", "replace"))
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise UnansweredError(NO_PART)
    return event


def timed_out(begun: bool, settings: Settings, end: float) -> UnansweredError:
    if time.monotonic() >= end:
        return UnansweredError(f"The answer ends here: it took more than {settings.answer_seconds:g} seconds. {AGAIN}")
    if begun:
        return UnansweredError(f"The answer ends here: the server has sent nothing for {settings.next_token_seconds:g} seconds. {AGAIN}")
    return UnansweredError(BUSY)


def part_of(event: dict[str, Any]) -> tuple[str, str | None]:
    """The text of one event, and why the answer is over if it is."""
    if "error" in event:
        raise UnansweredError(f"The answer ends here: the server failed in the middle of it. {AGAIN}")
    try:
        choices = event["choices"]
        if not choices:
            return "", None
        text, reason = choices[0].get("delta", {}).get("content"), choices[0].get("finish_reason")
    except (KeyError, IndexError, AttributeError, TypeError):
        raise UnansweredError(NO_PART) from None
    return text if isinstance(text, str) else "", reason if isinstance(reason, str) else None
