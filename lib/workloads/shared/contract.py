"""The contract of a program: contract.json beside it, which the construct that starts it reads as well.

Arguments, their bounds, their defaults and the exit codes stand there and nowhere else; --help is printed from it.
"""

import argparse
import json
import math
import os
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from exits import EXITS, USAGE

TYPES: dict[str, Callable[[str], Any]] = {"string": str, "integer": int, "number": float}


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}\n{self.format_usage()}")


class Contract:
    """What a program may be called with, and what its ends mean."""

    def __init__(self, path: str | None = None) -> None:
        with open(path or os.path.join(os.path.dirname(os.path.abspath(__file__)), "contract.json"), encoding="utf-8") as file:
            self.contract: dict[str, Any] = json.load(file)

    @property
    def name(self) -> str:
        return str(self.contract["name"])

    def argument(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.contract["arguments"][name]
        return found

    def setting(self, name: str) -> dict[str, Any]:
        """What the contract says of a value of the program's file."""
        found: dict[str, Any] = self.contract["settings"][name]
        return found

    def parse(self, arguments: Sequence[str] | None = None) -> argparse.Namespace:
        """The values by name, `-` as `_`. What is wrong ends the program with the exit code for wrong usage."""
        parser = self._parser()
        given = parser.parse_args(arguments)
        for name, rule in self.contract["arguments"].items():
            value = getattr(given, name.replace("-", "_"), None)
            problem = None if value is None else _problem(rule, value)
            if problem:
                parser.error(f"{name if rule.get('positional') else f'--{name}'} ({value}) {problem}")
        return given

    def _parser(self) -> argparse.ArgumentParser:
        kinds: dict[str, Any] = {"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter}
        parser = Parser(prog=self.name, description=self.contract["description"], epilog=self._ends(), **kinds)
        commands: dict[str, str] = self.contract.get("commands", {})
        if not commands:
            self._add(parser, None)
            return parser
        choice = parser.add_subparsers(dest="command", required=True, metavar="|".join(commands), parser_class=Parser)
        for command, text in commands.items():
            self._add(choice.add_parser(command, help=text, description=text, epilog=self._ends(), **kinds), command)
        return parser

    def _add(self, parser: argparse.ArgumentParser, command: str | None) -> None:
        for name, rule in self.contract["arguments"].items():
            if command is not None and command not in rule.get("commands", [command]):
                continue
            text = rule["help"].replace("%", "%%") + (f" (default: {rule['default']})" if rule.get("default") not in (None, "") else "")
            if rule["type"] == "flag":
                parser.add_argument(f"--{name}", action="store_true", help=text)
            elif rule.get("positional"):
                parser.add_argument(name, type=TYPES[rule["type"]], metavar=name.upper(), help=text)
            else:
                parser.add_argument(
                    f"--{name}",
                    dest=name.replace("-", "_"),
                    type=TYPES[rule["type"]],
                    default=rule.get("default"),
                    required=rule.get("required", False),
                    metavar=rule.get("metavar", name.split("-")[-1].upper()),
                    help=text,
                )

    def _ends(self) -> str:
        rows = [f"  {EXITS[name]:>3}  {end['meaning']}" for name, end in self.contract["exits"].items()]
        return "exit codes:\n    0  done\n" + "\n".join(rows)


def _problem(rule: dict[str, Any], value: Any) -> str | None:
    if isinstance(value, str):
        return None if re.fullmatch(rule.get("pattern", r"(?s:.*)"), value) else f"must be {rule.get('form', 'a text')}"
    if isinstance(value, bool):
        return None
    least, most, above = rule.get("least"), rule.get("most"), rule.get("above")
    if math.isnan(value) or (least is not None and value < least):
        return f"must be at least {least}"
    if above is not None and value <= above:
        return f"must be above {above}"
    return f"must be at most {most}" if most is not None and value > most else None
