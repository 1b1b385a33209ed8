"""What stands in for H200s on a machine without a GPU, so that vLLM decides as it does on them. No kernel is ever run."""

import os
from types import SimpleNamespace
from typing import Any

import torch
from hollow import offer_modules, offer_operators
from torch.overrides import TorchFunctionMode
from torch.testing._internal.distributed.fake_pg import FakeStore

COMPUTE_CAPABILITY = (9, 0)
# an H200, as vLLM's log says it
MEMORY_BYTES = int(139.8 * 2**30)
MULTIPROCESSORS = 132
SHARED_MEMORY_BYTES = 232448
GPUS = 16
CARD = SimpleNamespace(
    name="NVIDIA H200",
    major=COMPUTE_CAPABILITY[0],
    minor=COMPUTE_CAPABILITY[1],
    total_memory=MEMORY_BYTES,
    multi_processor_count=MULTIPROCESSORS,
    shared_memory_per_block_optin=SHARED_MEMORY_BYTES,
)


class Kept:
    """A stream or an event, which layers keep for later."""

    def __init__(self, *_: object, **__: object) -> None:
        pass


class TritonDriver:
    """Triton itself is there; it asks its driver what it compiles for."""

    utils = SimpleNamespace(
        get_device_properties=lambda _: {"max_shared_mem": SHARED_MEMORY_BYTES, "multiprocessor_count": MULTIPROCESSORS}
    )

    def get_current_target(self) -> Any:
        from triton.backends.compiler import GPUTarget

        return GPUTarget("cuda", 90, 32)

    def get_current_device(self) -> int:
        return 0

    def get_active_torch_device(self) -> torch.device:
        return torch.device("cuda", 0)

    def get_benchmarker(self) -> None:
        return None


def pretend() -> None:
    """Make this process see H200s. It has to run before anything of vLLM is imported."""
    offer_modules()
    import vllm.platforms as platforms
    from triton.runtime.driver import driver

    # the package for processors calls itself so, and then does without Triton unless the cards are only hidden
    platforms.vllm_version_matches_substr = lambda _: False
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    platforms.current_platform = hopper()
    driver.set_active(TritonDriver())
    torch.cuda.Stream = torch.cuda.Event = Kept  # type: ignore[assignment,misc]
    torch.cuda.current_device = lambda: 0
    torch.cuda.get_device_properties = lambda *_: CARD  # type: ignore[assignment]
    torch.cuda.get_device_capability = lambda *_: COMPUTE_CAPABILITY
    # it gives the operators that are really there their shapes, and must not meet others
    import vllm._custom_ops  # noqa: F401
    from vllm.model_executor.models import registry
    from vllm.vllm_flash_attn import flash_attn_interface

    offer_operators()
    # another process would see no GPU
    registry._run_in_subprocess = lambda function: function()
    # it looks for the file of this version instead of loading it
    flash_attn_interface.FA4_AVAILABLE = True


def hopper() -> Any:
    from vllm.platforms.cuda import CudaPlatformBase
    from vllm.platforms.interface import DeviceCapability

    class Hopper(CudaPlatformBase):
        @classmethod
        def get_device_capability(cls, device_id: int = 0) -> Any:
            return DeviceCapability(*COMPUTE_CAPABILITY)

        @classmethod
        def get_device_name(cls, device_id: int = 0) -> str:
            return CARD.name

        @classmethod
        def get_device_total_memory(cls, device_id: int = 0) -> int:
            return MEMORY_BYTES

        @classmethod
        def num_compute_units(cls, device_id: int = 0) -> int:
            return MULTIPROCESSORS

        @classmethod
        def is_fully_connected(cls, device_ids: list[int]) -> bool:
            return True

        @classmethod
        def device_count(cls) -> int:
            return GPUS

        @classmethod
        def get_device_communicator_cls(cls) -> str:
            return "vllm.distributed.device_communicators.base_device_communicator.DeviceCommunicatorBase"

    return Hopper()


class OnMeta(TorchFunctionMode):
    """A tensor that is made for a GPU has a shape and no memory. Layers that read a number out of one, for their kernels, get a zero."""

    READS = (torch.Tensor.item, torch.Tensor.tolist, torch.Tensor.cpu, torch.Tensor.__float__, torch.Tensor.__int__, torch.Tensor.__bool__)

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if function in self.READS and args[0].is_meta:
            args = (torch.zeros(args[0].shape, dtype=args[0].dtype, device="cpu"), *args[1:])
        if kwargs.get("device") is not None and torch.device(kwargs["device"]).type == "cuda":
            kwargs["device"] = torch.device("meta")
        return function(*args, **kwargs)


def join_ranks(size: int) -> None:
    """Make this process rank 0 of that many ranks. The others are not there, and nothing is ever sent."""
    import torch.distributed as distributed
    from vllm.distributed import parallel_state
    from vllm.distributed.device_communicators import shm_broadcast
    from vllm.v1.worker.workspace import init_workspace_manager

    distributed.init_process_group(backend="fake", store=FakeStore(), rank=0, world_size=size)
    new_group = distributed.new_group
    distributed.new_group = lambda ranks=None, **_: new_group(ranks, backend="fake")
    parallel_state._node_count = lambda _: 1
    shm_broadcast.MessageQueue.create_from_process_group = lambda *_, **__: None
    parallel_state.init_distributed_environment(size, 0, "env://", 0, "fake")
    parallel_state.ensure_model_parallel_initialized(size, 1, 1, 1)
    init_workspace_manager(torch.device("meta"))
