"""A model's folder with nothing of its weights."""

import json
import math
import os
from collections.abc import Callable
from typing import Any

from hollow import Anything

# Python writes a bare word that JSON does not have, and files of Mamba have it
INFINITY = "@Infinity@"


def config_in(text: str) -> dict[str, Any]:
    """The config that a text is, or that a row has."""
    fields = json.loads(text.replace(f'"{INFINITY}"', "Infinity"))
    return dict(fields["config"] if {"name", "config"} <= fields.keys() else fields)


def plain(value: Any) -> Any:
    """The same in what JSON has."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return INFINITY if value == math.inf else value


def write_folder(folder: str, config: dict[str, Any]) -> None:
    """The tokenizer knows one word: vLLM only asks whether there is one."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="a", eos_token="a", pad_token="a").save_pretrained(folder)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config, file)


def offer_processors() -> None:
    """Models with a tower ask for their processor before they are built, and keep it."""
    from vllm.transformers_utils import processor

    for name in [name for name in vars(processor) if name.startswith("cached_")]:
        setattr(processor, name, or_anything(getattr(processor, name)))


def or_anything(load: Callable[..., Any]) -> Callable[..., Any]:
    def load_or_offer(*args: Any, **kwargs: Any) -> Any:
        try:
            return load(*args, **kwargs)
        except (OSError, TypeError, ValueError):
            return Anything

    return load_or_offer


def register_remote(config: dict[str, Any]) -> None:
    """A class for a config whose class comes with the model's own code, which is not here: what the file says, and no defaults."""
    from transformers import AutoConfig, PretrainedConfig
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    from vllm.transformers_utils.config import _CONFIG_REGISTRY

    name = config.get("model_type")
    if name is None or name in CONFIG_MAPPING or name in _CONFIG_REGISTRY:
        return

    class RemoteConfig(PretrainedConfig):
        model_type = name

        def __init__(self, **fields: Any) -> None:
            fields = {key: part_of(key, value) for key, value in fields.items()}
            # the scaling of lengths is checked against the other fields before they are kept
            self.__dict__.update(fields)
            super().__init__(**fields)

    AutoConfig.register(name, RemoteConfig)


class Fields(dict[str, Any]):
    """What such a class makes of the settings of a layer."""

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return Fields(self[name]) if isinstance(self[name], dict) else self[name]


def part_of(key: str, value: Any) -> Any:
    """Parts by the names that such classes give them: `vision_config` is a config, `block_configs` are settings of layers."""
    from transformers import AutoConfig

    if key.endswith("_configs") and isinstance(value, list):
        return [Fields(item) for item in value]
    if key == "quantization_config" or not key.endswith("_config") or not isinstance(value, dict):
        return value
    part = {"model_type": "part", **value}
    register_remote(part)
    return AutoConfig.for_model(**part)
