"""Print the registry of the vLLM release whose environment runs this: flags, environment names, metrics, models.

Nothing in it depends on the machine: values that do are found by evaluating them on two pretended machines.
"""

import importlib
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys

from metrics_in_code import find_metrics
from model_classes import dump_former_models, dump_models, dump_quantizations
from parser_flags import dump_configs, dump_flags, make_parser
from registry_values import listed, plain, without_empty

COMMAND_LINE_MODULES = [
    "vllm.entrypoints.common.cli_args",
    "vllm.entrypoints.launchers.cli_args",
    "vllm.entrypoints.openai.cli_args",
]

def import_first(names):
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not name.startswith(error.name or "?"):
                raise
    raise SystemExit(f"none of {names} is in this vLLM")


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


def main():
    # vLLM reads the help texts, which say what is deprecated, only when help is asked for
    sys.argv.append("--help")
    # the logs go to the standard output, which is this program's result
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    environment = dump_environment()
    module = import_first(COMMAND_LINE_MODULES)
    package = pathlib.Path(importlib.import_module("vllm").__file__).parent
    parser, actions = make_parser(module)
    sections = {
        "configs": dump_configs(actions),
        "environment": environment,
        "flags": dump_flags(actions, parser),
        "formerModels": dump_former_models(),
        "metrics": dump_metrics(package),
        "quantizations": dump_quantizations(),
        # last: the modules of models register what they like
        "models": dump_models(),
    }
    release = importlib.metadata.version("vllm").split("+")[0]
    out.write(json.dumps({"release": release, **sections}, sort_keys=True) + "\n")
    out.flush()


if __name__ == "__main__":
    evaluate_variables() if sys.argv[1:2] == ["environment"] else main()
