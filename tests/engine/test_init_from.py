"""Weights of another run: classes by name, in whatever order and number, against slices taken one by one."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from engine.init_from import ClassMatch, class_tensors, transfer, transfer_discriminator
from models.condition import Condition
from models.discriminators import MultiscaleDiscriminator, OasisDiscriminator, ProjectedDiscriminator
from models.discriminators.with_projected import DiscriminatorWithProjected
from models.generators import Pix2pixHDGenerator, SpadeGenerator, UnetGenerator
from models.generators.spade import LabelStem
from models.norms import NORMS, ConditionalNorm, statistics_for
from models.pretrained.frozen_features import FrozenFeatures

SOURCE = ("sky", "Tree", "traffic light", "road", "unknown")
OWN = ("Traffic Light", "boat", "sky", "unknown")
MATCH = ClassMatch(OWN, SOURCE)


def norm_of(name: str, classes: int) -> ConditionalNorm:
    options = {"classes": classes, "edges": True, "hidden": 3} if name != "clade" else {"classes": classes}
    options |= {"style_width": 4} if name == "sean" else {}
    return NORMS[name](4, statistics_for(name)(4), **options)


def filled(network: nn.Module) -> nn.Module:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_()
    return network


def test_names_are_compared_without_case_and_marks() -> None:
    assert MATCH.sources == [2, None, 0, 4]
    lines = MATCH.describe()
    assert lines[0] == "classes: 3 of 4 matched by name"
    assert lines[1].endswith("boat") and lines[2].endswith("Tree, road")


@pytest.mark.parametrize("name", ["spade", "sean", "clade"])
def test_rows_of_classes_follow_their_names(name: str) -> None:
    torch.manual_seed(0)
    source, own = filled(norm_of(name, len(SOURCE))), filled(norm_of(name, len(OWN)))
    before = {key: value.clone() for key, value in own.state_dict().items()}
    moved = transfer(own, source.state_dict(), MATCH)
    assert not moved.fresh
    rows = class_tensors(own)
    assert rows
    for key, value in own.state_dict().items():
        wanted = source.state_dict()[key]
        if key not in rows:
            assert torch.equal(value, wanted), key
            continue
        axis, first = rows[key]
        for label, theirs in enumerate([2, None, 0, 4]):
            own_row = before[key].select(axis, first + label)
            expected = own_row if theirs is None else wanted.select(axis, theirs)
            assert torch.equal(value.select(axis, first + label), expected), (key, label)
        if key == "shared.weight":  # the edges come last
            assert torch.equal(value[:, -1], wanted[:, -1])


def test_logits_of_classes_follow_their_names() -> None:
    """The first logit is that of fake pixels."""
    source, own = (filled(OasisDiscriminator(classes, (32, 32), width=2)) for classes in (5, 4))
    before = own.decoder.to_logits.weight.clone()
    transfer(own, source.state_dict(), MATCH)
    for name in ("weight", "bias"):
        ours, theirs = (getattr(network.decoder.to_logits, name) for network in (own, source))
        assert torch.equal(ours[[0, 1, 3, 4]], theirs[[0, 3, 1, 5]])
    assert torch.equal(own.decoder.to_logits.weight[2], before[2]), "no class of the source is a boat"


@pytest.mark.parametrize(("edges", "theirs"), [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("noise_width", [0, 3, 7])
def test_what_follows_the_classes(noise_width: int, edges: bool, theirs: bool) -> None:
    """Noise of the same width is taken; other noise stays as it was, and never becomes edges."""
    source, own = filled(LabelStem(5, 4, theirs, noise_width=3)), filled(LabelStem(4, 4, edges, noise_width))
    before = own.conv.weight.clone()
    transfer(own, source.state_dict(), MATCH)
    noise = own.conv.weight[:, 4 + edges :]
    assert torch.equal(own.conv.weight[:, 2], source.conv.weight[:, 0])
    assert torch.equal(noise, source.conv.weight[:, -3:] if noise_width == 3 else before[:, 4 + edges :])
    if edges and not (theirs and noise_width == 3):
        assert torch.equal(own.conv.weight[:, 4], before[:, 4])


def test_a_network_sees_a_known_class_as_the_source_does() -> None:
    """Label maps of matched classes give the same image, but where a spectral norm weighs the others too."""
    torch.manual_seed(0)

    def generator(classes: int) -> SpadeGenerator:
        def norm(channels: int) -> ConditionalNorm:
            return NORMS["spade"](channels, statistics_for("spade")(channels), classes, True, hidden=4)

        return SpadeGenerator(LabelStem(classes, 32, True), norm, norm, 2, label_channels=classes + 1).eval()

    networks = [
        (generator(5), generator(4)),
        (Pix2pixHDGenerator(5, True, 4, 2, 1).eval(), Pix2pixHDGenerator(4, True, 4, 2, 1).eval()),
        (UnetGenerator(5, True, 4, 3).eval(), UnetGenerator(4, True, 4, 3).eval()),
    ]
    places = torch.randint(3, (2, 32, 32))
    edges = torch.rand(2, 32, 32) < 0.2
    theirs, ours = torch.tensor([2, 0, 4])[places], torch.tensor([0, 2, 3])[places]
    for source, own in networks:
        assert not transfer(own, source.state_dict(), MATCH).fresh
        with torch.no_grad():
            expected, found = source(Condition(theirs, edges)), own(Condition(ours, edges))
        # The largest singular value of a weight with other classes is another, so scales may differ where it
        # counts.
        if not any("parametrizations" in name for name in class_tensors(own)):
            torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_a_discriminator_keeps_its_colours_where_edges_are_new() -> None:
    source, own = filled(MultiscaleDiscriminator(5, False, 4)), filled(MultiscaleDiscriminator(4, True, 4))
    edge = own.scales[0].first.weight[:, 4].clone()
    moved = transfer(own, source.state_dict(), MATCH)
    assert not moved.fresh
    assert torch.equal(own.scales[0].first.weight[:, -3:], source.scales[0].first.weight[:, -3:])
    assert torch.equal(own.scales[0].first.weight[:, 4], edge)


def test_what_does_not_fit_is_named_and_stays() -> None:
    source, own = norm_of("spade", 5).state_dict(), norm_of("spade", 4)
    source["pair.bias"] = torch.zeros(3)
    kept: Tensor = own.pair.bias.clone()
    moved = transfer(own, source, MATCH)
    assert moved.fresh == ("pair.bias",) and torch.equal(own.pair.bias, kept)
    assert "1 (pair.bias)" in moved.describe("generator")


def test_projected_heads_are_added_to_a_discriminator_that_stays_and_left_out_again() -> None:
    plain, other = (OasisDiscriminator(len(OWN), (32, 32), width=1) for _ in range(2))
    heads = ProjectedDiscriminator(FrozenFeatures("efficientnet_lite0"), width=1)
    both = DiscriminatorWithProjected(OasisDiscriminator(len(OWN), (32, 32), width=1), heads)
    same = ClassMatch(OWN, OWN)
    assert not transfer_discriminator(both, plain.state_dict(), same).fresh
    assert all(map(torch.equal, both.main.state_dict().values(), plain.state_dict().values()))
    assert not transfer_discriminator(other, both.state_dict(), same).fresh
    assert all(map(torch.equal, other.state_dict().values(), plain.state_dict().values()))


def test_nothing_counts_as_taken_from_a_network_of_other_names() -> None:
    D = OasisDiscriminator(len(OWN), (32, 32), width=1)
    assert transfer(D, {"first.weight": torch.zeros(1)}, ClassMatch(OWN, OWN)).taken == 0
