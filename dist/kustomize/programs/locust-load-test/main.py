"""A load test of a server that speaks OpenAI's API, by Locust, with one master and its workers.

usage: locust_load_test.py master --settings FILE [--prompts FILE] [--results DIRECTORY] [--bind ADDRESS] [--port PORT]
                                  [--login DIRECTORY] [--page-port PORT]
       locust_load_test.py worker --settings FILE [--prompts FILE] --master HOST [--port PORT]
       locust_load_test.py page < LOG > report.html

The master waits for the server and the workers, has the load made, judges what came of it by the thresholds, and prints Locust's
statistics, a summary for people and one for programs. `page` makes the page of a test from the master's log (kubectl logs); it
needs nothing but Python.
Exit codes: 0 all thresholds were held, 1 the test failed, 64 wrong usage, 65 no summary in that log, 69 there was no test since the
server or workers were missing, 70 an error of this program, 78 settings that are refused. A worker ends with 0 however the test went.
"""

import argparse
import logging
import sys
from typing import NoReturn

PORT = 5557
PAGE_PORT = 8089


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(64, f"{message}\n{__doc__.split('The master')[0].strip()}\n")


class OneLine(logging.Formatter):
    """No traces: what they would say is a matter for the program's authors."""

    def formatException(self, ei: object) -> str:
        return str(ei[1]) if isinstance(ei, tuple) else ""


def arguments() -> argparse.Namespace:
    parser = Parser(add_help=False)
    roles = parser.add_subparsers(dest="role", required=True, parser_class=Parser)
    roles.add_parser("page")
    master, worker = roles.add_parser("master"), roles.add_parser("worker")
    for role in (master, worker):
        role.add_argument("--settings", required=True)
        role.add_argument("--prompts")
        role.add_argument("--port", type=int, default=PORT)
    master.add_argument("--results", default="/results")
    master.add_argument("--bind", default="*")
    master.add_argument("--login")
    master.add_argument("--page-port", type=int, default=PAGE_PORT)
    worker.add_argument("--master", required=True)
    return parser.parse_args()


def show_page() -> int:
    from locust_page import page
    from locust_report import from_log

    summary = from_log(sys.stdin.buffer.read().decode("utf-8", "replace"))
    if summary is None:
        print("there is no summary in this log; is the test over?", file=sys.stderr)
        return 65
    try:
        sys.stdout.write(page(summary))
    except (KeyError, TypeError, ValueError):
        print("the summary in this log is of another version", file=sys.stderr)
        return 65
    return 0


def run(options: argparse.Namespace) -> int:
    # Locust first: it makes the standard library's sockets wait without blocking.
    import locust  # type: ignore[import-not-found]  # noqa: F401
    from gevent import get_hub  # type: ignore[import-untyped]
    from locust_settings import SettingsError, read_settings

    # Its page reads the command line as Locust's own.
    del sys.argv[1:]
    get_hub().exception_stream = None
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(OneLine("%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    try:
        settings = read_settings(options.settings, options.prompts)
        if options.role == "worker":
            from locust_worker import work

            return work(settings, options.master, options.port)
        from locust_master import lead

        return lead(settings, options.bind, options.port, options.results, options.page_port, options.login)
    except SettingsError as error:
        print(f"refused: {error}", file=sys.stderr)
        return 78
    except Exception as error:  # noqa: BLE001
        print(f"an error of this program: {type(error).__name__}: {error}", file=sys.stderr)
        return 70


def main() -> int:
    options = arguments()
    return show_page() if options.role == "page" else run(options)


if __name__ == "__main__":
    sys.exit(main())
