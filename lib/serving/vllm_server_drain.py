"""Waits until a server may get SIGTERM without breaking an answer. Runs as preStop, in the server's container.

usage: vllm_server_drain.py METRICS_URL PROPAGATION_SECONDS DRAIN_SECONDS

A deleted pod leaves its Service, but not at once everywhere: first the propagation is waited for while the server goes on
answering. Then the running and waiting requests are counted until there are none twice in a row, at most DRAIN_SECONDS.
Exits with 0 whatever the server says: Kubernetes sends SIGTERM next in any case.
"""

import http.client
import socket
import sys
import time
import urllib.parse
import urllib.request

COUNTED = ("vllm:num_requests_running{", "vllm:num_requests_waiting{")
ANSWER_SECONDS = 2.0
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
    print(f"drain: {'idle' if idle >= 2 else 'time is up'}", flush=True)


if __name__ == "__main__":
    main()
