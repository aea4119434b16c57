"""The command line: mistakes get one line, and every choice of every group composes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from options.cli import compose, expanded, is_group
from options.schema import GROUPS, TrainOptions, choices_of, groups_of
from tests.composed import composed
from tests.tiny import tiny_words
from tests.verbs import PROJECT, Verbs

MISTAKES = {
    ("train", "generator.wdith=3"): "error: generator.wdith: no such option; did you mean width? generator",
    ("train", "nmae=x"): "error: nmae: no such option; did you mean name? the command line knows",
    ("train", "experiment=demo", "train.image=3"): "error: train.image: no such option; did you mean images?",
    ("train", "norm=sean", "encoder.width=3"): (
        "error: encoder.width: no such option; encoder knows name; width goes with encoder=image"
    ),
    ("train", "name=x", "encoder.style_width=8"): (
        "error: encoder.style_width: no such option; encoder knows name; "
        "style_width goes with encoder=image, encoder=prior, encoder=region_style"
    ),
    ("train", "norm=cin", "norm.hidden=8"): (
        "error: norm.hidden: no such option; norm knows name, statistics; "
        "hidden goes with norm=spade, norm=sean"
    ),
    ("train", "train.images=many"): "error: train.images: Value 'many' of type 'str' could not be converted",
    (
        "train",
        "train.batch_size=2.5",
    ): "error: train.batch_size: Value '2.5' of type 'float' could not be converted",
    ("train", "name=x", "resume=perhaps"): "error: resume=perhaps: choose one of false, true, exact",
    (
        "train",
        "name=x",
        "loss.adversarial=foo",
    ): "error: loss.adversarial=foo: choose one of hinge, least_squares,",
    (
        "train",
        "name=x",
        "loss.adversarial=hing",
    ): "error: loss.adversarial=hing: did you mean hinge? choose one of hinge,",
    (
        "train",
        "name=x",
        "hardware.device=gpu",
    ): "error: hardware.device=gpu: did you mean cpu? choose one of auto, cpu, cuda",
    (
        "train",
        "name=x",
        "diffaugment=[color,colour]",
    ): "error: diffaugment=colour: did you mean color? choose one of",
    ("train", "name=x", "norm.name=sean"): "error: norm.name=sean: choose one of spade",
    ("train", "name=x", "train.batch_size=0"): "error: train.batch_size=0: give 1 or more",
    ("train", "name=x", "dataset=folder", "dataset.root=/x", "dataset.num_classes=many"): (
        "error: dataset.num_classes=many: choose one of auto, 1 or more"
    ),
    ("train", "name=x", "hydra.run.dir=/x"): "error: hydra.run.dir=/x: no such option",
    ("train", "--multirun", "name=x"): "error: --multirun: no such flag; there are --help and --cfg job",
    ("train", "norm=spayd"): "error: norm=spayd: no such choice; did you mean spade? choose one of adain,",
    ("train", "dataset=camvid,folder"): "error: dataset=camvid,folder: no such choice; did you mean",
    ("train", "name=a,b"): "error: name=a,b: one value a run; quote a comma",
    ("train", "name"): "error: name: cannot be understood; write name=value",
    ("train", "name=x", "dataset=camvid", "dataset.root=/a(1)"): (
        "error: dataset.root=/a(1): cannot be understood; quote a value with special characters, "
        "\"dataset.root='/a(1)'\""
    ),
    ("train", "+width=3"): "error: +width=3: options are neither added nor taken away",
    ("train", "~norm"): "error: ~norm: options are neither added nor taken away",
    ("train",): "error: name must be given: add name=...",
    ("train", "dataset=folder", "name=x"): "error: dataset.root must be given",
    ("train", "--cfg", "job", "generator.wdith=3"): "error: generator.wdith: no such option; did you mean",
    (
        "train",
        "--help",
        "norm=spayd",
    ): "error: norm=spayd: no such choice; did you mean spade? choose one of adain,",
    ("test",): "error: name must be given: add name=...",
    ("test", "label=x"): "error: label: no such option; did you mean labels?",
    ("test", "dataset.rot=x"): "error: dataset.rot: no such option; did you mean root?",
}


@pytest.mark.parametrize("words", MISTAKES, ids=" ".join)
def test_a_mistake_gets_one_line(words: tuple[str, ...], verbs: Verbs) -> None:
    assert verbs.refuses(*words).startswith(MISTAKES[words])
    assert not verbs.checkpoints.exists()


def test_the_quoted_value_that_is_proposed_is_the_value() -> None:
    words = ["name=x", "dataset=camvid"]
    for value in ("/a(1)", "/a b's [2]/{c}: d"):
        with pytest.raises(ValueError, match="quote a value") as refusal:
            compose("train", [*words, f"dataset.root={value}"])
        proposed = str(refusal.value).split('"')[1]
        assert compose("train", [*words, proposed]).dataset.root == value


def test_a_tilde_is_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    given = ["dataset.root=~/maps", "name=~", "labels=/a~/b", "~norm", "--help"]
    assert [expanded(word) for word in given] == ["dataset.root=/home/me/maps", *given[1:]]


def test_a_process_of_its_own_ends_with_status_2_wherever_it_is_started(tmp_path: Path) -> None:
    command = [sys.executable, str(PROJECT / "train.py"), "name=x", "generator.wdith=3"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=400)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("error: generator.wdith: no such option; did you mean width?")
    assert done.stderr.count("\n") == 1 and not list(tmp_path.iterdir())


def test_the_whole_configuration_can_be_seen(verbs: Verbs) -> None:
    shown = OmegaConf.create(
        verbs.succeeds("train", "--cfg", "job", "name=x", "norm=sean", "train.batch_size=7")
    )
    assert (shown.name, shown.norm.name, shown.train.batch_size) == ("x", "sean", 7)
    assert set(shown) == set(TrainOptions.__dataclass_fields__)


EVERY_CHOICE = [f"{group}={choice}" for group in groups_of(TrainOptions) for choice in choices_of(group)]


@pytest.mark.parametrize("override", EVERY_CHOICE)
def test_every_choice_of_every_group_composes(override: str) -> None:
    group, _, choice = override.partition("=")
    needed = ["train.images=4"] if group != "experiment" else []
    if group in ("dataset", "experiment") and choice not in ("compare_scenes", "demo", "scenes"):
        needed += ["dataset.root=/x"]
    if group == "generator":
        needed += ["dataset.height=256", "dataset.width=256"]
    needed += {"norm=none": ["generator=pix2pixhd"], "encoder=region_style": ["norm=sean"]}.get(override, [])
    options = composed(override, *needed, *(["norm=batch"] if override == "encoder=prior" else []))
    if group in GROUPS and choice != "auto":
        assert isinstance(getattr(options, group), GROUPS[group][choice])
        assert getattr(options, group).name == choice


@pytest.mark.parametrize("generator", ["pix2pixhd", "local_enhancer", "unet"])
def test_generators_with_norms_of_their_own_go_without_saying_so(generator: str) -> None:
    assert (
        composed(
            f"generator={generator}", "train.images=4", "dataset.width=256", "dataset.height=256"
        ).norm.name
        == "none"
    )
    assert compose("train", [f"generator={generator}", "norm=spade"]).norm.name == "spade", (
        "which check refuses"
    )


def test_presets_change_what_they_say_and_nothing_else() -> None:
    usual, ttur = composed("train.images=4"), composed("train.images=4", "optimizer=ttur")
    assert (usual.optimizer.generator_lr, usual.optimizer.reuse_fake) == (5e-4, True)
    assert (ttur.optimizer.generator_lr, ttur.optimizer.reuse_fake) == (1e-4, False)
    changed = composed("train.images=4", "hardware=cuda", "hardware.precision=bf16").hardware
    assert (changed.device, changed.num_workers, changed.precision) == ("cuda", 4, "bf16")
    ttur.optimizer = usual.optimizer
    assert ttur == usual


def test_groups_are_told_from_options() -> None:
    assert is_group("norm=sean") and is_group("experiment=demo") and is_group("hardware=cpu")
    assert not any(is_group(word) for word in ("norm.hidden=3", "name=norm", "=x", "..=x", "train=3"))


def test_ctrl_c_before_training_leaves_no_traceback(verbs: Verbs, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("options.build.training.build_training", interrupted)
    done = verbs("train", "name=x", "train.images=2", *tiny_words())
    assert (done.status, done.err.strip()) == (130, "stopped")
