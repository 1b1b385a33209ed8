"""What the caches of a built model take, by vLLM's own functions."""

import math
from importlib.util import find_spec
from typing import Any

# far above any request, so that no length is refused, and enough blocks that their size is found by division
PLENTY_BYTES = 2**62


def specs_of(config: Any) -> dict[str, Any]:
    """The cache of each layer that has one of its own, after vLLM settled what all of them share."""
    from vllm.platforms import current_platform
    from vllm.v1.core.single_type_kv_cache_manager import register_all_kvcache_specs
    from vllm.v1.worker.gpu.attn_utils import get_kv_cache_spec

    register_all_kvcache_specs(config)
    current_platform.update_block_size_for_backend(config)
    specs = get_kv_cache_spec(config)
    if any(getattr(spec, "non_causal", False) for spec in specs.values()):
        config.scheduler_config.enable_chunked_prefill = False
        config.cache_config.enable_prefix_caching = False
    return specs


def layers_of(config: Any) -> list[Any]:
    from vllm.config import get_layers_from_vllm_config
    from vllm.model_executor.layers.attention_layer_base import AttentionLayerBase

    return list(get_layers_from_vllm_config(config, AttentionLayerBase).values())


def backends_of(config: Any) -> list[Any]:
    return list(dict.fromkeys(layer.get_attn_backend() for layer in layers_of(config)))


def settle_layout(config: Any, specs: dict[str, Any]) -> str:
    from vllm.v1.attention.backends.utils import get_supported_kv_cache_layouts, resolve_kv_cache_layout

    supported = [layout.name for layout in get_supported_kv_cache_layouts(backends_of(config))]
    return str(resolve_kv_cache_layout(config, [supported], list(specs.values())).name)


def bytes_of_request(config: Any, tokens: int) -> int:
    """What one request of that many tokens holds on this rank: its blocks in all groups, times the bytes of a block."""
    from vllm.v1.core.kv_cache_utils import get_max_concurrency_for_kv_cache_config

    config.model_config.max_model_len = tokens
    specs = specs_of(config)
    if not specs:
        return 0
    settle_layout(config, specs)
    planned = configured(config, specs)
    # the tensors of groups lie over each other, so their sizes do not add up to this
    block_bytes = PLENTY_BYTES // planned.num_blocks
    return block_bytes * round(planned.num_blocks / get_max_concurrency_for_kv_cache_config(config, planned))


def configured(config: Any, specs: dict[str, Any]) -> Any:
    """The caches of the only rank, in more memory than there is."""
    if find_spec("vllm.v1.core.kv_cache_planning") is None:  # before 0.33
        from vllm.v1.core import kv_cache_utils

        return kv_cache_utils.get_kv_cache_configs(config, [specs], [PLENTY_BYTES])[0]
    from vllm.v1.core import kv_cache_planning

    groups = kv_cache_planning.get_global_kv_cache_groups(config, [specs])
    return kv_cache_planning.get_kv_cache_configs(config, [specs], [PLENTY_BYTES], groups)[0]


def describe(specs: dict[str, Any]) -> str:
    """`36 SlidingWindow window 1024; 12 FullAttention`, in the order of the layers."""
    counts: dict[tuple[Any, ...], int] = {}
    for spec in specs.values():
        kind = type(spec).__name__.removesuffix("Spec")
        window = getattr(spec, "sliding_window", None)
        chunk = getattr(spec, "attention_chunk_size", None)
        text = kind + (f" window {window}" if window else "") + (f" chunk {chunk}" if chunk else "")
        counts[text, spec.page_size_bytes] = counts.get((text, spec.page_size_bytes), 0) + 1
    return "; ".join(f"{count} {text}" for (text, _), count in counts.items()) or "none (encoder only)"


def state_bytes(specs: dict[str, Any]) -> int:
    """One state of each recurrent layer."""
    return sum(
        math.prod(shape) * dtype.itemsize
        for spec in specs.values()
        if hasattr(spec, "shapes")
        for shape, dtype in zip(spec.shapes, spec.dtypes)
    )
