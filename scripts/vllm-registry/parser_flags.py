"""Describe the flags of vLLM's parser, and what each of them sets."""

import argparse
import dataclasses
import types
import typing

from registry_values import listed, plain, without_empty

# argparse's `type` is a callable; vLLM's are told apart by what they accept
PROBES = {
    "integer": ("7", "0.5 8k auto words {}"),
    "number": ("7 0.5", "8k auto words {}"),
    "humanInteger": ("7 8k", "auto words {}"),
    "humanIntegerOrAuto": ("7 8k auto", "words {}"),
    "json": ("{}", "words"),
    "jsonOrString": ("{} words", "{x}"),
    "string": ("words", ""),
}

BOUNDS = {"above": "gt", "minimum": "ge", "below": "lt", "maximum": "le"}


def accepts(convert, text):
    try:
        return convert(text) is not None
    except (ValueError, TypeError, argparse.ArgumentTypeError):
        return False


def value_type(action):
    if action.nargs == 0:
        return "boolean"
    if action.choices:
        kinds = {type(choice) for choice in action.choices if choice is not None}
        return "integer" if kinds == {int} else "string"
    convert = action.type or str
    for name, (accepted, refused) in PROBES.items():
        if all(accepts(convert, text) for text in accepted.split()) and not any(
            accepts(convert, text) for text in refused.split()
        ):
            return name
    raise SystemExit(f"no type for {action.option_strings} ({convert})")


def kinds_of(hint):
    """The classes that a field may hold, without what a list or a mapping of it holds."""
    joined = typing.get_origin(hint) in (typing.Union, types.UnionType, typing.Annotated)
    return [kind for part in typing.get_args(hint) for kind in kinds_of(part)] if joined else [hint]


class Field(typing.NamedTuple):
    """What a flag sets: a field of one of vLLM's configuration classes."""

    owner: type
    name: str

    def __str__(self):
        return f"{self.owner.__name__}.{self.name}"

    def description(self):
        if not dataclasses.is_dataclass(self.owner):
            return None
        return next((field for field in dataclasses.fields(self.owner) if field.name == self.name), None)

    def bounds(self):
        """The bounds that the class gives its field; vLLM looks at them only after parsing."""
        parts = getattr(getattr(self.description(), "default", None), "metadata", ())
        return {
            name: getattr(part, bound) for part in parts for name, bound in BOUNDS.items() if hasattr(part, bound)
        }

    def config(self):
        """The configuration class that the field holds, if it holds one."""
        hint = getattr(self.description(), "type", None)
        return next((kind for kind in kinds_of(hint) if isinstance(kind, type) and dataclasses.is_dataclass(kind)), None)


def watch_fields():
    """Let every action remember the field that it is made for: vLLM makes most of them from the fields of its classes."""
    from vllm.engine import arg_utils

    describe = arg_utils.get_kwargs
    add = argparse._ActionsContainer.add_argument

    def get_kwargs(owner):
        return {name: {**entry, "sets": Field(owner, name)} for name, entry in describe(owner).items()}

    def add_argument(self, *names, sets=None, **entry):
        action = add(self, *names, **entry)
        action.sets = sets
        return action

    arg_utils.get_kwargs = get_kwargs
    argparse._ActionsContainer.add_argument = add_argument


def field_of(action):
    """The field of an action: as it was made, else of the class that its group is named after, else of the command."""
    import vllm.config
    from vllm.engine.arg_utils import AsyncEngineArgs, EngineArgs
    from vllm.entrypoints.cli.serve import ServeSubcommand

    group = getattr(vllm.config, str(action.container.title), None)
    owners = (group, vllm.config.VllmConfig, EngineArgs, AsyncEngineArgs)
    candidates = [Field(owner, action.dest) for owner in owners if owner]
    made_for = getattr(action, "sets", None)
    return made_for or next((field for field in candidates if field.description()), Field(ServeSubcommand, action.dest))


def negated_spellings(action):
    """Those that stand in the help first."""
    hidden = getattr(action, "negative_option_strings", ())
    shown = [name for name in action.option_strings[1:] if name.startswith("--no-") or name in hidden]
    return shown + sorted(set(hidden) - set(shown))


def describe_flag(action, parser, values):
    longs = [name for name in action.option_strings if name.startswith("--")]
    negated = negated_spellings(action)
    name = next(long for long in longs if long not in negated)
    known = action.metavar if isinstance(action.metavar, (list, tuple)) else values.get(name)
    default = None if action.default is argparse.SUPPRESS else plain(action.default)
    field = field_of(action)
    entry = {
        "type": value_type(action),
        "aliases": [other for other in action.option_strings if other != name and other not in negated],
        "negated": negated,
        "list": action.nargs == "+",
        "optionalValue": action.nargs == "?",
        "choices": listed(action.choices),
        "values": [] if action.choices else listed(known),
        **field.bounds(),
        "hidden": action.help is argparse.SUPPRESS,
        "deprecated": is_deprecated(action, parser, name),
        "sets": str(field),
        "config": getattr(field.config(), "__name__", None),
    }
    described = without_empty(entry)
    if default is not None:
        described["default"] = default
    return name, described


def is_deprecated(action, parser, name):
    text = (action.help or "").lower()
    return (
        action in getattr(parser, "_deprecated", ())
        or "deprecated" in type(action).__name__.lower()
        or f"{name} is deprecated" in text
        or "this option is deprecated" in text
    )


def unchecked_values():
    """Values that vLLM looks up only after parsing."""
    from vllm.config.cache import CacheDType
    from vllm.model_executor.layers.quantization import QUANTIZATION_METHODS
    from vllm.model_executor.model_loader import _LOAD_FORMAT_TO_MODEL_LOADER
    from vllm.reasoning import ReasoningParserManager
    from vllm.tool_parsers import ToolParserManager
    from vllm.v1.attention.backends.registry import AttentionBackendEnum

    return {
        "--attention-backend": list(AttentionBackendEnum.__members__),
        "--kv-cache-dtype": typing.get_args(CacheDType),
        "--load-format": list(_LOAD_FORMAT_TO_MODEL_LOADER),
        "--quantization": list(QUANTIZATION_METHODS),
        "--reasoning-parser": ReasoningParserManager.list_registered(),
        "--tool-call-parser": ToolParserManager.list_registered(),
    }


def dump_flags(actions, parser):
    values = unchecked_values()
    described = dict(describe_flag(action, parser, values) for action in actions)
    missing = set(values) - set(described)
    if missing:
        raise SystemExit(f"flags with known values that do not exist: {sorted(missing)}")
    return described


def dump_configs(actions):
    """The fields of every class that a JSON value of a flag makes, by the name of the class."""
    configs = {config.__name__: config for action in actions if (config := field_of(action).config())}
    return {
        name: [field.name for field in dataclasses.fields(config) if field.init] for name, config in configs.items()
    }


def make_parser(module):
    """The parser of `vllm serve`, and its actions that are flags."""
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    watch_fields()
    parser = module.make_arg_parser(FlexibleArgumentParser())
    return parser, [action for action in parser._actions if action.option_strings and action.dest != "help"]
