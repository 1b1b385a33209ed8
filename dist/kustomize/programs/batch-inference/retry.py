"""When a server is asked again."""

import email.utils
import math
import random
import time


def pause(attempt: int, first: float, most: float) -> float:
    """Seconds after an attempt, the first of which is 0: twice as long each time, and never the same for many at once.

    Between the half and the whole of `first`, and at last of `most`.
    """
    return random.uniform(0.5, 1.0) * min(most, first * 2.0 ** min(attempt, 60))


def retry_after(value: str | None, most: float) -> float:
    """The seconds that a Retry-After header asks for, at most `most`; 0 when it says nothing that can be read.

    https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
    """
    try:
        seconds = _seconds((value or "").strip())
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), most) if math.isfinite(seconds) else 0.0


def _seconds(text: str) -> float:
    """From a number, or from a date to now."""
    if text[:1].isdigit() and text[-1:].isdigit():
        return float(text)
    return email.utils.parsedate_to_datetime(text).timestamp() - time.time()
