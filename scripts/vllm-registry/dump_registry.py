"""Print the registry of the vLLM release whose environment runs this: flags, environment names, metrics.

Nothing in it depends on the machine: values that do are found by evaluating them on two pretended machines.
"""

import argparse
import dataclasses
import enum
import importlib
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys

from metrics_in_code import find_metrics

COMMAND_LINE_MODULES = ["vllm.entrypoints.launchers.cli_args", "vllm.entrypoints.openai.cli_args"]

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


def import_first(names):
    for name in names:
        try:
            return name, importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not name.startswith(error.name or "?"):
                raise
    raise SystemExit(f"none of {names} is in this vLLM")


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


def listed(values):
    """Sorted, without the None of an optional flag, which some releases spell as text."""
    return sorted({value for value in values or () if value not in (None, "None")}, key=str)


def plain(value):
    """A JSON value that stands for a default, or None where only an object would do."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    if isinstance(value, (set, frozenset)):
        return sorted(map(plain, value))
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: plain(item) for key, item in value.items()}
    return None


def without_empty(entry):
    return {key: value for key, value in entry.items() if value is not None and value is not False and value != []}


def describe_flag(action, parser, values, bounds):
    longs = [name for name in action.option_strings if name.startswith("--")]
    negated = [name for name in longs if name.startswith("--no-")] if len(longs) > 1 else []
    name = next(long for long in longs if long not in negated)
    known = action.metavar if isinstance(action.metavar, (list, tuple)) else values.get(name)
    default = None if action.default is argparse.SUPPRESS else plain(action.default)
    entry = {
        "type": value_type(action),
        "aliases": [other for other in action.option_strings if other != name and other not in negated],
        "negated": negated[0] if negated else None,
        "list": action.nargs == "+",
        "optionalValue": action.nargs == "?",
        "choices": listed(action.choices),
        "values": listed(known),
        **bounds.get(action.dest, {}),
        "hidden": action.help is argparse.SUPPRESS,
        "deprecated": is_deprecated(action, parser, name),
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
    from vllm.model_executor.layers.quantization import QUANTIZATION_METHODS
    from vllm.model_executor.model_loader import _LOAD_FORMAT_TO_MODEL_LOADER
    from vllm.reasoning import ReasoningParserManager
    from vllm.tool_parsers import ToolParserManager
    from vllm.v1.attention.backends.registry import AttentionBackendEnum

    return {
        "--attention-backend": list(AttentionBackendEnum.__members__),
        "--load-format": list(_LOAD_FORMAT_TO_MODEL_LOADER),
        "--quantization": list(QUANTIZATION_METHODS),
        "--reasoning-parser": ReasoningParserManager.list_registered(),
        "--tool-call-parser": ToolParserManager.list_registered(),
    }


def bounds_of_fields():
    """The bounds that the configuration classes give their fields; vLLM looks at them after parsing as well."""
    import vllm.config

    bounds = {}
    for config in vars(vllm.config).values():
        if not (isinstance(config, type) and dataclasses.is_dataclass(config)):
            continue
        for field in dataclasses.fields(config):
            found = {
                name: getattr(part, bound)
                for part in getattr(field.default, "metadata", ())
                for name, bound in BOUNDS.items()
                if hasattr(part, bound)
            }
            if found:
                bounds.setdefault(field.name, found)
    return bounds


def dump_flags(module):
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    parser = module.make_arg_parser(FlexibleArgumentParser())
    values = unchecked_values()
    bounds = bounds_of_fields()
    described = dict(
        describe_flag(action, parser, values, bounds)
        for action in parser._actions
        if action.option_strings and action.dest != "help"
    )
    missing = set(values) - set(described)
    if missing:
        raise SystemExit(f"flags with known values that do not exist: {sorted(missing)}")
    return described


def evaluate_variables():
    """Print the values of vLLM's environment variables when none is set."""
    processors = int(sys.argv[2])
    os.cpu_count = lambda: processors
    from vllm import envs

    values = {}
    for name, read in envs.environment_variables.items():
        try:
            values[name] = plain(read())
        except Exception as error:  # a variable that must be set refuses to be read
            print(f"{name}: {error}", file=sys.stderr)
            values[name] = None
    print(json.dumps(values))


def on_machine(home, processors):
    """The variables' values in a process of its own, which also shows the ones that are drawn at random."""
    command = [sys.executable, __file__, "environment", str(processors)]
    answer = subprocess.run(command, env={**os.environ, "HOME": home}, stdout=subprocess.PIPE, check=True, text=True).stdout
    return json.loads(answer.splitlines()[-1])


def describe_variable(read):
    """What the functions that vLLM wraps its variables in hold: the choices, and what to use instead."""
    held = dict(zip(read.__code__.co_freevars, (cell.cell_contents for cell in read.__closure__ or ())))
    choices = held.get("choices")
    return {
        "choices": listed(choices() if callable(choices) else choices),
        "deprecated": held.get("replacement"),
    }


def dump_environment():
    from vllm import envs

    one = on_machine("/one", 1)
    other = on_machine("/other", 64)
    described = {}
    for name, read in envs.environment_variables.items():
        default = one[name]
        if default != other[name]:
            in_home = isinstance(default, str) and default.replace("/one", "/other", 1) == other[name]
            default = default.replace("/one", "~", 1) if in_home else None
        entry = without_empty(describe_variable(read))
        if default is not None:
            entry["default"] = default
        described[name] = entry
    return described


def dump_metrics(package):
    found = find_metrics(package)
    found.update(http_metrics())
    return {name: without_empty(entry) for name, entry in found.items()}


def http_metrics():
    """The rows of the web layer, from one request to an application with vLLM's own instrumentation."""
    from fastapi import FastAPI
    from fastapi.testclient import TestClient
    from prometheus_client.parser import text_string_to_metric_families
    from vllm.entrypoints.serve.instrumentator.metrics import attach_router

    app = FastAPI()
    app.get("/probe")(lambda: {})
    attach_router(app)
    client = TestClient(app)
    client.get("/probe")
    found = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        if not family.name.startswith("http_") or family.name.endswith("_created"):
            continue
        suffix = "_total" if family.type == "counter" else ""
        labels = {label for sample in family.samples for label in sample.labels} - {"le", "quantile"}
        found[family.name + suffix] = {"type": family.type, "labels": sorted(labels), "when": "after a request"}
    return found


def rows(mapping):
    return ",\n".join(f"    {json.dumps(key)}: {json.dumps(mapping[key], sort_keys=True)}" for key in sorted(mapping))


def main():
    # vLLM reads the help texts, which say what is deprecated, only when help is asked for
    sys.argv.append("--help")
    # the logs go to the standard output, which is this program's result
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    environment = dump_environment()
    name, module = import_first(COMMAND_LINE_MODULES)
    package = pathlib.Path(importlib.import_module("vllm").__file__).parent
    sections = {"environment": environment, "flags": dump_flags(module), "metrics": dump_metrics(package)}
    release = importlib.metadata.version("vllm").split("+")[0]
    head = {"commandLineModule": name, "release": release}
    lines = [f"  {json.dumps(key)}: {json.dumps(head[key])}" for key in sorted(head)]
    lines += [f"  {json.dumps(key)}: {{\n{rows(sections[key])}\n  }}" for key in sorted(sections)]
    out.write("{\n" + ",\n".join(lines) + "\n}\n")
    out.flush()


if __name__ == "__main__":
    evaluate_variables() if sys.argv[1:2] == ["environment"] else main()
