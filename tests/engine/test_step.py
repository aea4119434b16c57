"""The training step against one written plainly; against the original networks: see test_trajectory."""

import copy

import pytest
import torch
from torch import Tensor, nn

from data.batch import Batch
from engine.step import frozen
from models.condition import Condition
from models.discriminators.diffaugment import AUGMENTATIONS, augment
from models.losses import PatchObjective
from models.losses.generator_terms import GeneratorTerms
from tests.engine.plain_step import plain_step
from tests.engine.tiny_step import SEAN, VAE, descents, tiny_batch, tiny_step


def test_a_frozen_player_gets_no_gradient() -> None:
    layer = torch.nn.Linear(2, 2)
    x = torch.ones(1, 2, requires_grad=True)
    with frozen(layer):
        layer(x).sum().backward()
    assert layer.weight.grad is None and x.grad is not None
    assert all(parameter.requires_grad for parameter in layer.parameters())


@pytest.mark.parametrize("reuse_fake", [False, True])
@pytest.mark.parametrize("words", [(), VAE, SEAN], ids=["spade", "vae", "sean"])
def test_two_steps_as_written_plainly(words: tuple[str, ...], reuse_fake: bool) -> None:
    """Losses, weights and spectral vectors of both players; noise is drawn in the same order."""
    step = tiny_step(*words, reuse_fake=reuse_fake)
    players = copy.deepcopy((step.G, step.D))
    optimizers = descents(players)
    for seed in range(2):
        batch, noise = tiny_batch(seed), torch.Generator().manual_seed(seed)

        def condition(batch: Batch = batch, noise: torch.Generator = noise) -> Condition:
            return players[0].condition(batch.labels, batch.instances, rng=noise)

        losses = step(batch, seed)
        expected = plain_step(*players, optimizers, condition, batch.photo, reuse_fake)
        assert set(losses) == set(expected)
        for name, value in expected.items():
            assert losses[name].item() == pytest.approx(value, rel=1e-4, abs=1e-6), (seed, name)
    start = tiny_step(*words)
    for name in ("G", "D"):
        found, begun = (getattr(which, name).state_dict() for which in (step, start))
        wanted = players[name == "D"].state_dict()
        for key, tensor in wanted.items():
            torch.testing.assert_close(found[key], tensor, atol=1e-5, rtol=1e-4)
        moved = [key for key, tensor in wanted.items() if not torch.allclose(tensor, begun[key], rtol=1e-3)]
        assert len(moved) > len(wanted) / 2, "hardly anything moved, so this test shows little"


def gradients(network: nn.Module) -> dict[str, Tensor | None]:
    return {
        name: None if weight.grad is None else weight.grad.clone()
        for name, weight in network.named_parameters()
    }


def test_the_generator_moves_first_and_the_other_stands_still_meanwhile() -> None:
    step = tiny_step()
    events = []
    for name, optimizer in (("G", step.generator_optimizer), ("D", step.discriminator_optimizer)):
        real = optimizer.step

        def watched(name: str = name, real: object = real) -> None:
            other = step.D if name == "G" else step.G
            events.append((name, copy.deepcopy(gradients(other))))
            real()

        optimizer.step = watched
    step(tiny_batch(), 0)
    assert [name for name, _ in events] == ["G", "D"]
    assert set(events[0][1].values()) == {None}, "the discriminator got gradients from the generator's move"
    assert set(events[1][1].values()) == {None}, "the generator got gradients from the discriminator's move"
    assert set(gradients(step.D).values()) == {None}, "gradients stay in memory after the step"


def test_the_discriminator_sees_the_image_after_the_generators_move() -> None:
    """Unless the fake is used again."""
    for reuse_fake in (False, True):
        step, seen = tiny_step(reuse_fake=reuse_fake), []
        step.D.register_forward_pre_hook(lambda _, inputs, seen=seen: seen.append(inputs[0]))
        twin = copy.deepcopy(step.G)
        step(tiny_batch(), 0)
        batch, noise = tiny_batch(), torch.Generator().manual_seed(0)
        condition = twin.condition(batch.labels, batch.instances, rng=noise)
        with torch.no_grad():
            first = twin(condition, batch.photo).fake
            second = step.G.eval()(condition, batch.photo).fake
        shown_first, shown_last = seen[0], seen[-1][: len(first)]
        assert not torch.allclose(first, second), "the move changed nothing, so this test shows nothing"
        torch.testing.assert_close(shown_first.detach(), first)
        assert shown_last.grad_fn is None
        assert torch.allclose(shown_last, first, atol=1e-5) == reuse_fake


@pytest.mark.parametrize("words", [VAE, SEAN], ids=["vae", "sean"])
def test_a_step_repeats_with_its_seed(words: tuple[str, ...]) -> None:
    same, again, other = (tiny_step(*words) for _ in range(3))
    first, second, third = same(tiny_batch(), 5), again(tiny_batch(), 5), other(tiny_batch(), 6)
    assert all(torch.equal(first[name], second[name]) for name in first)
    for name, tensor in same.G.state_dict().items():
        assert torch.equal(tensor, again.G.state_dict()[name]), name
    assert not all(torch.equal(first[name], third[name]) for name in first)


def shown_to_the_discriminator(seed: int, *augmentations: str) -> list[Tensor]:
    """Of a step: fakes and photos of the generator's move, then both of the discriminator's, in one batch."""
    step, shown = tiny_step(augmentations=augmentations, reuse_fake=True), []
    step.D.register_forward_pre_hook(lambda _, inputs: shown.append(inputs[0].detach()))
    step(tiny_batch(), seed)
    return shown


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_both_players_are_judged_by_changed_images(kind: str) -> None:
    """Changes are drawn anew for each move, come from the step's seed, and are those of the pure function."""
    plain, changed, again = (
        shown_to_the_discriminator(7, *kinds) for kinds in ((), (kind,), (kind,))
    )  # fmt: skip
    noise, batch = torch.Generator().manual_seed(7), tiny_batch()
    labels = Condition(batch.labels)
    fake, real, _ = augment([kind], plain[0], plain[1], labels, noise)
    torch.testing.assert_close(changed[0], fake)
    torch.testing.assert_close(changed[1], real)
    fake, real, _ = augment([kind], *plain[2].chunk(2), labels, noise)
    torch.testing.assert_close(changed[2], torch.cat([fake, real]))
    assert not torch.equal(changed[1], changed[2].chunk(2)[1]), "one draw for two moves"
    assert all(torch.equal(first, second) for first, second in zip(changed, again))
    other = shown_to_the_discriminator(8, kind)
    assert not torch.equal(other[1], changed[1])


def test_a_weight_of_zero_leaves_its_term_out() -> None:
    bare = PatchObjective(feature_matching=0.0)
    losses = tiny_step(objective=bare, terms=GeneratorTerms())(tiny_batch(), 0)
    assert set(losses) == {"generator/adversarial", "discriminator/fake", "discriminator/real"}


def test_the_perceptual_term_is_weighted_and_reaches_the_generator() -> None:
    class Brightness(nn.Module):
        def forward(self, fake: Tensor, real: Tensor) -> Tensor:
            return (fake.mean() - real.mean()) ** 2

    step = tiny_step(objective=PatchObjective(feature_matching=0.0), terms=GeneratorTerms(Brightness(), 7.0))
    twin, batch = copy.deepcopy(step.G), tiny_batch()
    fake = twin(twin.condition(batch.labels, batch.instances), batch.photo).fake
    losses = step(batch, 0)
    expected = 7 * (fake.mean() - batch.photo.mean()).square()
    torch.testing.assert_close(losses["generator/perceptual"], expected)


@pytest.mark.parametrize("augmentations", [(), tuple(AUGMENTATIONS)], ids=["plain", "augmented"])
def test_nothing_in_a_step_waits_for_a_number(
    augmentations: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Losses stay tensors: numbers are read when a row of the log is due."""
    dense = "norm.implementation=dense", "discriminator.implementation=dense"
    step, batch = tiny_step(*dense, augmentations=augmentations), tiny_batch()
    for reading in ("item", "tolist", "__bool__", "__float__", "__int__"):
        said = f"a step calls {reading}"
        monkeypatch.setattr(Tensor, reading, lambda *_, said=said: pytest.fail(said))
    losses = step(batch, 0)
    monkeypatch.undo()
    assert all(loss.shape == () and loss.isfinite() for loss in losses.values())
