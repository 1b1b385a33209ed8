"""When a server wants to be asked again."""

import email.utils
import math
import time


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
