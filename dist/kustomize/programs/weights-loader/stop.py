"""How all that runs is told to end."""

import contextlib
import signal
import threading
from collections.abc import Iterator

from exits import TEMPORARY
from refused import RefusedError

STOPPED = "stopped; run it again, it goes on where it stopped"


class Stop(threading.Event):
    """Set when all that runs has to end."""

    def __init__(self) -> None:
        super().__init__()
        self.interrupts = True

    def check(self) -> None:
        if self.is_set():
            raise RefusedError(TEMPORARY, STOPPED)

    @contextlib.contextmanager
    def held_back(self) -> Iterator[None]:
        """SIGTERM does not interrupt what runs inside, a request whose answer has to be known; it ends the program afterwards."""
        self.interrupts = False
        try:
            yield
        finally:
            self.interrupts = True
        self.check()


@contextlib.contextmanager
def terminable(stop: Stop) -> Iterator[None]:
    """Ends what runs inside on SIGTERM; a second one, or one that comes later, does not disturb the end."""

    def end(*_signal: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stop.set()
        if stop.interrupts:
            stop.check()

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
