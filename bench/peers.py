"""Answers of aisimulate to loads: JSON lines on the input and on the output, null where it has none, with the reason."""

import functools
import json
import logging
import sys

logging.disable(logging.CRITICAL)

from aisimulate.legacy_cli.api import cli_estimate  # noqa: E402  logging first, since the import already logs


# The package has its configuration by this name; any other name is looked up on the hub.
NAMES = {'meta-llama/Llama-3.1-8B-Instruct': 'meta-llama/Meta-Llama-3.1-8B'}


@functools.cache
def answer(line):
    load = json.loads(line)
    experts = {'moe_tp_size': 1, 'moe_ep_size': 1} if load['experts'] else {}
    result = cli_estimate(
        NAMES.get(load['model'], load['model']), 'h200_sxm', backend_name='vllm', isl=load['inputTokens'], osl=load['outputTokens'],
        batch_size=load['clients'], tp_size=load['tensorParallelSize'], pp_size=load['pipelineParallelSize'],
        gemm_quant_mode='fp8' if load['fp8'] else None, **experts,
    )
    return float(result.tokens_per_second)


def main():
    for line in sys.stdin:
        try:
            reply = {'outputTokensPerSecond': answer(line.strip())}
        except Exception as error:  # noqa: BLE001  whatever it fails with is its answer
            reply = {'outputTokensPerSecond': None, 'reason': f'{type(error).__name__}: {str(error).splitlines()[0][:120]}'}
        print('ANSWER ' + json.dumps(reply), flush=True)


main()
