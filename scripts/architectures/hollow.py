"""What stands in for modules and operators that are compiled for GPUs. They exist by name; none of them can do anything."""

import importlib.abc
import sys
import types
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from typing import Any

# packages that vLLM's image for GPUs has, and its parts that are compiled for them
ABSENT = [
    "cuda",
    "cutlass",
    "deep_gemm",
    "quack",
    "tilelang",
    "vllm._C_stable_libtorch",
    "vllm._moe_C_stable_libtorch",
    "vllm._flashmla_C",
    "vllm._flashmla_extension_C",
    "vllm.third_party.flashmla.flash_mla_interface",
    "vllm.vllm_flash_attn.cute",
    "vllm.vllm_flash_attn._vllm_fa2_C",
    "vllm.vllm_flash_attn._vllm_fa3_C",
]
ABSENT_OPERATORS = ["_C", "_moe_C", "_C_cache_ops"]


class AnythingType(type):
    """The class of a class whose every attribute, item and result is itself."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls

    def __getitem__(cls, _: object) -> Any:
        return cls

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        # as a decorator it leaves what it decorates
        return args[0] if len(args) == 1 and not kwargs and isinstance(args[0], (type, types.FunctionType)) else cls


class Anything(metaclass=AnythingType):
    """A base class, an annotation, a decorator, a function: all that code needs of a module in order to be loaded."""


class Hollow(types.ModuleType):
    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything


class HollowFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None) -> ModuleSpec | None:
        absent = any(f"{fullname}.".startswith(f"{name}.") for name in ABSENT)
        return ModuleSpec(fullname, self, is_package=True) if absent else None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return Hollow(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


class Operator:
    """An operator of the GPU build with all its overloads; the questions among them are answered as on Hopper, which has fp8 and no fp4."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, overload: str) -> "Operator":
        if overload.startswith("__"):
            raise AttributeError(overload)
        return self

    def __call__(self, *_: object, **__: object) -> bool:
        if "supports" in self.name or "supported" in self.name:
            return "fp4" not in self.name
        raise RuntimeError(f"{self.name} needs a GPU")


def offer_modules() -> None:
    # behind the finders of what is really there
    sys.meta_path.append(HollowFinder())


def offer_operators() -> None:
    """Layers keep operators when they are made, and call them only when they run."""
    from torch._ops import _OpNamespace

    look_up = _OpNamespace.__getattr__

    def look_up_or_offer(namespace: Any, name: str) -> Any:
        try:
            return look_up(namespace, name)
        except AttributeError:
            if namespace.name not in ABSENT_OPERATORS or name.startswith("__"):
                raise
            return Operator(name)

    _OpNamespace.__getattr__ = look_up_or_offer  # type: ignore[method-assign]
