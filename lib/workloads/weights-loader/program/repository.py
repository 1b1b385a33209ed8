"""Which files of a model a server needs, and whether they are enough for one.

Plans and locks ask the same (lib/catalog/completeness.ts).
"""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from exits import DATA
from output import Output
from refused import RefusedError
from weights_names import is_named, is_served, numbered

CONFIG = "config.json"
INDEX = "model.safetensors.index.json"
ADAPTER = "adapter_config.json"
MODULES = "modules.json"
TEMPLATES = "additional_chat_templates"
TOKENIZER_CONFIG = "tokenizer_config.json"
# A class in these is a model's or a tokenizer's own code.
NAMING_CODE = (CONFIG, TOKENIZER_CONFIG, "processor_config.json", "preprocessor_config.json")
# Parts of an embedding that compute with what is in their folder. https://sbert.net/docs/package_reference/sentence_transformer/models.html
NEEDED_BY = {CONFIG: ("Pooling", ".Dense", ".LayerNorm"), "model.safetensors": (".Dense", ".LayerNorm")}
TRUST = "trust-remote-code"


class Repository:
    """A model at one revision: the paths of its files, and what a small one holds."""

    def __init__(self, model: str, paths: frozenset[str], read: Callable[[str], bytes]) -> None:
        self.model = model
        self.paths = paths
        self._read = read

    def served(self, trust_remote_code: bool, skip_tokenizer_init: bool) -> list[str]:
        """The files that a server needs. Raises RefusedError when they are not enough for one."""
        chosen = {path for path in self.paths if is_served(path)}
        weights = {path for path in chosen if path.endswith(".safetensors") and "/" not in path}
        if not weights:
            raise self._refusal("has no *.safetensors; other formats run code when they are read, and are not loaded")
        if CONFIG not in chosen:
            raise self._refusal("has no config.json; vLLM cannot tell what it is")
        if ADAPTER in self.paths:
            raise self._refusal(f"is an adapter ({ADAPTER}), no model of its own; merge it into its model, and load that")
        if any(not is_named(path, "secondCopy") for path in weights):
            # The same weights as their maker names them.
            chosen = {path for path in chosen if not is_named(path, "secondCopy")}
        if INDEX not in chosen:
            self._check_numbers(chosen)
        folders = self._folders()
        chosen = {path for path in chosen if "/" not in path or path.split("/")[0] in folders}
        code_of_tokenizer = self._check_code(trust_remote_code)
        if not (skip_tokenizer_init or code_of_tokenizer or any(is_named(path, "tokenizerFile") for path in chosen)):
            raise self._refusal("has no tokenizer; save it beside the model, or say --skip-tokenizer-init if the server runs with it")
        return sorted(path for path in chosen if trust_remote_code or not is_named(path, "codeFile"))

    def _refusal(self, problem: str) -> RefusedError:
        return RefusedError(DATA, f"{self.model} {problem}")

    def _check_numbers(self, paths: set[str]) -> None:
        """Without an index the names of the shards tell how many there are."""
        groups: dict[tuple[str, int], set[int]] = defaultdict(set)
        for path in paths:
            if (found := numbered(path)) is not None:
                groups[found[0], found[2]].add(found[1])
        for (stem, total), numbers in sorted(groups.items()):
            if len(numbers) < total:
                raise self._refusal(f"has no {INDEX} and {len(numbers)} of the {total} shards of {stem}-*-of-{total:05d}.safetensors;"
                                    " it was not saved to the end, or not copied to the end")

    def _json(self, path: str) -> Any:
        try:
            return json.loads(self._read(path))
        except (ValueError, RecursionError) as error:
            raise self._refusal(f"has a {path} that is no JSON: {error}") from error

    def _folders(self) -> set[str]:
        """Folders that the server reads."""
        if MODULES not in self.paths:
            return {TEMPLATES}
        modules = self._json(MODULES)
        try:
            parts = {str(module["path"]): str(module["type"]) for module in modules if module["path"] != ""}
        except (KeyError, TypeError) as error:
            raise self._refusal(f"has a {MODULES} that makes no sense: {error!r}") from error
        for folder, kind in parts.items():
            needed = [name for name, kinds in NEEDED_BY.items() if kind.endswith(kinds)]
            lacking = [name for name in needed if f"{folder}/{name}" not in self.paths]
            if lacking:
                raise self._refusal(f"has a {MODULES} that names {folder}, which has no {lacking[0]}")
            if needed and not is_served(f"{folder}/{CONFIG}"):
                raise self._refusal(f"has a {MODULES} that names {folder!r}; only folders such as 1_Pooling are loaded")
        return {TEMPLATES, *parts}

    def _check_code(self, trusted: bool) -> bool:
        """Whether its own code makes the tokenizer."""
        of_tokenizer = False
        for where in NAMING_CODE:
            if where not in self.paths:
                continue
            classes = _classes_in(self._json(where))
            missing = [name for name in classes if "--" in name or _file_of(name) not in self.paths]
            needed = trusted or where == TOKENIZER_CONFIG
            if missing and (needed or "--" not in missing[0]):
                raise self._refusal(f"names code in {where} (auto_map: {missing[0]}) that is not there; add the file, or take auto_map"
                                    " away where vLLM knows the model by itself")
            if classes and needed and not trusted:
                raise self._refusal(f"has a tokenizer that is its own code (auto_map of {where}: {classes[0]}); read it, and say --{TRUST}"
                                    " if the server runs with it")
            if classes and not trusted:
                Output.say(f"{self.model} has code of its own (auto_map of {where}: {classes[0]}), which is not loaded without --{TRUST}")
            of_tokenizer = of_tokenizer or (where == TOKENIZER_CONFIG and bool(classes))
        return of_tokenizer


def _classes_in(config: Any) -> list[str]:
    found = config.get("auto_map") if isinstance(config, dict) else None
    values = list(found.values()) if isinstance(found, dict) else []
    names = [name for value in values for name in (value if isinstance(value, list) else [value])]
    return [name for name in names if isinstance(name, str)]


def _file_of(name: str) -> str:
    """`configuration_x.XConfig` is in configuration_x.py."""
    return f"{name.rpartition('.')[0]}.py"
