"""Print what the vLLM of this environment makes of models, as it would on H200s: a JSON request a line in, a JSON answer a line out.

A request is `{"name", "text", "sizes": [1, 8], "tokens": [131072]}`; without tokens, lengths up to the model's own are taken. The text is
that of a config.json, or of a row that has one: transformers tells 1 from 1.0, which not everything that carries JSON does.
"""

import importlib
import importlib.metadata
import json
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import caches
import hopper
from folder import config_in, offer_processors, plain, register_remote, write_folder

# beyond every window and chunk
FAR_TOKENS = 2**24
LENGTHS = [512, 2048, 8192, 32768, 131072]
# loaded once, for all the processes that come of this one
USED = [
    "transformers",
    "vllm.engine.arg_utils",
    "vllm.model_executor.model_loader.utils",
    "vllm.v1.core.kv_cache_utils",
    "vllm.v1.worker.gpu.attn_utils",
]


def apart(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The answer of work in a process of its own: vLLM has one configuration, one world and one model a process."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        with os.fdopen(write, "w") as pipe:
            json.dump(attempt(work), pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return dict(json.loads(answer)) if answer else {"refusal": f"the process ended with {os.waitstatus_to_exitcode(status)}"}


def attempt(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return work()
    except Exception as error:
        traceback.print_exc()
        return {"refusal": reason_of(error)}


def reason_of(error: Exception) -> str:
    """What vLLM has against a model, in a line; many of its assertions have no words, and are told by where they stand."""
    text = re.sub(r"(?s)^.*?Value error, (.*?)( \[type=.*)?$", r"\1", str(error)).strip()
    if not text:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        text = f"in {frame.name} of {os.path.basename(frame.filename)}: {frame.line}"
    # vLLM refuses in words by a ValueError
    kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
    return kind + " ".join(text.split())


def configure(folder: str, size: int) -> Any:
    from vllm.engine.arg_utils import EngineArgs
    from vllm.usage.usage_lib import UsageContext

    return EngineArgs(model=folder, tensor_parallel_size=size).create_engine_config(usage_context=UsageContext.OPENAI_API_SERVER)


def build(vllm_config: Any, size: int) -> Any:
    import torch
    from vllm.model_executor.model_loader.utils import initialize_model
    from vllm.utils.torch_utils import set_default_torch_dtype

    hopper.join_ranks(size)
    with set_default_torch_dtype(vllm_config.model_config.dtype), torch.device("meta"), hopper.OnMeta():
        return initialize_model(vllm_config)


def measure(folder: str, request: dict[str, Any], size: int) -> dict[str, Any]:
    """The figures of one rank of that many."""
    from vllm.config import set_current_vllm_config

    register_remote(config_in(request["text"]))
    vllm_config = configure(folder, size)
    longest = vllm_config.model_config.max_model_len
    lengths = request.get("tokens") or sorted({length for length in LENGTHS if length < longest} | {min(longest, LENGTHS[-1])})
    with set_current_vllm_config(vllm_config):
        return {"maxModelLenDefault": longest, **weights_of(build(vllm_config, size), vllm_config), **caches_of(vllm_config, lengths)}


def weights_of(model: Any, vllm_config: Any) -> dict[str, Any]:
    # a tied head is the same tensor twice
    parameters = list({id(parameter): parameter for parameter in model.parameters()}.values())
    return {
        "quantized": vllm_config.quant_config is not None,
        "parameters": sum(parameter.numel() for parameter in parameters),
        "weightsBytes": sum(parameter.numel() * parameter.element_size() for parameter in parameters),
    }


def caches_of(vllm_config: Any, lengths: list[int]) -> dict[str, Any]:
    specs = caches.specs_of(vllm_config)
    block_tokens = vllm_config.cache_config.block_size
    far = [blocks * block_tokens for blocks in (FAR_TOKENS // block_tokens, 2 * (FAR_TOKENS // block_tokens))]
    held = {length: request_bytes(vllm_config, length) for length in [*lengths, *far]}
    return {
        "kvKind": caches.describe(specs),
        "kvBytesPerToken": round((held[far[1]] - held[far[0]]) / (far[1] - far[0])),
        "stateBytesPerSequence": caches.state_bytes(specs),
        "requestBytes": {str(length): held[length] for length in lengths} if specs else {"any": 0},
        "blockTokens": block_tokens,
        "cacheLayout": caches.settle_layout(vllm_config, specs) if specs else None,
        "mambaCacheMode": vllm_config.cache_config.mamba_cache_mode,
        "tokensInFlight": vllm_config.max_in_flight_tokens,
        "attentionBackends": sorted({backend.get_name() for backend in caches.backends_of(vllm_config) if not backend.is_ssm()}),
    }


def request_bytes(vllm_config: Any, tokens: int) -> int:
    # a length is a setting of the server, and changes others
    answer = apart(lambda: {"bytes": caches.bytes_of_request(vllm_config, tokens)})
    if "refusal" in answer:
        raise ValueError(answer["refusal"])
    return int(answer["bytes"])


def measure_sizes(request: dict[str, Any]) -> dict[int, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        write_folder(folder, config_in(request["text"]))
        return {size: apart(partial(measure, folder, request, size)) for size in request["sizes"]}


def truth_of(measured: dict[int, dict[str, Any]]) -> dict[str, Any]:
    accepted = {size: figures for size, figures in measured.items() if "refusal" not in figures}
    if not accepted:
        return {"vllm": "refuses", "refusal": next(iter(measured.values()))["refusal"]}
    first = dict(accepted[min(accepted)])
    quantized, parameters, weights = (first.pop(key) for key in ("quantized", "parameters", "weightsBytes"))
    return {
        "vllm": "accepts",
        "parameters": None if quantized else parameters,
        "weightsBytesTP1": weights,
        "weightsBytesPerGpu": {f"TP{size}": figures["weightsBytes"] for size, figures in accepted.items() if size > 1},
        "kvBytesPerTokenTP1": first.pop("kvBytesPerToken"),
        **first,
        "requestBytes": {f"TP{size}": figures["requestBytes"] for size, figures in accepted.items()},
        "refusedTensorParallelSizes": [size for size in measured if size not in accepted],
    }


def main() -> None:
    # vLLM's log goes to the standard output, which is this program's result
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    hopper.pretend()
    offer_processors()
    for module in USED:
        importlib.import_module(module)
    release = importlib.metadata.version("vllm").split("+")[0]
    source = f"vLLM {release} on the meta device with a stand-in Hopper platform"
    for line in sys.stdin:
        request = json.loads(line)
        truth = {**truth_of(measure_sizes(request)), "source": source}
        out.write(json.dumps({"name": request["name"], "config": plain(config_in(request["text"])), "truth": truth}) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
