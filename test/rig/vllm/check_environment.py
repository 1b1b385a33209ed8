"""Read environments with the real package: a JSON list of objects on the standard input, a list of lists of faults on the output."""

import json
import os
import sys

from vllm import envs


def faults_of(environment):
    os.environ.update(environment)
    for name in sorted(name for name in environment if name.startswith("VLLM_")):
        try:
            envs.environment_variables[name]()
        except KeyError:
            yield f"{name} is unknown"
        except ValueError as error:
            yield f"{name}: {error}"
    for name in environment:
        del os.environ[name]


print(json.dumps([list(faults_of(environment)) for environment in json.load(sys.stdin)]))
