"""Seeds of the steps: apart from each other, and the same for ever: old runs go on as they were."""

from itertools import product

from engine.runtime.seeds import step_seed


def test_no_two_steps_share_a_seed() -> None:
    steps = list(product(range(4), range(8), range(0, 4000, 40)))
    assert len({step_seed(*step) for step in steps}) == len(steps)


def test_seeds_stay_what_they_were() -> None:
    assert [step_seed(0, 0, 0), step_seed(0, 1, 4), step_seed(7, 0, 400000)] == [
        2968811710,
        1735430462,
        2983716591,
    ]
