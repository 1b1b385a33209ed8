"""What a load test is asked to do, and what it refuses to do. Part of locust_load_test.py."""

import json
import math
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from locust_chat import Lengths, Limits, Server

# The same as in locust-settings.ts, for those who edit the ConfigMap.
MOST_USERS = 2000
MOST_REQUESTS_PER_SECOND = 200.0
MOST_WORKERS = 20
MOST_RUN_SECONDS = 3600
MOST_PROMPTS = 10_000
CLUSTER_SUFFIX = ".svc.cluster.local"
THRESHOLDS = ("ttftP95Seconds", "interTokenP95Seconds", "endToEndP95Seconds", "errorRate", "minTokensPerSecond")


class SettingsError(Exception):
    """Says which setting is wrong, and how."""


@dataclass(frozen=True)
class Settings:
    name: str
    target: str
    model: str
    workers: int
    run_seconds: int
    context_tokens: int
    prompt_tokens: Lengths
    output_tokens: Lengths
    users: int = 0
    spawn_rate: float = 1.0
    requests_per_second: float = 0.0
    given: tuple[str, ...] = ()
    unique: bool = True
    seed: int = 0
    thresholds: dict[str, float] = field(default_factory=dict)
    first_seconds: float = 120.0
    stall_seconds: float = 60.0
    answer_seconds: float = 300.0
    drain_seconds: float = 60.0
    workers_within_seconds: float = 600.0
    server_within_seconds: float = 120.0
    page_seconds: int = 0

    @property
    def open_loop(self) -> bool:
        return self.requests_per_second > 0

    @property
    def server(self) -> Server:
        return Server(self.target, self.model, Limits(self.first_seconds, self.stall_seconds, self.answer_seconds))

    @property
    def load(self) -> str:
        return self.load_of(self.users)

    def load_of(self, users: int) -> str:
        if self.open_loop:
            return f"{self.requests_per_second:g} requests a second, whatever the server does"
        return f"{users} users, each sending when its last answer is there"

    @property
    def prompts(self) -> str:
        tokens = f"answers of {words(self.output_tokens)}"
        if self.given:
            return f"{len(self.given)} prompts in turn by chance; {tokens} at most"
        return f"prompts of {words(self.prompt_tokens)}, {tokens}" + ("" if self.unique else "; the prefix cache may hold them")


def words(lengths: Lengths) -> str:
    return f"{lengths.mean:g} tokens" if lengths.sigma == 0 else f"{lengths.mean:g} tokens on average ({lengths.least} to {lengths.most})"


class Reader:
    """Takes values out of an object, and knows what was not asked for."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise SettingsError(f"{where} must be an object")
        self.data = data
        self.where = where
        self.asked: set[str] = set()

    def take(self, name: str, default: Any) -> Any:
        self.asked.add(name)
        value = self.data.get(name, default)
        if value is None:
            raise SettingsError(f"{self.where}: '{name}' is missing")
        return value

    def text(self, name: str) -> str:
        value = self.take(name, None)
        if not isinstance(value, str) or not value:
            raise SettingsError(f"{self.where}: '{name}' ({value!r}) must be a text")
        return value

    def number(self, name: str, least: float, most: float, default: float | None = None) -> float:
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not least <= value <= most:
            raise SettingsError(f"{self.where}: '{name}' ({value!r}) must be a number from {least:g} to {most:g}")
        return value

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        value = self.number(name, least, most, default)
        if value != int(value):
            raise SettingsError(f"{self.where}: '{name}' ({value!r}) must be a whole number")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self.take(name, default)
        if not isinstance(value, bool):
            raise SettingsError(f"{self.where}: '{name}' ({value!r}) must be true or false")
        return value

    def done(self) -> None:
        unknown = sorted(set(self.data) - self.asked)
        if unknown:
            raise SettingsError(f"{self.where}: nothing is called '{unknown[0]}'; there are {', '.join(sorted(self.asked))}")


def lengths(reader: Reader, name: str, most: int) -> Lengths:
    inner = Reader(reader.take(name, None), f"'{name}'")
    least = inner.whole("min", 1, most, 1)
    largest = inner.whole("max", least, most)
    found = Lengths(inner.number("mean", least, largest), inner.number("sigma", 0, 3), least, largest)
    inner.done()
    return found


def check_target(target: str, *, external: bool) -> str:
    """A load on somebody else's server is an attack, and one on a public address leaves the cluster."""
    url = urllib.parse.urlsplit(target)
    try:
        port = url.port
    except ValueError:
        port = -1
    if url.scheme not in ("http", "https") or not url.hostname or port == -1 or url.path or url.query or url.fragment or url.username:
        raise SettingsError(f"'target' ({target}) must be http://NAME:PORT or https://NAME:PORT and nothing else")
    if not url.hostname.endswith(CLUSTER_SUFFIX) and not external:
        raise SettingsError(
            f"'target' ({target}) is outside the cluster: its name does not end with {CLUSTER_SUFFIX}."
            " If that server is yours, say so with acknowledgeExternalTarget"
        )
    return target


def read_settings(path: str, prompts_path: str | None) -> Settings:
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    reader = Reader(data, "the settings")
    context = reader.whole("contextTokens", 16, 100_000_000)
    rate = reader.number("requestsPerSecond", 0, MOST_REQUESTS_PER_SECOND, 0)
    users = reader.whole("users", 0, MOST_USERS, 0)
    if (rate > 0) == (users > 0):
        raise SettingsError(f"the settings: one of 'users' ({users}) and 'requestsPerSecond' ({rate:g}) must be above 0")
    workers = reader.whole("workers", 1, MOST_WORKERS)
    if 0 < users < workers:
        raise SettingsError(f"the settings: {users} 'users' are less than {workers} 'workers', which would have nothing to do")
    thresholds = Reader(reader.take("thresholds", {}), "'thresholds'")
    settings = Settings(
        name=reader.text("name"),
        target=check_target(reader.text("target"), external=reader.flag("acknowledgeExternalTarget", False)),
        model=reader.text("model"),
        workers=workers,
        run_seconds=reader.whole("runSeconds", 1, MOST_RUN_SECONDS),
        context_tokens=context,
        prompt_tokens=lengths(reader, "promptTokens", context),
        output_tokens=lengths(reader, "outputTokens", context),
        users=users,
        requests_per_second=rate,
        spawn_rate=reader.number("spawnRate", 0.01, 100, 1),
        given=read_prompts(prompts_path) if prompts_path else (),
        unique=reader.flag("uniquePrompts", True),
        seed=reader.whole("seed", 0, 1 << 53, 0),
        thresholds={name: thresholds.number(name, 0, 1 if name == "errorRate" else 1e9) for name in THRESHOLDS if name in thresholds.data},
        first_seconds=reader.number("firstTokenTimeoutSeconds", 0.1, 3600, 120),
        stall_seconds=reader.number("stallTimeoutSeconds", 0.1, 3600, 60),
        answer_seconds=reader.number("answerTimeoutSeconds", 0.1, 3600, 300),
        drain_seconds=reader.number("drainSeconds", 0.1, 600, 60),
        workers_within_seconds=reader.number("workersWithinSeconds", 1, 3600, 600),
        server_within_seconds=reader.number("serverWithinSeconds", 1, 3600, 120),
        page_seconds=reader.whole("pageSeconds", 0, MOST_RUN_SECONDS, 0),
    )
    thresholds.asked.update(THRESHOLDS)
    thresholds.done()
    reader.done()
    return settings


def read_prompts(path: str) -> tuple[str, ...]:
    """One a line: plain text, or a JSON string where a prompt has several lines."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the prompts in {path} cannot be read: {error}") from None
    prompts = []
    for number, line in enumerate(lines, 1):
        prompt = line
        if line.startswith('"'):
            try:
                prompt = json.loads(line)
            except ValueError:
                raise SettingsError(f"line {number} of {path} begins with a quotation mark and is no JSON string") from None
        if isinstance(prompt, str) and prompt:
            prompts.append(prompt)
    if not 0 < len(prompts) <= MOST_PROMPTS:
        raise SettingsError(f"{path} has {len(prompts)} prompts; it must have from 1 to {MOST_PROMPTS}, one a line")
    return tuple(prompts)
