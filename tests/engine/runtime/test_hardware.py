"""Device, precision, memory layout and kept memory; half of it is simulated on a machine without CUDA."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.runtime import hardware as hardware_module
from engine.runtime.hardware import distributed_backend, resolved_precision, select_hardware


def test_cpu_is_cpu_and_auto_is_what_there_is() -> None:
    assert select_hardware("cpu", "float32", True).device == torch.device("cpu")
    found = "cuda" if torch.cuda.is_available() else "cpu"
    assert select_hardware("auto", "float32", True).device.type == found


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_cuda_is_refused_where_there_is_none() -> None:
    with pytest.raises(ValueError, match=r"hardware\.device=cuda.*use hardware=cpu or auto"):
        select_hardware("cuda", "float32", True)


def test_each_process_has_a_device_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setenv("LOCAL_RANK", "3")
    hardware = select_hardware("auto", "float32", True)
    assert hardware.device == torch.device("cuda", 3) and chosen == [hardware.device] and hardware.pinned
    assert distributed_backend(hardware.device) == "nccl"
    assert distributed_backend(select_hardware("cpu", "float32", True).device) == "gloo"


@pytest.mark.parametrize(("precision", "dtype"), [("float32", torch.float32), ("bf16", torch.bfloat16)])
def test_products_have_the_precision_and_weights_stay_float32(precision: str, dtype: torch.dtype) -> None:
    hardware = select_hardware("cpu", precision, True)
    layer = hardware.place(nn.Linear(2, 2))
    with hardware.autocast():
        product = layer(torch.ones(1, 2))
    assert product.dtype == dtype and layer.weight.dtype == torch.float32
    assert layer(torch.ones(1, 2)).dtype == torch.float32


@pytest.mark.parametrize("fast", [True, False])
def test_auto_is_bf16_where_the_device_multiplies_it(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware_module, "multiplies_bf16", lambda: fast)
    expected = torch.bfloat16 if fast else None
    assert select_hardware("cpu", "auto", True).autocast_dtype == expected
    assert resolved_precision("float32", "cpu") == "float32" and resolved_precision("bf16", "cpu") == "bf16"


@pytest.mark.parametrize("fast", [True, False])
def test_auto_asks_the_cuda_device_and_not_the_processor(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware_module, "multiplies_bf16", lambda: not fast)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: fast)
    expected = ("bf16", "float32") if fast else ("float32", "bf16")
    assert tuple(resolved_precision("auto", device) for device in ("auto", "cpu")) == expected


@pytest.mark.parametrize("channels_last", [True, False])
def test_layout_of_weights(channels_last: bool) -> None:
    weight = select_hardware("cpu", "float32", channels_last).place(nn.Conv2d(4, 8, 3)).weight
    assert weight.is_contiguous(memory_format=torch.channels_last) == channels_last
    assert weight.is_contiguous() != channels_last


PROJECT = Path(__file__).resolve().parents[3]
FAULTS = """
import resource, sys
from engine.runtime.hardware import select_hardware
if sys.argv[1] == "kept" and not select_hardware("cpu", "float32", True).keep_memory():
    raise SystemExit("unsupported")
import torch
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(12):
    torch.empty(2**24).fill_(1)
before = faults()
for _ in range(5):
    torch.empty(2**24).fill_(1)
print(faults() - before)
"""


def page_faults(how: str) -> int:
    """Of five tensors of 64 MB, one after another, after a dozen of them."""
    done = subprocess.run([sys.executable, "-c", FAULTS, how], cwd=PROJECT, capture_output=True, text=True)
    if "unsupported" in done.stderr:
        pytest.skip("the system's allocator is not glibc")
    return int(done.stdout)


def test_large_tensors_do_not_wait_for_the_kernel() -> None:
    assert page_faults("kept") * 10 < page_faults("given back")
