"""The lines of one shard that have no record yet: asked many at a time, written as their answers come."""

import argparse
import asyncio
import time
from collections import Counter
from typing import Any

from input_file import Request, Survey, requests
from job import say
from journal import Journal
from server import Answer, Patience, Server
from words import duration

SAID_EVERY_SECONDS = 10.0
SHOWN_ERRORS = 5


def record_of(line: int, custom_id: str | None, answer: Answer | None) -> dict[str, Any]:
    response = answer and {"status_code": answer.status, "request_id": answer.request_id, "body": answer.body}
    return {"id": f"batch_req_{line}", "custom_id": custom_id, "response": response, "error": None}


def error_record(line: int, custom_id: str | None, code: str, message: str, answer: Answer | None = None) -> dict[str, Any]:
    return {**record_of(line, custom_id, answer), "error": {"code": code, "message": message}, "line": line}


def key_of(path: str | None) -> str | None:
    if path is None:
        return None
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


class Shard:
    """How far one shard of a batch is."""

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
        server = Server(
            given.url, given.model, Patience(given.request_timeout, given.max_retries, given.ready_timeout), key_of(given.api_key_file),
        )
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
                await asyncio.to_thread(self._journal.join)
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
                        self._finish(error_record(entry.line, entry.custom_id, entry.code, entry.message))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _ask(self, server: Server, request: Request) -> None:
        self._in_flight += 1
        try:
            outcome = await server.ask(request.url, request.body)
        finally:
            self._in_flight -= 1
        if isinstance(outcome, Answer):
            self._finish(record_of(request.line, request.custom_id, outcome))
        else:
            self._finish(error_record(request.line, request.custom_id, outcome.code, outcome.message, outcome.answer))

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
                await asyncio.to_thread(self._journal.join_full)
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

