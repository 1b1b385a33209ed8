"""One request of a batch and what becomes of it, whatever the server does."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

import aiohttp  # type: ignore[import-not-found,unused-ignore]
from exits import CONFIGURATION, UNAVAILABLE
from input_file import strict_json
from job import EndError, say
from retry import pause, retry_after

CONNECT_SECONDS = 10.0
STATE_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 300.0
LONGEST_ANSWER_BYTES = 64 * 2**20
LONGEST_SHOWN = 500
SAID_EVERY_SECONDS = 10.0


class RefusedError(EndError):
    """The server will never take a request of this run."""

    code = CONFIGURATION


class GoneError(EndError):
    """The server did not come (back) in time."""

    code = UNAVAILABLE
    advice = "What is answered is written; the next run goes on there"


@dataclass(frozen=True)
class Patience:
    request_seconds: float
    """Seconds of the longest wait for one answer."""
    retries: int
    """Further tries of a request that the server got."""
    ready_seconds: float
    """Seconds that the server may be away."""


@dataclass(frozen=True)
class Answer:
    status: int
    request_id: str
    body: Any


@dataclass(frozen=True)
class Failure:
    """Why a request has no answer."""

    code: str
    message: str
    answer: Answer | None = None


@dataclass(frozen=True)
class _Again:
    """The request may be asked again, not before so many seconds."""

    failure: Failure
    after: float = 0.0


class _UnreachedError(Exception):
    """The request was never sent."""


def _pause(attempt: int) -> float:
    return pause(attempt, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)


def _plain(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return (reason or type(error).__name__)[:LONGEST_SHOWN]


def _message_of(body: Any) -> str:
    """What an error says, in the forms that vLLM and proxies use."""
    error = body.get("error", body) if isinstance(body, dict) else body
    text = error.get("message", error) if isinstance(error, dict) else error
    return (text if isinstance(text, str) else json.dumps(text))[:LONGEST_SHOWN]


def _fault_of(body: Any) -> tuple[str, str] | None:
    """Why an answer with status 200 is none."""
    if not isinstance(body, dict):
        return "malformed_answer", "the answer is no JSON object"
    parts = body.get("choices", body.get("data"))
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        return "malformed_answer", f"the answer has neither choices nor data: {_message_of(body)}"
    if any(part.get("finish_reason") == "abort" for part in parts):
        # So ends a vLLM server that is stopped what it works on, with status 200
        return "aborted", "the server stopped in mid-answer"
    return None


class Server:
    def __init__(self, url: str, model: str, patience: Patience, key: str | None) -> None:
        self._url, self._model = url.rstrip("/"), model
        self._retries, self._ready_seconds = patience.retries, patience.ready_seconds
        seconds = patience.request_seconds
        # A connection for each request, so that new servers behind the same address get their share; never through a proxy.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(CONNECT_SECONDS, seconds)),
            headers={"authorization": f"Bearer {key}"} if key else {},
        )
        self._coming_back = asyncio.Lock()

    async def close(self) -> None:
        await self._session.close()

    async def ready(self) -> None:
        """Waits until the server has the model. Raises GoneError when that takes too long, and RefusedError when it has another one."""
        started = said = time.monotonic()
        attempt = 0
        while (why := await self._hindrance()) is not None:
            waited = time.monotonic() - started
            if waited > self._ready_seconds:
                raise GoneError(f"{self._url} was not ready after {waited:.0f} s: {why}")
            if attempt == 0 or time.monotonic() - said >= SAID_EVERY_SECONDS:
                said = time.monotonic()
                say(f"waiting for {self._url}, {self._ready_seconds - waited:.0f} s at most: {why}")
            await asyncio.sleep(min(5.0, _pause(attempt)))
            attempt += 1

    async def _hindrance(self) -> str | None:
        try:
            async with self._session.get(f"{self._url}/v1/models", timeout=aiohttp.ClientTimeout(total=STATE_SECONDS)) as response:
                status, content = response.status, await response.content.read(2**20)
        except (TimeoutError, aiohttp.ClientError) as error:
            return _plain(error) if str(error) else "it does not answer in time"
        if status in (401, 403):
            raise RefusedError(f"{self._url} answers {status}: it wants another key than this program has, or one at all")
        if status in (404, 405):
            raise RefusedError(f"{self._url} answers {status} to /v1/models: it is no vLLM server")
        if status != 200:
            return f"it answers {status}"
        try:
            models = [str(entry["id"]) for entry in strict_json(content)["data"]]
        except (ValueError, KeyError, TypeError):
            return "its list of models makes no sense"
        if self._model not in models:
            raise RefusedError(f"{self._url} serves {', '.join(models) or 'nothing'}, not {self._model}")
        return None

    async def ask(self, path: str, body: dict[str, Any]) -> Answer | Failure:
        """Asks until there is an answer, a refusal that is final, or no attempt left.

        A request that was never sent costs no attempt: as long as the server is away, all wait for it, and when it does not come
        back none of them has failed.
        """
        try:
            content = json.dumps(body).encode()
        except RecursionError:
            # Reading goes as deep as writing, but not from everywhere.
            return Failure("invalid_json", "the body is nested too deeply")
        attempt = unreached = 0
        unreached_since: float | None = None
        while True:
            try:
                outcome = await self._once(path, content)
            except _UnreachedError as error:
                unreached_since = unreached_since or time.monotonic()
                if time.monotonic() - unreached_since > self._ready_seconds:
                    raise GoneError(f"{self._url} cannot be reached: {error}") from None
                async with self._coming_back:
                    await self.ready()
                await asyncio.sleep(_pause(unreached))
                unreached += 1
                continue
            unreached_since, unreached = None, 0
            if not isinstance(outcome, _Again):
                return outcome
            if attempt >= self._retries:
                return outcome.failure
            await asyncio.sleep(max(outcome.after, _pause(attempt)))
            attempt += 1

    async def _once(self, path: str, content: bytes) -> Answer | Failure | _Again:
        headers = {"content-type": "application/json"}
        try:
            async with self._session.post(self._url + path, data=content, headers=headers, allow_redirects=False) as response:
                whole = await _whole(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _UnreachedError(_plain(error)) from None
        except TimeoutError:
            return _Again(Failure("request_timeout", "no answer in time"))
        except aiohttp.ClientPayloadError:
            return _Again(Failure("connection_lost", "the answer was cut off"))
        except aiohttp.ClientError as error:
            return _Again(Failure("connection_lost", f"the answer did not arrive: {_plain(error)}"))
        if whole is None:
            return Failure("answer_too_large", f"the answer has more than {LONGEST_ANSWER_BYTES} bytes")
        return _judged(response, whole)


async def _whole(response: Any) -> bytes | None:
    """The body, or None when it is too large."""
    pieces, size = [], 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > LONGEST_ANSWER_BYTES:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _judged(response: Any, whole: bytes) -> Answer | Failure | _Again:
    try:
        body, fault = strict_json(whole), None
    except ValueError as error:
        body, fault = whole[:LONGEST_SHOWN].decode("utf-8", "replace"), ("malformed_answer", f"the answer is no JSON: {error}")
    request_id = body.get("id") if isinstance(body, dict) else None
    answer = Answer(response.status, request_id if isinstance(request_id, str) else "", body)
    if answer.status != 200:
        failure = Failure(f"http_{answer.status}", _message_of(body) or response.reason or "", answer)
        again = answer.status in (408, 425, 429) or answer.status >= 500
        return _Again(failure, retry_after(response.headers.get("retry-after"), LONGEST_RETRY_AFTER_SECONDS)) if again else failure
    fault = fault or _fault_of(body)
    return answer if fault is None else _Again(Failure(*fault, answer))
