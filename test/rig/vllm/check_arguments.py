"""Check argument lists with vLLM's own `vllm serve` command line.

One JSON list of arguments a line on the standard input, one answer {"errors": [], "warnings": []} a line on the standard output.
The import takes ten seconds, a list a millisecond.
"""

import argparse
import json
import logging
import os
import sys
import warnings


class Refused(Exception):
    pass


def refuse(_parser, message):
    raise Refused(message)


class Collector(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


def make_command_line():
    from vllm.entrypoints.cli import serve
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    parser = FlexibleArgumentParser(prog="vllm")
    command = serve.cmd_init()[0]
    serve_parser = command.subparser_init(parser.add_subparsers(required=True, dest="subparser"))
    return parser, serve_parser, command


def deprecated_ones(serve_parser, args):
    """Some flags say that they are deprecated only in their help, or when the engine starts."""
    spelled = {text.split("=")[0].replace("_", "-") for text in args if text.startswith("--")}
    for action in serve_parser._actions:
        given = spelled & set(action.option_strings)
        if given and "is deprecated" in (action.help or ""):
            yield f"{given.pop()} is deprecated"


def check(command_line, args):
    from vllm import logger as vllm_logger
    from vllm.engine.arg_utils import AsyncEngineArgs

    parser, serve_parser, command = command_line
    errors = []
    collector = Collector()
    logging.getLogger("vllm").addHandler(collector)
    # vLLM prints some warnings only once in a process
    vllm_logger._print_warning_once.cache_clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            parsed = parser.parse_args(["serve", *args])
            command.validate(parsed)
            AsyncEngineArgs.from_cli_args(parsed)
        except (Exception, SystemExit) as error:
            errors.append(str(error))
    logging.getLogger("vllm").removeHandler(collector)
    noted = collector.messages + [str(warning.message) for warning in caught] + list(deprecated_ones(serve_parser, args))
    return {"errors": errors, "warnings": sorted(set(noted))}


def main():
    # the help texts are read only when help is asked for
    sys.argv.append("--help")
    # the logs go to the standard output, which is for the answers
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    argparse.ArgumentParser.error = refuse
    command_line = make_command_line()
    out.write("ready\n")
    for line in sys.stdin:
        out.write(json.dumps(check(command_line, json.loads(line))) + "\n")


main()
