"""What a program of a Job says, and how it ends: with a line for a person, and an exit code that says whether another try can help."""

import argparse
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import NoReturn

from contract import Contract
from exits import IO, NO_INPUT, TEMPORARY

CONTRACT = Contract()
LONGEST_SHOWN = 100


class EndError(Exception):
    """Ends the program. The text and the advice are what a person reads."""

    code: int
    """One of exits.json, which each subclass names."""
    advice: str | None = None


class NoInputError(EndError):
    """What has to be read is not there."""

    code = NO_INPUT


@contextlib.contextmanager
def reading(what: str, path: str) -> Iterator[None]:
    """Says what cannot be read where another try cannot help."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise NoInputError(f"{what} cannot be read: {error.strerror}: {path}") from error


def printable(text: str) -> str:
    """One line, whatever a file or a server has put into it: what moves a cursor or breaks a line is written as its escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in text)


def shown(value: object) -> str:
    """A value that somebody else has written, as a part of a sentence."""
    try:
        text = value if isinstance(value, str) else json.dumps(value)
    except RecursionError:
        text = type(value).__name__
    return printable(text[:LONGEST_SHOWN]) + ("…" if len(text) > LONGEST_SHOWN else "")


def say(text: str, error: bool = False) -> None:
    stream = sys.stderr if error else sys.stdout
    try:
        print(f"{CONTRACT.name}: {printable(text)}", file=stream, flush=True)
    except BrokenPipeError:
        # Nobody reads the log any more. That is no reason to stop, and Python must not fail of it at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run(work: Callable[[argparse.Namespace], int]) -> NoReturn:
    """Does the work and ends the program with what it returns; a program that is asked to stop goes on with its next try."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TEMPORARY))
    code, message = IO, ""
    try:
        code = work(CONTRACT.parse())
    except EndError as error:
        code, message = error.code, ". ".join([str(error), *([error.advice] if error.advice else [])])
    except OSError as error:
        message = f"input or output failed: {error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    except KeyboardInterrupt:
        code, message = TEMPORARY, "stopped"
    if message:
        say(message, error=True)
    sys.exit(code)
