"""The number of threads belongs to a run."""

from collections.abc import Iterator

import pytest
import torch

from engine.runtime.threads import Threads


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_a_resumed_run_computes_with_the_threads_it_had() -> None:
    torch.set_num_threads(3)
    state = Threads(None, processes=1).state_dict()
    torch.set_num_threads(1)
    Threads(None, processes=1).load_state_dict(state)
    assert torch.get_num_threads() == 3


def test_another_number_of_processes_shares_the_machine_anew() -> None:
    torch.set_num_threads(3)
    state = Threads(None, processes=1).state_dict()
    torch.set_num_threads(1)
    Threads(None, processes=2).load_state_dict(state)
    assert torch.get_num_threads() == 1


def test_what_a_person_says_goes_first() -> None:
    torch.set_num_threads(3)
    state = Threads(None, processes=1).state_dict()
    Threads(2, processes=1).load_state_dict(state)
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("threads", [0, -1, 10**9])
def test_an_absurd_number_is_refused(threads: int) -> None:
    with pytest.raises(ValueError, match=f"{threads} threads: a process has 1 to"):
        Threads(None, processes=1).load_state_dict({"threads": threads, "processes": 1})
