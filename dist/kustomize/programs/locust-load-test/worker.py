"""The worker of a load test: sends requests, and counts what becomes of them."""

import random
import signal
import socket
import time
from typing import Any

import gevent
import locust
import locust.runners
from chat import Answer, Prompts, Tokenizer, ask
from gevent.pool import Pool
from locust.env import Environment
from report import Tally
from settings import Settings

# Requests of an open loop that a worker has open at most; more would only measure the worker.
MOST_OPEN = 1000
# A server that refuses at once is not asked thousands of times a second.
PAUSE_SECONDS = 1.0
# A worker whose master is gone must not go on.
MASTER_GONE_SECONDS = 15.0
MESSAGE = "load-test"


def intervals_of(run_seconds: float) -> float:
    """Seconds of a piece of the test's time: about a hundred of them, however long it is."""
    return max(1.0, round(run_seconds / 100))


class Load:
    """What this worker has to do, and what became of it."""

    def __init__(self, settings: Settings, environment: Any) -> None:
        self.settings = settings
        self.environment = environment
        self.prompts: Prompts | None = None
        self.source = "0"
        self.run = ""
        self.began = 0.0
        self.number = 0
        self.tally = Tally(1.0)

    def receive(self, environment: Any, msg: Any) -> None:
        """What the master has found out; comes before the users."""
        settings = self.settings
        self.run = str(msg.data["run"])
        self.source = str(environment.runner.worker_index)
        self.prompts = Prompts(
            seed=settings.seed, run=self.run, given=settings.given, unique=settings.unique, prompt_tokens=settings.prompt_tokens,
            output_tokens=settings.output_tokens, context_tokens=settings.context_tokens,
            tokenizer=Tokenizer(msg.data["perWord"], msg.data["overhead"]),
        )

    def begin(self, **_: Any) -> None:
        self.began = time.time()
        self.number = 0
        self.tally = Tally(intervals_of(self.settings.run_seconds))

    def report(self, client_id: str, data: dict[str, Any]) -> None:  # noqa: ARG002
        stopped = self.environment.runner.state == locust.runners.STATE_STOPPED
        data[MESSAGE] = {"run": self.run, "tally": self.tally.dump(), "final": stopped}

    def send(self) -> bool:
        """One request; whether it was answered."""
        assert self.prompts is not None
        self.number += 1
        prompt, tokens = self.prompts.request(self.source, self.number)
        self.tally.sent += 1
        sent_at = time.time()
        try:
            answer = ask(self.settings.server, prompt, tokens, ignore_eos=not self.settings.given)
        except gevent.GreenletExit:
            self.record(Answer(fault="unfinished", detail="the test was over", sent_at=sent_at, whole=time.time() - sent_at))
            raise
        except Exception as error:  # noqa: BLE001
            answer = Answer(fault="load test", detail=f"{type(error).__name__}: {error}", sent_at=sent_at, whole=time.time() - sent_at)
        self.record(answer)
        return not answer.fault

    def record(self, answer: Answer) -> None:
        self.tally.add(answer, self.began)
        self.environment.events.request.fire(
            request_type="POST", name="chat completion", response_time=answer.whole * 1000, response_length=answer.bytes,
            exception=Exception(answer.fault) if answer.fault else None, context={},
        )
        if answer.fault:
            return
        # Rows beside the request's own: they are no requests, so Locust's sum of all requests leaves them out.
        rows = [("to first token", answer.first), *([("between tokens", answer.between)] if answer.tokens_out > 1 else [])]
        for name, taken in rows:
            self.environment.stats.get(name, "time").log(taken * 1000, 0)


def user_class(load: Load) -> Any:
    # A task that ends lets its user wait for the next one, and a user that waits is killed instead of asked to stop.
    def converse(user: Any) -> None:
        while user.goes_on():
            if not load.send():
                gevent.sleep(PAUSE_SECONDS)

    def arrive(user: Any) -> None:
        """Requests come by chance and do not wait for each other."""
        due = time.monotonic()
        while user.goes_on():
            due += user.rng.expovariate(user.rate)
            while user.goes_on() and (left := due - time.monotonic()) > 0:
                gevent.sleep(min(left, 0.25))
            if not user.goes_on():
                return
            if len(user.open) < MOST_OPEN:
                user.open.spawn(load.send)
            else:
                load.tally.late += 1

    class Person(locust.User):
        tasks = [arrive if load.settings.open_loop else converse]  # noqa: RUF012

        def on_start(self) -> None:
            self.open = Pool()
            self.rate = max(load.settings.requests_per_second / load.settings.workers, 1e-9)
            self.rng = random.Random(f"{load.settings.seed}/{load.source}/arrivals")

        def goes_on(self) -> bool:
            return bool(self._state == "running")

        def on_stop(self) -> None:
            try:
                self.open.join()
            except gevent.GreenletExit:
                self.open.kill()
                raise

    return Person


def reach(host: str, port: int, within: float) -> bool:
    """Whether something listens there, now or soon: the pods of a test start in any order."""
    end = time.monotonic() + within
    while True:
        try:
            socket.create_connection((host, port), timeout=5).close()
        except OSError:
            if time.monotonic() > end:
                return False
            time.sleep(1)
        else:
            return True


def work(settings: Settings, host: str, port: int) -> int:
    """0 in every orderly case: how the test went is the master's to say."""
    if not reach(host, port, settings.workers_within_seconds):
        print(f"no master at {host}:{port} within {settings.workers_within_seconds:.0f} s: there is nothing to do", flush=True)
        return 0
    locust.runners.MASTER_HEARTBEAT_TIMEOUT = round(settings.drain_seconds) + 60
    environment = Environment(events=locust.event.Events())
    load = Load(settings, environment)
    environment.user_classes.append(user_class(load))
    environment.events.report_to_master.add_listener(load.report)
    environment.events.test_start.add_listener(load.begin)
    try:
        runner = environment.create_worker_runner(host, port)
    except ConnectionError:
        print(f"the master at {host}:{port} does not answer: there is nothing to do", flush=True)
        return 0
    runner.register_message(MESSAGE, load.receive)
    ended: list[str] = []
    gevent.signal_handler(signal.SIGTERM, lambda: ended.append("this pod is told to end"))
    print(f"worker {runner.worker_index} of {settings.name} is ready", flush=True)
    while len(runner.greenlet) > 0 and not ended:
        gevent.sleep(0.2)
        silent = time.time() - (runner.last_heartbeat_timestamp or time.time())
        # While the last answers are waited for, messages are not read.
        if silent > MASTER_GONE_SECONDS and runner.state not in ("cleanup", "stopped"):
            ended.append("the master is gone")
    if ended:
        print(f"{ended[0]}: ending", flush=True)
        environment.stop_timeout = 0
        environment.events.quitting.fire(environment=environment, reverse=True)
        runner.quit()
    gevent.sleep(0.5)
    tally = load.tally
    print(f"worker {runner.worker_index}: {tally.sent} requests sent, {tally.answers} answered, {tally.failed} failed", flush=True)
    return 0
