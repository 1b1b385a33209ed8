"""Describe the model classes and the quantizations of the vLLM release whose environment runs this."""

import inspect
import re
import sys

from registry_values import without_empty

# the functions by which vLLM asks a class what it can do
QUESTION = re.compile(r"(supports|is|has|requires)_\w+")
NO_CAPABILITY = {"is_vllm_model", "supports_any_eagle"}
MISSING_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")


def questions():
    from vllm.model_executor.models import interfaces, interfaces_base

    return {
        name: ask
        for module in (interfaces_base, interfaces)
        for name, ask in inspect.getmembers(module, inspect.isfunction)
        if QUESTION.fullmatch(name) and name not in NO_CAPABILITY and list(inspect.signature(ask).parameters) == ["model"]
    }


def dump_models():
    """Architectures by name: the class that serves each, and the questions that the class answers with yes."""
    from vllm.model_executor.models.registry import ModelRegistry

    asked = questions()
    return {name: describe_model(entry, asked) for name, entry in ModelRegistry.models.items()}


def describe_model(entry, asked):
    described = {"module": entry.module_name.removeprefix("vllm.model_executor.models."), "class": entry.class_name}
    try:
        model = load(entry)
    except ImportError as error:
        # it needs a package that vLLM does not bring
        print(f"{entry.class_name} cannot be asked: {error}", file=sys.stderr)
        return described
    return {**described, "capabilities": capabilities_of(model, asked), **without_empty(attention_of(model))}


def load(entry):
    """The class, with a stand-in for each name that a newer package or a build without a GPU lacks: nothing of it runs."""
    try:
        return entry.load_model_cls()
    except ImportError as error:
        missing = MISSING_NAME.match(str(error))
        if missing is None:
            raise
        setattr(sys.modules[missing[2]], missing[1], type(missing[1], (), {}))
        return load(entry)


def capabilities_of(model, asked):
    answers = {name for name, ask in asked.items() if ask(model)}
    if getattr(model, "supports_transcription_only", False):
        answers.add("supports_transcription_only")
    return sorted(answers)


def attention_of(model):
    """What is not as of most classes."""
    from vllm.model_executor.models.interfaces_base import get_attn_type, get_score_type

    attention, score = get_attn_type(model), get_score_type(model)
    return {
        "attentionType": attention if attention != "decoder" else None,
        "scoreType": score if score != "bi-encoder" else None,
    }


def dump_former_models():
    """Architectures that vLLM had once: the last release that had each, or the plugin that has it now."""
    from vllm.model_executor.models import registry

    until = {name: {"until": release} for name, release in registry._PREVIOUSLY_SUPPORTED_MODELS.items()}
    plugins = {name: {"plugin": place} for name, place in registry._OOT_SUPPORTED_MODELS.items()}
    return {**until, **plugins}


def dump_quantizations():
    from vllm.model_executor.layers import quantization

    deprecated = getattr(quantization, "DEPRECATED_QUANTIZATION_METHODS", ())
    return {
        name: describe_quantization(quantization.get_quantization_config(name), name in deprecated)
        for name in quantization.QUANTIZATION_METHODS
    }


def describe_quantization(config, deprecated):
    # some ask an object instead of the class; no object can be made without a checkpoint
    config = config.__new__(config)
    capability = config.get_min_capability()
    return without_empty(
        {
            "minimumComputeCapability": capability / 10 if capability > 0 else None,
            "dtypes": sorted(str(kind).removeprefix("torch.") for kind in config.get_supported_act_dtypes()),
            "deprecated": deprecated,
        }
    )
