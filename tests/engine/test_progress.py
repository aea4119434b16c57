"""How far a run is, against counting."""

import pytest

from engine import progress as module
from engine.progress import Length, Progress, Stopwatch, passed


@pytest.mark.parametrize("interval", [1, 3, 4, 10])
def test_an_interval_is_passed_where_a_multiple_lies_between(interval: int) -> None:
    multiples = {interval * number for number in range(1, 100)}
    for before in range(40):
        for after in range(before, before + 15):
            expected = bool(multiples & set(range(before + 1, after + 1)))
            assert passed(interval, before, after) == expected, (before, after)


def test_a_length_in_images() -> None:
    length = Length(200, "images")
    fractions = [length.fraction(Progress(images, seconds=1e9)) for images in (0, 50, 200, 203)]
    assert fractions == [0, 0.25, 1, 1]
    assert (length.total, length.unit, length.done(Progress(203, 0))) == (200, "images", 200)


def test_a_length_in_minutes() -> None:
    length = Length(2, "minutes")
    fractions = [length.fraction(Progress(10**9, seconds)) for seconds in (0, 30, 120, 500)]
    assert fractions == [0, 0.25, 1, 1]
    assert (length.total, length.unit, length.done(Progress(0, 90))) == (2, "minutes", 1.5)


def test_the_stopwatch_adds_to_what_was_spent_before(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 102.5, 103.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    progress = Progress(images=4, seconds=60.0)
    stopwatch = Stopwatch(progress)
    stopwatch.lap()
    assert progress.seconds == 62.5
    stopwatch.lap()
    assert progress.seconds == 63.0


def test_round_trip() -> None:
    restored = Progress()
    restored.load_state_dict(Progress(images=12, seconds=3.25).state_dict())
    assert restored == Progress(12, 3.25)
