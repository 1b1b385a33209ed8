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

    def __init__(self) -> None:
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "contract.json"), encoding="utf-8") as file:
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
            value = getattr(given, _attribute(name), None)
            problem = None if value is None else _problem(rule, value)
            if problem:
                parser.error(f"{name if rule.get('positional') else f'--{name}'} ({value}) {problem}")
        return given

    def refuse(self, message: str) -> NoReturn:
        """Ends the program as one that was called wrongly: for what no rule about one argument can say."""
        self._parser().error(message)

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
            if rule["type"] == "flag":
                parser.add_argument(f"--{name}", action="store_true", help=_help(rule))
            elif rule.get("positional"):
                parser.add_argument(_attribute(name), type=TYPES[rule["type"]], metavar=name.upper(), help=_help(rule))
            else:
                parser.add_argument(
                    f"--{name}",
                    dest=_attribute(name),
                    type=TYPES[rule["type"]],
                    default=rule.get("default"),
                    required=rule.get("required", False),
                    metavar=rule.get("metavar", name.split("-")[-1].upper()),
                    help=_help(rule),
                )

    def _ends(self) -> str:
        rows = [f"  {EXITS[name]:>3}  {end['meaning']}" for name, end in self.contract["exits"].items()]
        return "exit codes:\n    0  done\n" + "\n".join(rows)


def _attribute(name: str) -> str:
    return name.replace("-", "_")


def _help(rule: dict[str, Any]) -> str:
    """What an argument is, with its range and its default."""
    default = rule.get("default")
    words = [*_range(rule), *([] if default in (None, "") else [f"default: {default}"])]
    text = rule["help"] + (f" ({'; '.join(words)})" if words else "")
    return str(text).replace("%", "%%")


def _range(rule: dict[str, Any]) -> list[str]:
    words = (("least", "at least"), ("above", "above"), ("most", "at most"))
    return [", ".join(f"{word} {rule[key]}" for key, word in words if key in rule)] if rule.keys() & dict(words).keys() else []


def _problem(rule: dict[str, Any], value: Any) -> str | None:
    """What is wrong with a value, as the end of a sentence."""
    if isinstance(value, str):
        return None if re.fullmatch(rule.get("pattern", r"(?s:.*)"), value) else f"must be {rule.get('form', 'a text')}"
    if not math.isfinite(value):
        return "must be a finite number"
    if "least" in rule and value < rule["least"]:
        return f"must be at least {rule['least']}"
    if "above" in rule and value <= rule["above"]:
        return f"must be above {rule['above']}"
    return f"must be at most {rule['most']}" if "most" in rule and value > rule["most"] else None
