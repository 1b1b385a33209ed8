"""A load test of a server by Locust: a master that judges, and workers that send. --help prints its contract.

A worker ends with 0 however the test went: that is the master's to say.
"""

import argparse
import logging
import sys

from contract import Contract
from exits import CONFIGURATION, SOFTWARE


class OneLine(logging.Formatter):
    """No traces: what they would say is a matter for the program's authors."""

    def formatException(self, ei: object) -> str:
        return str(ei[1]) if isinstance(ei, tuple) else ""


def run(given: argparse.Namespace) -> int:
    # Locust first: it makes the standard library's sockets wait without blocking.
    import locust  # noqa: F401
    from gevent import get_hub
    from settings import SettingsError, read_settings

    # Its page reads the command line as Locust's own.
    del sys.argv[1:]
    get_hub().exception_stream = None
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(OneLine("%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    try:
        settings = read_settings(given.settings, given.prompts, given.api_key_file)
        if given.command == "worker":
            from worker import work

            return work(settings, given.master, given.port)
        from master import lead

        return lead(settings, given.bind, given.port, given.results, given.page_port, given.login)
    except SettingsError as error:
        print(f"refused: {error}", file=sys.stderr)
        return CONFIGURATION
    except Exception as error:  # noqa: BLE001
        print(f"an error of this program: {type(error).__name__}: {error}", file=sys.stderr)
        return SOFTWARE


if __name__ == "__main__":
    sys.exit(run(Contract().parse()))
