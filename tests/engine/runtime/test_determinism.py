"""Seeds of the steps, apart from each other and the same for ever, and the number of threads of a run."""

from collections.abc import Iterator
from itertools import product

import pytest
import torch

from engine.runtime.determinism import Threads, noise_seed, step_seed, style_seed


def test_no_two_steps_share_a_seed() -> None:
    steps = list(product(range(4), range(8), range(0, 4000, 40)))
    assert len({step_seed(*step) for step in steps}) == len(steps)


def test_seeds_stay_what_they_were() -> None:
    assert [step_seed(0, 0, 0), step_seed(0, 1, 4), step_seed(7, 0, 400000)] == [
        2968811710,
        1735430462,
        2983716591,
    ]


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


def test_the_option_has_precedence() -> None:
    torch.set_num_threads(3)
    state = Threads(None, processes=1).state_dict()
    Threads(2, processes=1).load_state_dict(state)
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("threads", [0, -1, 10**9])
def test_an_absurd_number_is_refused(threads: int) -> None:
    with pytest.raises(ValueError, match=f"{threads} threads: a process has 1 to"):
        Threads(None, processes=1).load_state_dict({"threads": threads, "processes": 1})


def test_noise_and_styles_of_label_maps_are_drawn_from_streams_of_their_own() -> None:
    """numpy pads short entropy with zeros: without a key (3, 5) would be (3, 5, 0)."""
    numbers = range(4)
    noise = {noise_seed(seed, place) for seed in numbers for place in numbers}
    styles = {style_seed(seed, sample, place) for seed in numbers for sample in numbers for place in numbers}
    assert len(noise) == 16 and len(styles) == 64 and not noise & styles
