"""Prints what the configuration classes of transformers and vLLM take for a field that config.json leaves out, by model_type.

vLLM reads config.json through these classes, so a field that is not there has the value of its class. Only plain values whose names speak
of the shape of a language model are kept; lists follow from them and are left to whoever reads.
"""

import json
import re

import transformers
from transformers import PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from vllm.transformers_utils.config import _CONFIG_REGISTRY

SHAPE = re.compile(
    r"layer|head|hidden_size|^n_embd$|^d_model$|intermediate|ffn|vocab|sliding|window|embed_dim|depth|out_hidden|output_dim|hidden_dim|mult|pattern|chunk|lora_rank|index_|mamba|ssm|conv|state_size"
    r"|expert|moe|tie_word|group|multi_query|decoder_arch|position|seq_len|per_layer|interval|expand|kda|swa|dense")
NO_SHAPE = re.compile(
    r"dropout|layerdrop|_eps|epsilon|norm_|_norm|init|loss|coef|token_id|bias|theta|act|scale|scaling|fn$|jitter|route|feat_|classifier|projector"
    r"|time_step|chunk_size_feed|prob|labels|output_hidden|_type$|cross_attention$|impl|_method|aux|^rope|alpha|return")


TOWER = re.compile(r"vision|audio|encoder$")
TOWERS = ["vision_config", "audio_config", "encoder_config"]

# Changed one by one: a field that follows another one has no default of its own.
CHANGED = {"hidden_size": 2, "num_attention_heads": 2, "num_hidden_layers": 2, "intermediate_size": 2}


def fields(config):
    return {
        name: value
        for name, value in sorted(config.to_dict().items())
        if SHAPE.search(name) and not NO_SHAPE.search(name) and isinstance(value, (bool, int, float, str)) and value != ""
    }


def shape_of(config, whole=False):
    text = config if whole else config.get_text_config()
    shape = fields(text)
    for name, factor in CHANGED.items():
        try:
            other = fields(type(text)(**{name: factor * getattr(text, name)}))
        except Exception:  # it has no such field, or none that can be changed alone
            continue
        own = {name, getattr(text, "attribute_map", {}).get(name)}
        shape = {field: value for field, value in shape.items() if field in own or other.get(field) == value}
    return text.model_type or config.model_type, shape


def towers_of(config):
    towers = [getattr(part, name, None) for part in (config, getattr(config, "thinker_config", None)) for name in TOWERS]
    return [tower for tower in towers if isinstance(tower, PreTrainedConfig) and tower.model_type]


def main():
    defaults = {}
    towers = {}
    classes = {**{name: CONFIG_MAPPING[name] for name in CONFIG_MAPPING}, **_CONFIG_REGISTRY}
    for name, config_class in classes.items():
        try:
            config = config_class()
            text_type, shape = shape_of(config)
            towers.update({tower.model_type: shape_of(tower, whole=True)[1] for tower in towers_of(config)})
        except Exception:  # a class that cannot be made without values has no defaults
            continue
        if TOWER.search(name):
            towers.setdefault(name, shape_of(config, whole=True)[1])
        if "vocab_size" in shape:
            defaults.setdefault(text_type, shape)
            defaults.setdefault(name, shape)
    defaults = {**towers, **defaults}
    lines = [f"  {json.dumps(name)}: {json.dumps(defaults[name], sort_keys=True)}" for name in sorted(defaults)]
    print('{\n  "source": "transformers ' + transformers.__version__ + '",\n' + ",\n".join(lines) + "\n}")


main()
