"""Times that were measured, to one percent, in a size that does not grow with them."""

import bisect
import math
from dataclasses import dataclass, field
from typing import Any

# Of a bucket: a percentile is at most this much above what was measured.
WIDTH = math.log(1.01)
LEAST_SECONDS = 1e-4
# As `hey` has them.
STEPS = 10
SHARES = (10, 25, 50, 75, 90, 95, 99)


@dataclass
class Histogram:
    counts: dict[int, int] = field(default_factory=dict)
    total: float = 0.0
    least: float = math.inf
    most: float = 0.0

    def add(self, seconds: float) -> None:
        bucket = math.ceil(math.log(max(seconds, LEAST_SECONDS)) / WIDTH)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.total += seconds
        self.least = min(self.least, seconds)
        self.most = max(self.most, seconds)

    def merge(self, other: "Histogram") -> None:
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.total += other.total
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def mean(self) -> float:
        return self.total / self.count if self.counts else 0.0

    def _time(self, bucket: int) -> float:
        return max(self.least, min(math.exp(bucket * WIDTH), self.most))

    def percentile(self, share: float) -> float:
        """The time within which this share of them is; 0 when there are none."""
        left = math.ceil(share * self.count)
        for bucket in sorted(self.counts):
            left -= self.counts[bucket]
            if left <= 0:
                return self._time(bucket)
        return 0.0

    def distribution(self) -> dict[str, Any] | None:
        """What `hey` prints of its answers: the ends, the mean, the percentiles, and how many there are in each tenth of the range.

        https://github.com/rakyll/hey/blob/master/requester/print.go
        """
        if not self.counts:
            return None
        bounds = [self.least + (self.most - self.least) * step / STEPS for step in range(STEPS + 1)]
        counts = [0] * len(bounds)
        for bucket, count in self.counts.items():
            counts[min(bisect.bisect_left(bounds, self._time(bucket)), STEPS)] += count
        return {
            "fastest": round(self.least, 5), "mean": round(self.mean, 5), "slowest": round(self.most, 5),
            "percentiles": {f"p{share}": round(self.percentile(share / 100), 5) for share in SHARES},
            "histogram": [{"upToSeconds": round(bound, 5), "answers": count} for bound, count in zip(bounds, counts, strict=True)],
        }

    def row(self) -> dict[str, float]:
        mean = self.mean
        figures = {"mean": mean, "p50": self.percentile(0.5), "p95": self.percentile(0.95), "p99": self.percentile(0.99), "max": self.most}
        return {name: round(value, 5) for name, value in figures.items()}
