"""What the processor says of itself is read as its makers mean it."""

from collections.abc import Callable

import pytest
import torch

from models.kernels import dispatch as processor


@pytest.mark.parametrize("asked", [processor.is_intel, processor.multiplies_bf16, processor.has_avx512])
def test_this_one_is_known(asked: Callable[[], bool]) -> None:
    assert type(asked()) is bool


def test_who_made_it_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, intel in (("Intel(R) Xeon(R) Platinum 8375C", True), ("AMD EPYC 7B12", False), (None, False)):
        said = {} if name is None else {"cpu_name": name}
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda said=said: said, raising=False)
        assert processor.is_intel.__wrapped__() is intel


@pytest.mark.parametrize("said", [True, False, None])
def test_bf16_is_multiplied_where_it_says_so(said: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    capabilities = {} if said is None else {"avx512_bf16": said}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert processor.multiplies_bf16.__wrapped__() is (said is True)
