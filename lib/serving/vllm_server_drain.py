"""Waits until a server may get SIGTERM without breaking an answer. Runs as preStop, in the server's container.

usage: vllm_server_drain.py METRICS_URL PROPAGATION_SECONDS DRAIN_SECONDS

A deleted pod leaves its Service, but not at once everywhere: first the propagation is waited for while the server goes on
answering. Then the running and waiting requests are counted until there are none twice in a row, at most DRAIN_SECONDS.
Exits with 0 in any case: Kubernetes sends SIGTERM next whatever this says.
"""

import sys
import time
import urllib.request

COUNTED = ("vllm:num_requests_running", "vllm:num_requests_waiting")


def requests_in_flight(url: str) -> float | None:
    """Running and waiting requests over all engines; None when the server does not say."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            lines = response.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return None
    values = [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(tuple(f"{name}{{" for name in COUNTED))]
    return sum(values) if values else None


def main() -> None:
    url, propagation, drain = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    # A server that does not answer is not in the Service yet, or no longer: there is nothing to wait for.
    if requests_in_flight(url) is None:
        print("drain: the server does not answer", flush=True)
        return
    time.sleep(propagation)
    end = time.monotonic() + drain
    idle = 0
    while idle < 2 and time.monotonic() < end:
        in_flight = requests_in_flight(url)
        # No answer is not idle: a busy server may be slow to say.
        idle = idle + 1 if in_flight == 0 else 0
        time.sleep(min(1.0, max(0.0, end - time.monotonic())))
    print(f"drain: {'idle' if idle >= 2 else 'time is up'}", flush=True)


if __name__ == "__main__":
    main()
