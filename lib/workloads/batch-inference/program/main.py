"""Asks a vLLM server every question of a file, and loses no answer. --help prints its contract.

The input has lines of the OpenAI batch format (custom_id, method, url, body), of which shard I of N takes those whose number modulo N
is I. In the output folder each shard writes
  part-IIIII-00000.jsonl    one line for each answer, as the OpenAI batch API writes it
  errors-IIIII-00000.jsonl  one line for each line of the input that has none: its number, a code and the reason
  manifest-IIIII.json       of what these are: a run on another input, model or parameters is refused
  summary-IIIII.json        last of all: how many there are
and, until then, journal-IIIII with the newest records, which are joined into the files above.
Killed at any moment and started again, it asks only what has no record yet. What is asked again is at most what was in flight.
"""

import argparse
import asyncio
import os
import signal
from typing import Any

from exits import DATA, MISSED, TEMPORARY
from input_file import Survey, strict_json, survey
from job import CONTRACT, EndError, reading, run, say
from journal import Journal, Manifest
from shard import Shard

COMPLETION_INDEX = "JOB_COMPLETION_INDEX"


class NoLineError(EndError):
    """The input has no line."""

    code = DATA


def shard_of(given: argparse.Namespace) -> int:
    """The given one, or that of an indexed Job's pod."""
    if given.shard is not None:
        shard, where = int(given.shard), "--shard"
    else:
        index, where = os.environ.get(COMPLETION_INDEX, "0"), COMPLETION_INDEX
        if not index.isdecimal():
            CONTRACT.refuse(f"{COMPLETION_INDEX} ({index}) must be a whole number")
        shard = int(index)
    if shard >= given.shards:
        CONTRACT.refuse(f"{where} ({shard}) must be below --shards ({given.shards})")
    return shard


def parameters_of(given: argparse.Namespace) -> dict[str, Any]:
    try:
        parameters = strict_json(given.parameters.encode())
    except ValueError:
        parameters = None
    if not isinstance(parameters, dict):
        CONTRACT.refuse(f'--parameters ({given.parameters}) must be a JSON object, for example {{"temperature": 0}}')
    return parameters


def survey_of(given: argparse.Namespace) -> Survey:
    with reading("the input", given.input):
        seen = survey(given.input, given.shard, given.shards)
    if seen.lines == 0:
        raise NoLineError(f"the input has no line: {given.input}")
    return seen


async def finished(shard: Shard) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return await shard.go(stop)


def ask_all(given: argparse.Namespace, seen: Survey, journal: Journal) -> int:
    shard = Shard(given, seen, journal)
    say(f"shard {given.shard} of {given.shards} has {seen.own} of {seen.lines} lines, {shard.count} of them are done")
    if shard.left > 0 and not asyncio.run(finished(shard)):
        say(f"stopped with {shard.left} lines left; the next run goes on there")
        return TEMPORARY
    errors, codes = shard.errors.total(), ", ".join(f"{count} {code}" for code, count in shard.errors.most_common())
    journal.finish({"lines": seen.own, "answers": shard.count - errors, "errors": errors, "codes": dict(shard.errors)})
    say(f"complete: {shard.count - errors} answers and {errors} errors{f' ({codes})' if codes else ''} in {given.output}")
    share = errors / max(seen.own, 1)
    if share > given.max_error_share:
        say(f"{100 * share:.1f} % of the lines are errors, more than {100 * given.max_error_share:g} %: see errors-*.jsonl", error=True)
        return MISSED
    return 0


def batch(given: argparse.Namespace) -> int:
    given.shard, given.parameters = shard_of(given), parameters_of(given)
    seen = survey_of(given)
    journal = Journal(given.output, given.shard, Manifest(seen.sha256, given.model, given.revision, given.parameters, given.shards))
    try:
        return ask_all(given, seen, journal)
    finally:
        journal.close()


if __name__ == "__main__":
    run(batch)
