"""What a load test measured: counted by each worker, added up and judged by the master, summarized for programs and people."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from chat import Answer
from histogram import Histogram

METRICS = {"first": "First token", "between": "Between tokens", "pause": "Longest pause", "whole": "Whole answer"}
# Longer than this without any good answer, and with failures since, a server is gone and not only slow.
GONE_SECONDS = 5.0
GONE_FAILURES = 3


@dataclass
class Interval:
    """A piece of the test's time."""

    faults: float = 0.0
    tokens: float = 0.0
    busy: float = 0.0
    """Seconds that requests were open, all together."""
    first: Histogram = field(default_factory=Histogram)


def spread(start: float, end: float, width: float) -> Iterator[tuple[int, float]]:
    """The intervals between two times, each with its share of them."""
    if end - start < 1e-6:
        yield max(0, int(start // width)), 1.0
        return
    for index in range(max(0, int(start // width)), int(end // width) + 1):
        inside = min(end, (index + 1) * width) - max(start, index * width)
        if inside > 0:
            yield index, inside / (end - start)


@dataclass
class Tally:
    """Counts since the test began; sent whole, so that a lost or a repeated message changes nothing."""

    width: float
    sent: int = 0
    answers: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    faults: dict[str, list[Any]] = field(default_factory=dict)
    """By kind: how many, when the first was, and what it said."""
    times: dict[str, Histogram] = field(default_factory=lambda: {name: Histogram() for name in METRICS})
    intervals: dict[int, Interval] = field(default_factory=dict)
    last_answer: float = 0.0
    last_fault: float = 0.0
    faults_since_answer: int = 0
    late: int = 0
    """Requests that were not sent when it was their turn, since too many were open."""

    def interval(self, index: int) -> Interval:
        return self.intervals.setdefault(index, Interval())

    def add(self, answer: Answer, began: float) -> None:
        start = max(0.0, answer.sent_at - began)
        end = start + answer.whole
        for index, share in spread(start, end, self.width):
            self.interval(index).busy += share * answer.whole
        if answer.fault:
            self.interval(int(end // self.width)).faults += 1
            row = self.faults.setdefault(answer.fault, [0, end, answer.detail])
            row[0] += 1
            row[1] = min(row[1], end)
            self.last_fault = max(self.last_fault, end)
            self.faults_since_answer += 1
            return
        self.answers += 1
        self.tokens_in += answer.tokens_in
        self.tokens_out += answer.tokens_out
        for name in METRICS:
            # one token has nothing between it and the next
            if answer.tokens_out > 1 or name in ("first", "whole"):
                self.times[name].add(getattr(answer, name))
        self.interval(int((start + answer.first) // self.width)).first.add(answer.first)
        for index, share in spread(start + answer.first, end, self.width):
            self.interval(index).tokens += share * answer.tokens_out
        self.last_answer = max(self.last_answer, end)
        self.faults_since_answer = 0

    def merge(self, other: "Tally") -> None:
        self.sent += other.sent
        self.answers += other.answers
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        self.late += other.late
        for kind, (count, when, detail) in other.faults.items():
            row = self.faults.setdefault(kind, [0, when, detail])
            row[0] += count
            if when < row[1]:
                row[1:] = [when, detail]
        for name, times in other.times.items():
            self.times[name].merge(times)
        for index, interval in other.intervals.items():
            mine = self.interval(index)
            mine.faults += interval.faults
            mine.tokens += interval.tokens
            mine.busy += interval.busy
            mine.first.merge(interval.first)
        self.faults_since_answer += other.faults_since_answer
        self.last_answer = max(self.last_answer, other.last_answer)
        self.last_fault = max(self.last_fault, other.last_fault)

    @property
    def failed(self) -> int:
        return sum(count for count, _, _ in self.faults.values())

    def gone_since(self, now: float) -> float | None:
        """When the server gave its last good answer, if all that came since then is failures."""
        silent = now - self.last_answer
        if silent >= GONE_SECONDS and self.faults_since_answer >= GONE_FAILURES and self.last_fault > self.last_answer:
            return self.last_answer
        return None

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def load(data: dict[str, Any]) -> "Tally":
        plain = {name: value for name, value in data.items() if name not in ("times", "intervals")}
        return Tally(
            **plain,
            times={name: Histogram(**times) for name, times in data["times"].items()},
            intervals={index: Interval(**{**row, "first": Histogram(**row["first"])}) for index, row in data["intervals"].items()},
        )


@dataclass(frozen=True)
class Verdict:
    """A promise and what became of it."""

    name: str
    asked: str
    got: str
    held: bool


def seconds(value: float) -> str:
    if value < 1:
        return f"{value * 1000:.{0 if value >= 0.1 else 1}f} ms"
    return f"{value:.{2 if value < 100 else 0}f} s"


def judge(tally: Tally, elapsed: float, thresholds: dict[str, float]) -> list[Verdict]:
    """Thresholds in the order in which people read them."""
    finished = tally.answers + tally.failed
    rate = tally.failed / finished if finished else 1.0
    verdicts = []
    for name, metric in (("ttftP95Seconds", "first"), ("interTokenP95Seconds", "between"), ("endToEndP95Seconds", "whole")):
        if name in thresholds:
            got = tally.times[metric].percentile(0.95)
            held = tally.times[metric].count > 0 and got <= thresholds[name]
            shown = seconds(got) if tally.times[metric].count else "nothing measured"
            verdicts.append(Verdict(f"{METRICS[metric]}, p95", f"at most {seconds(thresholds[name])}", shown, held))
    if "minTokensPerSecond" in thresholds:
        speed = tally.tokens_out / elapsed if elapsed else 0.0
        least = thresholds["minTokensPerSecond"]
        verdicts.append(Verdict("Tokens a second out", f"at least {least:g}", f"{speed:.1f}", speed >= least))
    if "errorRate" in thresholds:
        most = thresholds["errorRate"]
        verdicts.append(Verdict("Failed requests", f"at most {most:.2%}", f"{rate:.2%}", rate <= most))
    return verdicts


def summarize(tally: Tally, elapsed: float, verdicts: list[Verdict], troubles: list[str], about: dict[str, Any]) -> dict[str, Any]:
    """All that was measured, as one JSON object: summary.json, and the last line of the log."""
    width = tally.width
    rows = [tally.intervals.get(index, Interval()) for index in range(max([0, *tally.intervals]) + 1)]
    # The last piece is over before its time.
    widths = [max(width / 4, min(width, elapsed - index * width)) for index in range(len(rows))]
    return {
        **about,
        "passed": not troubles and all(verdict.held for verdict in verdicts),
        "troubles": troubles,
        "thresholds": [asdict(verdict) for verdict in verdicts],
        "elapsedSeconds": round(elapsed, 1),
        "requests": {"sent": tally.sent, "answered": tally.answers, "failed": tally.failed, "late": tally.late},
        "tokens": {"in": tally.tokens_in, "out": tally.tokens_out},
        "perSecond": {
            name: round(value / elapsed, 2) if elapsed else 0.0
            for name, value in (("requests", tally.answers), ("tokensIn", tally.tokens_in), ("tokensOut", tally.tokens_out))
        },
        "seconds": {name: times.row() for name, times in tally.times.items()},
        "distribution": tally.times["whole"].distribution(),
        "errors": [
            {"kind": kind, "count": count, "firstAtSeconds": round(when, 1), "example": detail}
            for kind, (count, when, detail) in sorted(tally.faults.items(), key=lambda item: (-item[1][0], item[0]))
        ],
        "overTime": {
            "everySeconds": width,
            "tokensPerSecond": [round(row.tokens / width, 1) for row, width in zip(rows, widths, strict=True)],
            "open": [round(row.busy / width, 1) for row, width in zip(rows, widths, strict=True)],
            "failed": [round(row.faults) for row in rows],
            "firstP95": [round(row.first.percentile(0.95), 3) if row.first.counts else None for row in rows],
        },
    }


def lines_of(summary: dict[str, Any]) -> list[str]:
    """The same for people who read the log."""
    requests, tokens, speed, workers = (summary[name] for name in ("requests", "tokens", "perSecond", "workers"))
    lines = [
        "",
        f"{summary['name']}: {'PASSED' if summary['passed'] else 'FAILED'}",
        f"  {summary['model']} at {summary['target']}",
        f"  {summary['load']}; {summary['elapsedSeconds']:.0f} s; {workers['reported']} of {workers['asked']} workers",
        f"  requests  {requests['answered']} answered, {requests['failed']} failed, {speed['requests']:.2f}/s",
        f"  tokens    {tokens['in']} in ({speed['tokensIn']:.1f}/s), {tokens['out']} out ({speed['tokensOut']:.1f}/s)",
        f"  {'':<16}{'p50':>10}{'p95':>10}{'p99':>10}{'max':>10}",
    ]
    for name, title in METRICS.items():
        row = summary["seconds"][name]
        lines.append(f"  {title:<16}" + "".join(f"{seconds(row[column]):>10}" for column in ("p50", "p95", "p99", "max")))
    for row in summary["errors"]:
        lines.append(f"  error: {row['count']} x {row['kind']}, first after {row['firstAtSeconds']} s: {row['example']}".rstrip(": "))
    lines += [f"  {'held  ' if row['held'] else 'MISSED'} {row['name']}: {row['got']} ({row['asked']})" for row in summary["thresholds"]]
    return [*lines, *(f"  TROUBLE {trouble}" for trouble in summary["troubles"]), ""]
