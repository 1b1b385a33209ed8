"""The master of a load test: has the load made, adds up what the workers counted, judges it and writes it down."""

import csv
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

import gevent
import locust
import locust.runners
from chat import Answer, Tokenizer, ask, calibrate
from contract import Contract
from exits import FAILED, UNAVAILABLE
from locust.env import Environment
from locust.stats import (
    PERCENTILES_TO_REPORT,
    StatsCSV,
    get_error_report_summary,
    get_percentile_stats_summary,
    get_stats_summary,
    stats_history,
)
from login import open_page
from report import Tally, judge, lines_of, seconds, summarize
from report_html import report_html
from settings import Settings
from whole_file import whole_file
from worker import MESSAGE, intervals_of

# A busy worker may be late with a heartbeat or two.
HEARTBEATS_MISSED = 10
# The server has been gone for so long that it is no use to go on.
GIVE_UP_SECONDS = 30.0
PROGRESS_SECONDS = 10.0
# Words of the two prompts that show how the model counts them.
CALIBRATION = (8, 40)
NOT_YET = ("connection refused", "name not found", "connection timed out", "connection lost", "HTTP 503")
PASSED = 0


class CappedRunner(locust.runners.MasterRunner):
    """A runner that keeps within the contract's bounds: on the page, people type any number."""

    def start(self, user_count: int, spawn_rate: float, wait: bool = False, user_classes: Any = None) -> None:
        contract = Contract()
        users, rate = contract.setting("users"), contract.setting("spawnRate")
        super().start(min(user_count, users["most"]), min(max(spawn_rate, rate["least"]), rate["most"]), wait, user_classes)


class NoTestError(Exception):
    """What has to be there before a test can begin is not."""


class Master:
    """One test after the other, and what is known of each."""

    def __init__(self, settings: Settings, bind: str, port: int, results: str) -> None:
        locust.runners.HEARTBEAT_LIVENESS = HEARTBEATS_MISSED
        self.settings = settings
        self.results = results
        self.environment = Environment(
            # Locust's report shows its name; on the master nobody runs it.
            user_classes=[type("Person", (locust.User,), {"tasks": [ask]})],
            events=locust.event.Events(), host=settings.target, stop_timeout=settings.drain_seconds, profile=settings.name,
            locustfile=os.path.basename(sys.argv[0]),
        )
        self.environment.events.worker_report.add_listener(self.receive)
        self.runner = self.environment._create_runner(CappedRunner, master_bind_host=bind, master_bind_port=port)
        self.tallies: dict[str, Tally] = {}
        self.final: set[str] = set()
        self.run = ""
        self.ended = ""
        self.busiest = 0.0
        self.tokenizer = Tokenizer()
        self.warm_up = [0, 0, 0]
        gevent.signal_handler(signal.SIGTERM, self.end, "the pod being told to end")
        gevent.spawn(stats_history, self.runner)

    def present(self) -> set[str]:
        """The workers that are not lost."""
        clients = self.runner.clients
        return {client for client in clients if clients[client].state != locust.runners.STATE_MISSING}

    def end(self, why: str) -> None:
        self.ended = self.ended or why

    def receive(self, client_id: str, data: dict[str, Any]) -> None:
        report = data.get(MESSAGE)
        if report and report["run"] == self.run:
            self.tallies[client_id] = Tally.load(report["tally"])
            if report["final"]:
                self.final.add(client_id)

    def total(self) -> Tally:
        total = Tally(intervals_of(self.settings.run_seconds))
        for tally in self.tallies.values():
            total.merge(tally)
        return total

    def wait_for_server(self) -> None:
        """Two short questions: whether it answers at all, and how many tokens a word has."""
        end = time.monotonic() + self.settings.server_within_seconds
        said = ""
        while True:
            answers = [ask(self.settings.server, " ".join(["time"] * count), 1, ignore_eos=True) for count in CALIBRATION]
            self.warm_up = [sum(values) for values in zip(self.warm_up, *map(self.counted, answers), strict=True)]
            fault = next((answer for answer in answers if answer.fault), None)
            if fault is None:
                self.tokenizer = calibrate(answers[0], answers[1], CALIBRATION)
                return
            why = f"{fault.fault}{': ' if fault.detail else ''}{fault.detail}"
            if fault.fault not in NOT_YET:
                raise NoTestError(f"{self.settings.target} does not answer a first question: {why}")
            if self.ended or time.monotonic() > end:
                raise NoTestError(f"{self.settings.target} is not there: {why}")
            if fault.fault != said:
                print(f"waiting for {self.settings.target}: {why}", flush=True)
                said = fault.fault
            gevent.sleep(2)

    @staticmethod
    def counted(answer: Answer) -> tuple[int, int, int]:
        return (0 if answer.fault else 1, answer.tokens_in, answer.tokens_out)

    def wait_for_workers(self) -> None:
        end = time.monotonic() + self.settings.workers_within_seconds
        while self.runner.worker_count < self.settings.workers:
            if self.ended or time.monotonic() > end:
                within = f"within {self.settings.workers_within_seconds:.0f} s; is there room for their pods?"
                came = f"{self.runner.worker_count} of {self.settings.workers} workers came"
                raise NoTestError(f"{came} {f'before {self.ended}' if self.ended else within}")
            gevent.sleep(0.1)

    def prepare(self) -> None:
        """Before the users of a test."""
        self.run = secrets.token_hex(4)
        self.tallies, self.final, self.busiest = {}, set(), 0.0
        self.runner.send_message(MESSAGE, {"run": self.run, "perWord": self.tokenizer.per_word, "overhead": self.tokenizer.overhead})

    def watch(self, started: float) -> list[str]:
        """Until the test is over; what went wrong with it."""
        settings = self.settings
        clients = self.present()
        next_line = PROGRESS_SECONDS
        while (now := time.time() - started) < settings.run_seconds:
            if self.ended:
                return [f"ended early, {now:.0f} s after the start, by {self.ended}"]
            if self.runner.state in (locust.runners.STATE_STOPPING, locust.runners.STATE_STOPPED) and settings.page_seconds:
                return []
            alive = clients & self.present()
            if len(alive) < len(clients):
                lost = f"{len(clients) - len(alive)} of {len(clients)} workers were lost"
                return [f"{lost} {now:.0f} s after the start: the load was not what was asked for"]
            self.busiest = max([self.busiest, *(self.runner.clients[client].cpu_usage for client in alive)])
            total = self.total()
            gone = total.gone_since(now)
            if gone is not None and now - gone > GIVE_UP_SECONDS:
                return []
            if now >= next_line:
                self.progress(now, total)
                next_line += PROGRESS_SECONDS
            gevent.sleep(0.5)
        return []

    def progress(self, now: float, total: Tally) -> None:
        first = total.times["first"]
        print(
            f"{now:5.0f} s  {total.answers} answered, {total.failed} failed, {total.answers / now:.2f}/s,"
            f" {total.tokens_out / now:.1f} tokens/s,"
            f" first token p95 {seconds(first.percentile(0.95)) if first.count else '-'}", flush=True,
        )

    def collect(self, *, quit_workers: bool) -> None:
        """The last reports: users finish what they have begun."""
        expected = self.present()
        if quit_workers:
            self.runner.send_message("quit")
        else:
            gevent.spawn(self.runner.stop)
        end = time.monotonic() + self.settings.drain_seconds + 15
        while not expected <= self.final and time.monotonic() < end:
            gevent.sleep(0.1)

    def finish(self, started: float, stopped: float, users: int, troubles: list[str]) -> bool:
        """Judges and shows; whether all is well."""
        settings, total = self.settings, self.total()
        elapsed = max(stopped - started, total.last_answer, total.last_fault)
        gone = total.gone_since(elapsed)
        if total.answers == 0:
            troubles.append("no request was answered")
        elif gone is not None:
            troubles.append(f"the server stopped answering {gone:.1f} s after the start; all that was asked since then failed")
        if len(self.final) < settings.workers and not troubles:
            troubles.append(f"{len(self.final)} of {settings.workers} workers reported to the end")
        began = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(started))
        summary = summarize(total, elapsed, judge(total, elapsed, settings.thresholds), troubles, {
            "name": settings.name, "model": settings.server.model, "target": settings.target, "run": self.run, "startedAt": began,
            "load": settings.load_of(users), "prompts": settings.prompts, "limits": settings.thresholds,
            **settings.arrivals_of(users), "uniquePrompts": settings.unique,
            "workers": {"asked": settings.workers, "reported": len(self.final), "busiestCpuPercent": round(self.busiest)},
            "warmUp": dict(zip(("requests", "tokensIn", "tokensOut"), self.warm_up, strict=True)),
        })
        stats = self.environment.stats
        for lines in (get_stats_summary(stats, False), get_percentile_stats_summary(stats), get_error_report_summary(stats)):
            print("\n".join(lines))
        print("\n".join(lines_of(summary)))
        self.write(time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(started)), summary)
        print(json.dumps({"summary": summary}, separators=(",", ":")), flush=True)
        return bool(summary["passed"])

    def write(self, stamp: str, summary: dict[str, Any]) -> None:
        folder = os.path.join(self.results, f"{stamp}-{self.run}")
        rows = StatsCSV(self.environment, PERCENTILES_TO_REPORT)
        files: dict[str, Callable[[TextIO], Any]] = {
            "report.html": lambda file: file.write(report_html(self.environment, summary)),
            "summary.json": lambda file: json.dump(summary, file, indent=2),
            "requests.csv": lambda file: rows.requests_csv(csv.writer(file)),
            "failures.csv": lambda file: rows.failures_csv(csv.writer(file)),
        }
        try:
            os.makedirs(folder)
            for name, write in files.items():
                with whole_file(os.path.join(folder, name)) as file:
                    write(file)
        except OSError as error:
            # The figures are in the log all the same.
            print(f"the report cannot be written to {folder}: {error.strerror}", flush=True)
        else:
            print(f"{', '.join(files)}: {folder}", flush=True)

    def headless(self) -> int:
        settings = self.settings
        self.prepare()
        how = f"{settings.load}, {settings.run_seconds} s, {settings.workers} workers"
        print(f"{settings.name}: {how}, against {settings.target}", flush=True)
        users = settings.workers if settings.open_loop else settings.users
        started = time.time()
        gevent.spawn(self.runner.start, users, users if settings.open_loop else settings.spawn_rate)
        troubles = self.watch(started)
        stopped = time.time()
        self.collect(quit_workers=True)
        return PASSED if self.finish(started, stopped, users, troubles) else FAILED

    def with_page(self, port: int, login: str) -> int:
        """People start the tests, one after the other; the last one's verdict is the exit code."""
        environment, settings = self.environment, self.settings
        environment.events.test_start.add_listener(lambda **_: self.prepare())
        open_page(environment, port, login)
        print(f"the page is there for {settings.page_seconds} s: kubectl port-forward job/{settings.name} {port}", flush=True)
        end = time.monotonic() + settings.page_seconds
        code = PASSED
        running = (locust.runners.STATE_SPAWNING, locust.runners.STATE_RUNNING)
        while time.monotonic() < end and not self.ended:
            if self.runner.state not in running:
                gevent.sleep(0.2)
                continue
            started = time.time()
            troubles = self.watch(started)
            users, stopped = self.runner.target_user_count, time.time()
            self.collect(quit_workers=False)
            code = PASSED if self.finish(started, stopped, users, troubles) else FAILED
            while self.runner.state in running:
                gevent.sleep(0.2)
        self.runner.send_message("quit")
        return code


def lead(settings: Settings, bind: str, port: int, results: str, page_port: int, login: str | None) -> int:
    master = Master(settings, bind, port, results)
    try:
        # Workers first: who is there can be told that there is no test.
        master.wait_for_workers()
        master.wait_for_server()
        return master.with_page(page_port, login) if settings.page_seconds and login else master.headless()
    except NoTestError as error:
        print(f"{settings.name}: no test: {error}", flush=True)
        master.runner.send_message("quit")
        return UNAVAILABLE
    finally:
        gevent.sleep(0.5)
