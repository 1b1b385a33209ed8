"""A model's folder with nothing of its weights."""

import json
import os
from typing import Any


def write_folder(folder: str, config: dict[str, Any]) -> None:
    """The tokenizer knows one word: vLLM only asks whether there is one."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="a", eos_token="a", pad_token="a").save_pretrained(folder)
    with open(os.path.join(folder, "config.json"), "w") as file:
        # JSON has no infinity, and Mamba's files have one: a row carries it as a text
        file.write(json.dumps(config).replace('"@Infinity@"', "Infinity"))


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
            super().__init__(**{key: part_of(value) if is_part(key, value) else value for key, value in fields.items()})

    AutoConfig.register(name, RemoteConfig)


def is_part(key: str, value: object) -> bool:
    return key.endswith("_config") and key != "quantization_config" and isinstance(value, dict)


def part_of(fields: dict[str, Any]) -> Any:
    from transformers import AutoConfig

    part = {"model_type": "part", **fields}
    register_remote(part)
    return AutoConfig.for_model(**part)
