"""What is written to a file comes back: every value, type and order of it, and nothing else is accepted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from engine.checkpoint.serialization import (
    Damaged,
    load_optimizer,
    read_state,
    read_weights,
    save_state,
    save_weights,
)
from tests.test_train_and_generate import assert_same

TYPES = (
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8,
    torch.bool,
)  # fmt: skip


def test_a_state_comes_back(tmp_path: Path) -> None:
    tensors = {str(kind): (torch.rand(3, 5) * 9).to(kind) for kind in TYPES}
    state = {
        "format": 3,
        "G": tensors,
        "numbers": {
            "images": 2**40,
            "seconds": 0.1 + 0.2,
            "none": None,
            "text": "é/",
            "nested": {"empty": {}},
        },
        "opt": {
            "state": {"0": {"step": torch.tensor(3.0), "exp_avg": torch.zeros(0, 4)}},
            "groups": [{"lr": 0.1}],
        },
    }
    save_state(state, tmp_path / "state.safetensors")
    found = read_state(tmp_path / "state.safetensors")
    assert_same(found, state)
    for name, tensor in tensors.items():
        assert found["G"][name].dtype == tensor.dtype and found["G"][name].shape == tensor.shape


def test_others_read_it_with_the_library_alone(tmp_path: Path) -> None:
    file = tmp_path / "state.safetensors"
    save_state({"format": 3, "G": {"conv.weight": torch.ones(2)}, "progress": {"images": 4}}, file)
    assert torch.equal(load_file(file)["G/conv.weight"], torch.ones(2))
    with safe_open(file, framework="pt") as stored:
        assert json.loads(stored.metadata()["values"])["progress"] == {"images": 4}


def test_layouts_that_are_not_contiguous(tmp_path: Path) -> None:
    """Channels last, as weights and moments lie in memory; a transposed and a repeated one."""
    tensors = {
        "last": torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "transposed": torch.rand(3, 4).T,
        "repeated": torch.rand(1, 4).expand(3, 4),
        "parameter": torch.nn.Parameter(torch.rand(2)),
    }
    save_weights(tensors, tmp_path / "weights.safetensors")
    found = read_weights(tmp_path / "weights.safetensors")
    for name, tensor in tensors.items():
        assert torch.equal(found[name], tensor) and found[name].is_contiguous(), name


def test_moments_of_an_optimizer_are_found_by_number(tmp_path: Path) -> None:
    """Twelve weights: as text, 10 comes before 2."""

    def optimizer() -> torch.optim.Adam:
        torch.manual_seed(0)
        return torch.optim.Adam([torch.nn.Parameter(torch.rand(2, 2)) for _ in range(12)])

    saved, restored = optimizer(), optimizer()
    for weight in saved.param_groups[0]["params"]:
        weight.grad = torch.rand(2, 2)
    saved.step()
    file = tmp_path / "state.safetensors"
    save_state({"opt": saved.state_dict()}, file)
    load_optimizer(restored, read_state(file)["opt"], file)
    assert_same(restored.state_dict(), saved.state_dict())


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_others_may_read_it_where_the_umask_lets_them(umask: int, tmp_path: Path) -> None:
    old = os.umask(umask)
    try:
        save_weights({"a": torch.ones(2)}, tmp_path / "weights.safetensors")
    finally:
        os.umask(old)
    assert (tmp_path / "weights.safetensors").stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_folder_that_is_gone_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        save_weights({"a": torch.ones(2)}, tmp_path / "absent" / "weights.safetensors")


@pytest.mark.parametrize("values", ["", "{", "3", "{}", '{"G": 3}', "[" * 10**5, '{"G": null}'])
def test_values_that_do_not_fit_the_tensors(values: str, tmp_path: Path) -> None:
    file = tmp_path / "state.safetensors"
    save_file({"G/a/b": torch.ones(2)}, file, {"values": values})
    with pytest.raises(Damaged, match=r"state\.safetensors is damaged, or holds more than tensors"):
        read_state(file)


def test_weights_are_no_state(tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    save_weights({"a": torch.ones(2)}, file)
    with pytest.raises(Damaged, match=r"weights\.safetensors is damaged"):
        read_state(file)
