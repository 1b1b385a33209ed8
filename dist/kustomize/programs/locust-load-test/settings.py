"""Settings of a load test: settings.json as the construct has checked and written it, and the prompts beside it.

contract.json says what each value is. Only the target is checked again: a load on somebody else's server is an attack, whoever asks for it.
"""

import json
import re
import urllib.parse
from dataclasses import dataclass
from typing import Any

from chat import Lengths, Limits, Server
from contract import Contract

CLUSTER_SUFFIX = ".svc.cluster.local"


class SettingsError(Exception):
    """Why there is nothing to do: the settings, the prompts or the login cannot be read, or the target is not ours."""


@dataclass(frozen=True)
class Settings:
    """What a load test is asked to do."""

    name: str
    server: Server
    workers: int
    users: int
    spawn_rate: float
    requests_per_second: float
    run_seconds: int
    context_tokens: int
    prompt_tokens: Lengths
    output_tokens: Lengths
    given: tuple[str, ...]
    """Own prompts."""
    unique: bool
    seed: int
    thresholds: dict[str, float]
    drain_seconds: float
    workers_within_seconds: float
    server_within_seconds: float
    page_seconds: int

    @property
    def target(self) -> str:
        return self.server.url

    @property
    def open_loop(self) -> bool:
        return self.requests_per_second > 0

    @property
    def load(self) -> str:
        return self.load_of(self.users)

    def load_of(self, users: int) -> str:
        if self.open_loop:
            return f"{self.requests_per_second:g} requests a second, whatever the server does"
        return f"{users} users, each sending when its last answer is there"

    def arrivals_of(self, users: int) -> dict[str, float]:
        """The same for programs."""
        return {"requestsPerSecond": self.requests_per_second} if self.open_loop else {"users": users}

    @property
    def prompts(self) -> str:
        tokens = f"answers of {words(self.output_tokens)}"
        if self.given:
            return f"{len(self.given)} prompts in turn by chance; {tokens} at most"
        return f"prompts of {words(self.prompt_tokens)}, {tokens}" + ("" if self.unique else "; the prefix cache may hold them")


def words(lengths: Lengths) -> str:
    return f"{lengths.mean:g} tokens" if lengths.sigma == 0 else f"{lengths.mean:g} tokens on average ({lengths.least} to {lengths.most})"


def lengths(data: dict[str, Any]) -> Lengths:
    return Lengths(data["mean"], data["sigma"], data["min"], data["max"])


def check_target(target: str, *, external: bool) -> str:
    """The target, when it is an address and nothing else, and in the cluster or the tester's own."""
    rule = Contract().setting("target")
    if not re.fullmatch(rule["pattern"], target):
        raise SettingsError(f"'target' ({target}) must be {rule['form']}")
    if not (urllib.parse.urlsplit(target).hostname or "").endswith(CLUSTER_SUFFIX) and not external:
        raise SettingsError(
            f"'target' ({target}) is outside the cluster: its name does not end with {CLUSTER_SUFFIX}."
            " If that server is yours, say so with acknowledgeExternalTarget"
        )
    return target


def settings_of(data: dict[str, Any], given: tuple[str, ...], key: str | None) -> Settings:
    target = check_target(data["target"], external=data["acknowledgeExternalTarget"] is True)
    limits = Limits(data["firstTokenTimeoutSeconds"], data["stallTimeoutSeconds"], data["answerTimeoutSeconds"])
    return Settings(
        name=data["name"], server=Server(target, data["model"], limits, key), workers=data["workers"],
        # A load is one of users or one of requests.
        users=data.get("users", 0), spawn_rate=data.get("spawnRate", 1.0), requests_per_second=data.get("requestsPerSecond", 0.0),
        run_seconds=data["runSeconds"], context_tokens=data["contextTokens"], prompt_tokens=lengths(data["promptTokens"]),
        output_tokens=lengths(data["outputTokens"]), given=given, unique=data["uniquePrompts"], seed=data["seed"],
        thresholds=data["thresholds"], drain_seconds=data["drainSeconds"], workers_within_seconds=data["workersWithinSeconds"],
        server_within_seconds=data["serverWithinSeconds"], page_seconds=data["pageSeconds"],
    )


def read_settings(path: str, prompts_path: str | None, key_path: str | None = None) -> Settings:
    key = read_key(key_path) if key_path else None
    try:
        with open(path, encoding="utf-8") as file:
            return settings_of(json.load(file), read_prompts(prompts_path) if prompts_path else (), key)
    except (OSError, ValueError) as error:
        raise SettingsError(f"the settings in {path} cannot be read: {error}") from None
    except KeyError as error:
        raise SettingsError(f"the settings in {path} have no {error}") from None
    except (TypeError, AttributeError) as error:
        raise SettingsError(f"the settings in {path} are not as the construct writes them: {error}") from None


def read_key(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            key = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the key in {path} cannot be read: {error}") from None
    if not key.isprintable() or not key:
        raise SettingsError(f"the key in {path} is no single line of text")
    return key


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
    if not prompts:
        raise SettingsError(f"the prompts in {path} are none; there must be one a line")
    return tuple(prompts)
