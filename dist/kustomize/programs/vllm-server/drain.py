"""Waits until a server may get SIGTERM without breaking an answer. Runs as preStop, in the server's container.

usage: drain.py METRICS_URL PROPAGATION_SECONDS DRAIN_SECONDS

A deleted pod leaves its Service, but not at once everywhere: first the propagation is waited for while the server goes on
answering. Then the running and waiting requests are counted until there are none twice in a row, at most DRAIN_SECONDS.
Answers that are still open then are aborted, so that their clients hear of it.
Exits with 0 whatever the server says: Kubernetes sends SIGTERM next in any case.
"""

import http.client
import os
import signal
import socket
import sys
import time
import urllib.parse
import urllib.request

COUNTED = ("vllm:num_requests_running{", "vllm:num_requests_waiting{")
ANSWER_SECONDS = 2.0
# An engine hears of a signal after the step that it computes, a long prompt at worst.
ABORT_SECONDS = 1.5
# The server is in this container: a proxy of its environment is for other addresses.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def refuses(url: str) -> bool:
    """Whether nothing listens. A server that is only slow to answer does listen."""
    address = urllib.parse.urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), timeout=ANSWER_SECONDS).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def requests_in_flight(url: str, timeout: float) -> float | None:
    """Running and waiting requests over all engines; None when the server does not say."""
    try:
        with DIRECT.open(url, timeout=timeout) as response:
            lines = response.read().decode("utf-8", "replace").splitlines()
        counts = [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(COUNTED)]
    except (OSError, http.client.HTTPException, ValueError, IndexError):
        return None
    return sum(counts) if counts else None


def abort() -> None:
    """Ends what is left as aborted.

    With a shutdown timeout of 0 the server kills its engines as soon as it has signalled them: whether they still say that they
    abort is a race, and clients whose answer nobody ends wait for the rest of the grace period. Engines that get the signal
    before the server does abort and say so.
    """
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                if b"::EngineCore" in file.read():
                    os.kill(int(process), signal.SIGTERM)
        except OSError:
            # It is gone, or another user's.
            continue
    time.sleep(ABORT_SECONDS)


def main() -> None:
    url, propagation, drain = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    left_service = time.monotonic() + propagation
    end = left_service + drain
    # vLLM opens its port last: a server that refuses is not in the Service yet, so there is nothing to wait for.
    if refuses(url):
        print("drain: nothing listens", flush=True)
        return
    time.sleep(max(0.0, left_service - time.monotonic()))
    idle = 0
    while idle < 2 and (left := end - time.monotonic()) > 0:
        # No answer is not idle: a busy server may be slow to say.
        idle = idle + 1 if requests_in_flight(url, min(ANSWER_SECONDS, left)) == 0 else 0
        time.sleep(min(1.0, max(0.0, end - time.monotonic())))
    if idle < 2:
        print("drain: time is up", flush=True)
        abort()
    else:
        print("drain: idle", flush=True)


if __name__ == "__main__":
    main()
