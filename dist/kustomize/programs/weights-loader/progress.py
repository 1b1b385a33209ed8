"""How far the files are that are under way."""

import threading

from output import Output
from words import amount, duration


class Progress:
    """Every few seconds a line for each file under way, and one for all of them."""

    def __init__(self, sizes: dict[str, int], total_bytes: int, seconds: float) -> None:
        self.sizes = sizes
        self.total_bytes = total_bytes
        self.left_alone = total_bytes - sum(sizes.values())
        self.done: dict[str, int] = {}
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._report, args=(seconds,), daemon=True)

    def __enter__(self) -> "Progress":
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ended.set()
        self.thread.join()

    def at(self, path: str, done: int) -> None:
        with self.lock:
            self.done[path] = done

    def _report(self, seconds: float) -> None:
        before: dict[str, int] = {}
        while not self.ended.wait(seconds):
            with self.lock:
                now = dict(self.done)
            rates = {path: max(0, done - before.get(path, 0)) / seconds for path, done in now.items()}
            for path in sorted(path for path, done in now.items() if done < self.sizes[path]):
                Output.say(f"{path}: {_share(now[path], self.sizes[path])}, {rates[path] / 1e6:.1f} MB/s")
            done, rate = self.left_alone + sum(now.values()), sum(rates.values())
            left = f"{duration((self.total_bytes - done) / rate)} left" if rate > 0 else "nothing arrives"
            Output.say(f"all files: {_share(done, self.total_bytes)}, {rate / 1e6:.1f} MB/s, {left}")
            before = now


def _share(done: int, size: int) -> str:
    return f"{100 * done // max(1, size)} % of {amount(size)}"
