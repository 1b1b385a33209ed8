"""Measures how fast a model is without a server, by vLLM's own benchmarks. --help prints its contract.

throughput.json and latency.json are as vLLM writes them, benchmark.json has both with what was measured.
https://docs.vllm.ai/en/latest/benchmarking/cli/
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from exits import SOFTWARE
from job import CONTRACT, EndError, NoInputError, run, say
from whole_file import whole_file


class EngineError(EndError):
    code = SOFTWARE


def value_of(option: str, text: str, kind: type) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, kind):
        CONTRACT.refuse(f"--{option} is no JSON {'list' if kind is list else 'object'}")
    return value


def measures(options: argparse.Namespace) -> dict[str, list[str]]:
    """What each of vLLM's benchmarks is called with."""
    lengths = [str(options.input_tokens), str(options.output_tokens)]
    return {
        "throughput": [
            "--dataset-name=random", f"--random-input-len={lengths[0]}", f"--random-output-len={lengths[1]}",
            f"--num-prompts={options.prompts}",
        ],
        "latency": [
            f"--input-len={lengths[0]}", f"--output-len={lengths[1]}", f"--batch-size={options.batch_size}",
            f"--num-iters={options.iterations}", f"--num-iters-warmup={max(1, options.iterations // 3)}",
        ],
    }


def measured(name: str, arguments: list[str]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        result = os.path.join(folder, f"{name}.json")
        command = [sys.executable, "-m", "vllm.entrypoints.cli.main", "bench", name, *arguments, f"--output-json={result}"]
        say(f"vllm bench {' '.join(command[4:])}")
        code = subprocess.run(command, check=False).returncode
        if code != 0:
            raise EngineError(f"vllm bench {name} ended with {code}")
        with open(result, encoding="utf-8") as file:
            return json.load(file)


def write(folder: str, name: str, value: Any) -> None:
    with whole_file(os.path.join(folder, f"{name}.json")) as file:
        file.write(json.dumps(value, indent=2) + "\n")


def work(options: argparse.Namespace) -> int:
    engine = value_of("engine-arguments", options.engine_arguments, list)
    about = value_of("about", options.about, dict)
    if not os.path.isfile(os.path.join(options.weights, "config.json")):
        raise NoInputError(f"there is no model in {options.weights}: it has no config.json")
    os.makedirs(options.output, exist_ok=True)
    done = {
        **about, "inputTokens": options.input_tokens, "outputTokens": options.output_tokens, "prompts": options.prompts,
        "batchSize": options.batch_size, "engineArguments": engine,
    }
    for name, arguments in measures(options).items():
        done[name] = measured(name, [f"--model={options.weights}", *engine, *arguments])
        write(options.output, name, done[name])
    seconds = done["throughput"]["elapsed_time"]
    done["outputTokensPerSecond"] = round(options.prompts * options.output_tokens / seconds, 2)
    write(options.output, "benchmark", done)
    say(f"{done['outputTokensPerSecond']} tokens/s out of {options.prompts} questions at once; {done['latency']['avg_latency']:.3f} s for"
        f" {options.output_tokens} tokens to each of {options.batch_size}")
    return 0


if __name__ == "__main__":
    run(work)
