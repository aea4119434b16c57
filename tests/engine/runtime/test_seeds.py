"""Seeds of the steps: apart from each other, and the same for ever: old runs go on as they were."""

from itertools import product

from engine.runtime.seeds import noise_seed, step_seed, style_seed


def test_no_two_steps_share_a_seed() -> None:
    steps = list(product(range(4), range(8), range(0, 4000, 40)))
    assert len({step_seed(*step) for step in steps}) == len(steps)


def test_seeds_stay_what_they_were() -> None:
    assert [step_seed(0, 0, 0), step_seed(0, 1, 4), step_seed(7, 0, 400000)] == [
        2968811710,
        1735430462,
        2983716591,
    ]


def test_noise_and_styles_of_label_maps_are_drawn_from_streams_of_their_own() -> None:
    """numpy pads short entropy with zeros: without a key (3, 5) would be (3, 5, 0)."""
    numbers = range(4)
    noise = {noise_seed(seed, place) for seed in numbers for place in numbers}
    styles = {style_seed(seed, sample, place) for seed in numbers for sample in numbers for place in numbers}
    assert len(noise) == 16 and len(styles) == 64 and not noise & styles
