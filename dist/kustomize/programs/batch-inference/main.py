"""Asks a vLLM server every question of a file, and loses no answer.

usage: batch_inference.py INPUT OUTPUT --url URL --model NAME [options]; --help lists them

INPUT has lines of the OpenAI batch format (custom_id, method, url, body), of which shard I of N takes those whose number modulo N
is I. In the folder OUTPUT each shard writes
  part-IIIII-00000.jsonl    one line for each answer, as the OpenAI batch API writes it
  errors-IIIII-00000.jsonl  one line for each line of the input that has none: its number, a code and the reason
  manifest-IIIII.json       of what these are: a run on another input, model or parameters is refused
  summary-IIIII.json        last of all: how many there are
Killed at any moment and started again, it asks only what has no record yet. What is asked again is at most what was in flight.

Exit codes: 0 every line has its record, 3 so it is and too many are errors. As in sysexits.h: another try cannot help with 64 wrong
usage, 65 no line in the input, 66 no input, 78 the folder is of another run, or the server has another model. Another try goes on
with 69 the server is away, 74 input or output failed, 75 asked to stop, or another process writes the same shard.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections import Counter
from typing import Any, NoReturn

from batch_input import Request, Survey, requests, survey
from batch_journal import Damaged, Journal, Manifest, Taken
from batch_server import Answer, Gone, Patience, Refused, Server

TOO_MANY_ERRORS, USAGE, DATA, NO_INPUT, UNAVAILABLE, IO, TEMPORARY, CONFIGURATION = 3, 64, 65, 66, 69, 74, 75, 78
SAID_EVERY_SECONDS = 10.0
SHOWN_ERRORS = 5


class Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"batch: {message}\n{self.format_usage()}")


def parameters_of(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def arguments() -> argparse.Namespace:
    parser = Arguments(prog="batch_inference.py", description="Asks a vLLM server every question of a file.", allow_abbrev=False)
    add = parser.add_argument
    add("input", help="file of the OpenAI batch format")
    add("output", help="folder of the records")
    add("--url", required=True, help="of the server, without /v1")
    add("--model", required=True, help="the served model's name")
    add("--revision", help="of the model, for the manifest")
    add("--parameters", type=parameters_of, default={}, metavar="JSON", help='for bodies that do not say otherwise: {"temperature": 0}')
    add("--shard", type=int, default=int(os.environ.get("JOB_COMPLETION_INDEX", "0")), help="default: the Job's completion index")
    add("--shards", type=int, default=1)
    add("--max-in-flight", type=int, default=64, help="requests whose answer is not written yet")
    add("--request-timeout", type=float, default=600.0, metavar="SECONDS")
    add("--max-retries", type=int, default=8, help="of a request that the server got")
    add("--ready-timeout", type=float, default=1800.0, metavar="SECONDS", help="how long the server may be away")
    add("--stop-timeout", type=float, default=20.0, metavar="SECONDS", help="for answers in flight, when asked to stop")
    add("--commit-interval", type=float, default=1.0, metavar="SECONDS", help="an object in a bucket takes one write a second")
    add("--api-key-file", metavar="FILE", help="with the server's key; default: it asks for none")
    add("--max-error-share", type=float, default=0.1, help="above it the exit code is 3")
    given = parser.parse_args()
    if not 0 <= given.shard < given.shards or given.max_in_flight < 1 or given.max_retries < 0:
        parser.error("--shard must be from 0 to below --shards, --max-in-flight at least 1, --max-retries at least 0")
    return given


def key_of(given: argparse.Namespace) -> str | None:
    if given.api_key_file is None:
        return None
    with open(given.api_key_file, encoding="utf-8") as file:
        return file.read().strip()


def say(text: str, error: bool = False) -> None:
    print(f"batch: {text}", file=sys.stderr if error else sys.stdout, flush=True)


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{rest} s" if minutes == 0 else f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def record_of(line: int, custom_id: str | None, code: str, message: str, answer: Answer | None = None) -> dict[str, Any]:
    response = answer and {"status_code": answer.status, "request_id": answer.request_id, "body": answer.body}
    error = {"code": code, "message": message}
    return {"id": f"batch_req_{line}", "custom_id": custom_id, "response": response, "error": error, "line": line}


class Run:
    """The lines of one shard that have no record yet."""

    def __init__(self, given: argparse.Namespace, seen: Survey, journal: Journal) -> None:
        self._given, self._seen, self._journal = given, seen, journal
        self._done = journal.read()
        self.count = len(self._done)
        self.errors: Counter[str] = Counter(code for code in self._done.values() if code is not None)
        self._slots = asyncio.Semaphore(given.max_in_flight)
        self._in_flight = 0
        self._finished: list[dict[str, Any]] = []
        self._news = asyncio.Event()
        self._ended = False
        self._shown = 0

    @property
    def left(self) -> int:
        return self._seen.own - self.count

    async def go(self, stop: asyncio.Event) -> bool:
        """Whether nothing is left. Whatever ends the run early is raised after everything that is there is written."""
        given = self._given
        server = Server(given.url, given.model, Patience(given.request_timeout, given.max_retries, given.ready_timeout), key_of(given), say)
        asking, writer = asyncio.create_task(self._ask_all(server, stop)), asyncio.create_task(self._write())
        progress, stopped = asyncio.create_task(self._report()), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({asking, writer, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done() and not writer.done():
                say(f"asked to stop with {self._in_flight} answers in flight")
                patience = given.stop_timeout if self._in_flight else 0.1
                await asyncio.wait({asking, writer}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                asking.result()
        finally:
            for task in (asking, progress, stopped):
                task.cancel()
            await asyncio.gather(asking, progress, stopped, return_exceptions=True)
            self._ended = True
            self._news.set()
            try:
                await writer
            finally:
                await server.close()
        return self.left == 0

    async def _ask_all(self, server: Server, stop: asyncio.Event) -> None:
        given = self._given
        await server.ready()
        try:
            async with asyncio.TaskGroup() as group:
                for entry in requests(given.input, given.shard, given.shards, self._seen.repeated, given.model, given.parameters):
                    if entry.line in self._done:
                        continue
                    await self._slots.acquire()
                    if stop.is_set():
                        break
                    if isinstance(entry, Request):
                        group.create_task(self._ask(server, entry))
                    else:
                        self._finish(record_of(entry.line, entry.custom_id, entry.code, entry.message))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _ask(self, server: Server, request: Request) -> None:
        self._in_flight += 1
        try:
            outcome = await server.ask(request.url, request.body)
        finally:
            self._in_flight -= 1
        if isinstance(outcome, Answer):
            response = {"status_code": outcome.status, "request_id": outcome.request_id, "body": outcome.body}
            self._finish({"id": f"batch_req_{request.line}", "custom_id": request.custom_id, "response": response, "error": None})
        else:
            self._finish(record_of(request.line, request.custom_id, outcome.code, outcome.message, outcome.answer))

    def _finish(self, record: dict[str, Any]) -> None:
        self._finished.append(record)
        self._news.set()

    async def _write(self) -> None:
        """Everything that has come in meanwhile is one commit; only then its slots are free."""
        while not self._ended or self._finished:
            await self._news.wait()
            self._news.clear()
            records, self._finished = self._finished, []
            if not records:
                continue
            await asyncio.to_thread(self._journal.commit, records)
            for record in records:
                self._count(record)
                self._slots.release()
            if not self._ended and self.left > 0:
                await asyncio.sleep(self._given.commit_interval)

    def _count(self, record: dict[str, Any]) -> None:
        self.count += 1
        if record["error"] is None:
            return
        self.errors[record["error"]["code"]] += 1
        self._shown += 1
        if self._shown <= SHOWN_ERRORS:
            more = "; further ones are only counted here" if self._shown == SHOWN_ERRORS else ""
            say(f"line {record['line']}: {record['error']['code']}, {record['error']['message']}{more}")

    async def _report(self) -> None:
        started, before = time.monotonic(), self.count
        while True:
            await asyncio.sleep(SAID_EVERY_SECONDS)
            rate = (self.count - before) / (time.monotonic() - started)
            say(f"{self.count} of {self._seen.own} lines ({100 * self.count / self._seen.own:.0f} %), {rate:.1f}/s,"
                f" {self.errors.total()} errors, {self._in_flight} in flight, {duration(self.left / rate) if rate else '?'} left")


async def finished(run: Run) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return await run.go(stop)


def batch(given: argparse.Namespace) -> int:
    try:
        seen = survey(given.input, given.shard, given.shards)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        say(f"the input cannot be read: {error.strerror}: {given.input}", error=True)
        return NO_INPUT
    if seen.lines == 0:
        say(f"the input has no line: {given.input}", error=True)
        return DATA
    journal = Journal(given.output, given.shard, Manifest(seen.sha256, given.model, given.revision, given.parameters, given.shards))
    try:
        run = Run(given, seen, journal)
        say(f"shard {given.shard} of {given.shards} has {seen.own} of {seen.lines} lines, {run.count} of them are done")
        if run.left > 0 and not asyncio.run(finished(run)):
            say(f"stopped with {run.left} lines left; the next run goes on there")
            return TEMPORARY
        errors, codes = run.errors.total(), ", ".join(f"{count} {code}" for code, count in run.errors.most_common())
        journal.finish({"lines": seen.own, "answers": run.count - errors, "errors": errors, "codes": dict(run.errors)})
    finally:
        journal.close()
    say(f"complete: {run.count - errors} answers and {errors} errors{f' ({codes})' if codes else ''} in {given.output}")
    share = errors / max(seen.own, 1)
    if share > given.max_error_share:
        say(f"{100 * share:.1f} % of the lines are errors, more than {100 * given.max_error_share:g} %: see errors-*.jsonl", error=True)
        return TOO_MANY_ERRORS
    return 0


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TEMPORARY))
    given = arguments()
    code, message = 0, ""
    try:
        code = batch(given)
    except Damaged as error:
        code = CONFIGURATION
        message = f"{given.output} is not continued: {error}. Choose another folder, or the same input, model and parameters"
    except Refused as error:
        code, message = CONFIGURATION, str(error)
    except Gone as error:
        code, message = UNAVAILABLE, f"{error}. What is answered is written; the next run goes on there"
    except Taken as error:
        code, message = TEMPORARY, f"{error}: somebody else writes the same records, so this run ends"
    except OSError as error:
        code, message = IO, f"input or output failed: {error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    except KeyboardInterrupt:
        code, message = TEMPORARY, "stopped"
    if message:
        say(message, error=True)
    return code


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
