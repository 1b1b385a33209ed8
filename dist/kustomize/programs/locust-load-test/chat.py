"""One streamed chat completion: what is asked, and the answer timed and judged as its reader sees it."""

import http.client
import json
import math
import random
import socket
import ssl
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

CONNECT_SECONDS = 10.0
LONGEST_LINE = 1 << 20
LONGEST_ANSWER = 32 << 20
LONGEST_DETAIL = 160
WHOLE = ("stop", "length", "tool_calls")
# For prompts of a length: short, common, and different enough that no two prompts look alike.
WORDS = [
    "time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world", "school", "state", "family", "student",
    "group", "country", "problem", "hand", "part", "place", "case", "week", "company", "system", "program", "question", "work",
    "government", "number", "night", "point", "home", "water", "room", "mother", "area", "money", "story", "fact", "month", "lot",
    "right", "study", "book", "eye", "job", "word", "business", "issue", "side", "kind", "head", "house", "service", "friend", "father",
    "power", "hour", "game", "line", "end", "member", "law", "car", "city", "community", "name", "president", "team", "minute", "idea",
    "kid", "body", "information", "back", "parent", "face", "others", "level", "office", "door", "health", "person", "art", "war",
    "history", "party", "result", "change", "morning", "reason", "research", "girl", "guy", "moment", "air", "teacher", "force",
    "education",
]


@dataclass(frozen=True)
class Limits:
    """How long one answer may take, in seconds."""

    first: float
    """Until its first event."""
    stall: float
    """From one piece of it to the next."""
    whole: float


@dataclass(frozen=True)
class Server:
    """Who is asked."""

    url: str
    model: str
    limits: Limits
    key: str | None = field(default=None, repr=False)
    """What it lets callers in by, if it asks for that."""

    @property
    def headers(self) -> dict[str, str]:
        asked = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        return asked if self.key is None else {**asked, "Authorization": f"Bearer {self.key}"}


@dataclass
class Answer:
    """What became of a request; times in seconds from when it was sent."""

    fault: str = ""
    """The kind of what went wrong; empty when nothing did."""
    detail: str = ""
    sent_at: float = 0.0
    """As time.time() says."""
    first: float = 0.0
    between: float = 0.0
    """Mean time from one token to the next."""
    pause: float = 0.0
    """The longest time without anything after the first token."""
    whole: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    bytes: int = 0


class FaultError(Exception):
    """Why an answer is none; `kind` is what it is counted under."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail


def printable(data: str | bytes) -> str:
    """One short line, whatever a server sent."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return "".join(char if char.isprintable() else " " for char in " ".join(text.split()))[:LONGEST_DETAIL]


def ask(server: Server, prompt: str, max_tokens: int, *, ignore_eos: bool) -> Answer:
    """Sends one request over a connection of its own, so that a Service routes each anew. Never raises for what a server does."""
    reading = Reading(server.limits)
    body = {
        "model": server.model, "messages": [{"role": "user", "content": prompt}], "max_tokens": max_tokens, "temperature": 0,
        "stream": True, "stream_options": {"include_usage": True}, **({"ignore_eos": True} if ignore_eos else {}),
    }
    try:
        reading.read(connect(server), json.dumps(body), server.headers)
        reading.check()
    except FaultError as fault:
        reading.answer.fault, reading.answer.detail = fault.kind, fault.detail
    reading.answer.whole = time.perf_counter() - reading.started
    return reading.answer


def connect(server: Server) -> http.client.HTTPConnection:
    url = urllib.parse.urlsplit(server.url)
    host = url.hostname or ""
    if url.scheme == "https":
        return http.client.HTTPSConnection(host, url.port, timeout=CONNECT_SECONDS, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, url.port, timeout=CONNECT_SECONDS)


class Reading:
    """An answer while it comes in."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.answer = Answer(sent_at=time.time())
        self.started = time.perf_counter()
        self.phase = "connect"
        self.reason: str | None = None
        self.last = 0.0
        self.events = 0
        self.done = False
        self.usage: Any = None

    def now(self) -> float:
        return time.perf_counter() - self.started

    def read(self, connection: http.client.HTTPConnection, body: str, headers: dict[str, str]) -> None:
        try:
            connection.connect()
            sock = connection.sock
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(self.limits.first)
            self.phase = "first"
            connection.request("POST", "/v1/chat/completions", body, headers)
            response = connection.getresponse()
            if response.status != 200:
                raise FaultError(f"HTTP {response.status}", printable(response.read(2048)))
            kind = response.headers.get_content_type()
            if kind != "text/event-stream":
                raise FaultError("no stream", f"the answer is {printable(kind)}")
            for event in self.lines(response, sock):
                self.take(event)
                if self.done:
                    break
        except TimeoutError:
            if self.now() >= self.limits.whole:
                raise self.too_slow() from None
            raise FaultError({"connect": "connection timed out", "first": "no answer in time"}.get(self.phase, "stalled")) from None
        except socket.gaierror as error:
            raise FaultError("name not found", printable(str(error))) from None
        except ConnectionRefusedError:
            raise FaultError("connection refused") from None
        except (ConnectionError, http.client.IncompleteRead, http.client.RemoteDisconnected) as error:
            raise FaultError("cut" if self.phase == "stream" else "connection lost", printable(str(error))) from None
        except (http.client.HTTPException, UnicodeError) as error:
            raise FaultError("no HTTP", printable(f"{type(error).__name__} {error}")) from None
        except OSError as error:
            raise FaultError("network", printable(str(error))) from None
        finally:
            connection.close()

    def too_slow(self) -> FaultError:
        return FaultError("too slow", f"not whole after {self.limits.whole:.0f} s")

    def lines(self, response: http.client.HTTPResponse, sock: socket.socket) -> Iterator[bytes]:
        """The data of each event as soon as it is there: a reader that waits for a full buffer sees no first token."""
        rest = b""
        while piece := response.read1(1 << 16):
            self.answer.bytes += len(piece)
            if self.answer.bytes > LONGEST_ANSWER or len(rest) > LONGEST_LINE:
                raise FaultError("too large", f"{self.answer.bytes} bytes")
            left = self.limits.whole - self.now()
            if left <= 0:
                raise self.too_slow()
            sock.settimeout(min(self.limits.stall if self.events else self.limits.first, left))
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line[5:].strip() for line in lines if line.startswith(b"data:"))

    def take(self, data: bytes) -> None:
        if data == b"[DONE]":
            self.done = True
            return
        try:
            event = json.loads(data.decode("utf-8"))
        except UnicodeDecodeError:
            raise FaultError("bad UTF-8", printable(data)) from None
        except (ValueError, RecursionError):
            raise FaultError("malformed event", printable(data)) from None
        if not isinstance(event, dict):
            raise FaultError("malformed event", printable(data))
        if event.get("error"):
            raise FaultError("error event", printable(json.dumps(event["error"])))
        self.usage = event.get("usage") or self.usage
        choices = event.get("choices")
        if not choices:
            return
        if not isinstance(choices, list) or not isinstance(choices[0], dict):
            raise FaultError("malformed event", printable(data))
        now = self.now()
        if self.events == 0:
            self.answer.first = now
            self.phase = "stream"
        else:
            self.answer.pause = max(self.answer.pause, now - self.last)
        self.last = now
        self.events += 1
        self.reason = choices[0].get("finish_reason") or self.reason

    def check(self) -> None:
        """Whether what ended is a whole answer; HTTP says 200 long before that is known."""
        if not self.done:
            raise FaultError("cut", "the stream ended without [DONE]")
        if self.reason == "abort":
            raise FaultError("aborted")
        if self.events == 0:
            raise FaultError("empty answer")
        if self.reason not in WHOLE:
            raise FaultError("no finish reason", printable(str(self.reason)))
        if not isinstance(self.usage, dict):
            raise FaultError("no usage", "the server did not count the tokens")
        found = (self.usage.get(name) for name in ("prompt_tokens", "completion_tokens"))
        counts = [count for count in found if type(count) is int and 0 <= count < 1 << 31]
        if len(counts) != 2:
            raise FaultError("bad usage", printable(json.dumps(self.usage)))
        self.answer.tokens_in, self.answer.tokens_out = counts
        if self.answer.tokens_out == 0:
            raise FaultError("empty answer")
        # Several tokens may come in one event, so that only the server can count them.
        if self.answer.tokens_out > 1:
            self.answer.between = (self.last - self.answer.first) / (self.answer.tokens_out - 1)


@dataclass(frozen=True)
class Lengths:
    """Log-normal numbers of tokens."""

    mean: float
    sigma: float
    least: int
    most: int

    def draw(self, rng: random.Random) -> int:
        value = rng.lognormvariate(math.log(self.mean) - self.sigma**2 / 2, self.sigma)
        return round(min(max(value, self.least), self.most))


@dataclass(frozen=True)
class Tokenizer:
    """How the served model counts words, as far as two answers show it."""

    per_word: float = 1.3
    overhead: float = 10.0

    def words_of(self, tokens: int) -> int:
        return max(1, round((tokens - self.overhead) / self.per_word))


@dataclass(frozen=True)
class Prompts:
    """The same requests for the same seed, but for the mark that keeps them out of the server's prefix cache."""

    seed: int
    run: str
    given: tuple[str, ...]
    unique: bool
    prompt_tokens: Lengths
    output_tokens: Lengths
    context_tokens: int
    tokenizer: Tokenizer

    def request(self, source: str, number: int) -> tuple[str, int]:
        """Prompt and number of tokens to answer with."""
        rng = random.Random(f"{self.seed}/{source}/{number}")
        mark = f"{self.run} {source} {number}: " if self.unique else ""
        output = self.output_tokens.draw(rng)
        if self.given:
            return mark + rng.choice(self.given), output
        room = max(1, math.floor((self.context_tokens - output) * 0.9) - 8)
        words = self.tokenizer.words_of(min(self.prompt_tokens.draw(rng), room)) - len(mark.split())
        return mark + " ".join(rng.choices(WORDS, k=max(1, words))), output


def calibrate(few: Answer, many: Answer, words: tuple[int, int]) -> Tokenizer:
    """From the counts of two prompts of known lengths."""
    per_word = (many.tokens_in - few.tokens_in) / (words[1] - words[0])
    return Tokenizer(per_word, few.tokens_in - words[0] * per_word) if per_word > 0 else Tokenizer()
