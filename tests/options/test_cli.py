"""The command line: mistakes get one line, help can be read, and every word of every group composes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import hydra
import pytest
from omegaconf import OmegaConf

from options.cli import CONFIGS, at_home, check_overrides, is_group, register_schemas, words_of
from options.schema import GROUPS, TrainOptions
from options.validation import resolve
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
    ("train", "name=x", "resume=perhaps"): "error: resume=perhaps: choose true, exact or false",
    ("train", "loss.adversarial=foo"): "error: loss.adversarial: Invalid value 'foo', expected one of [",
    ("train", "hardware.device=gpu"): "error: hardware.device: Invalid value 'gpu', expected one of [auto,",
    ("train", "norm=spayd"): "error: norm=spayd: no such word; choose one of adain,",
    ("train", "dataset=camvid,folder"): "error: dataset=camvid,folder: no such word; choose one of",
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
    ("train", "--help", "norm=spayd"): "error: norm=spayd: no such word; choose one of adain,",
    ("test",): "error: name must be given: add name=...",
    ("test", "label=x"): "error: label: no such option; did you mean labels?",
    ("test", "dataset.rot=x"): "error: dataset.rot: no such option; did you mean root?",
}


@pytest.mark.parametrize("words", MISTAKES, ids=" ".join)
def test_a_mistake_gets_one_line(words: tuple[str, ...], verbs: Verbs) -> None:
    assert verbs.refuses(*words).startswith(MISTAKES[words])
    assert not verbs.checkpoints.exists()


def test_the_quoted_value_that_is_proposed_is_the_value() -> None:
    register_schemas()
    words = ["name=x", "dataset=camvid"]
    for value in ("/a(1)", "/a b's [2]/{c}: d"):
        with pytest.raises(ValueError, match="quote a value") as refusal:
            check_overrides("train", [*words, f"dataset.root={value}"])
        proposed = str(refusal.value).split('"')[1]
        with hydra.initialize_config_dir(str(CONFIGS), version_base="1.3"):
            assert hydra.compose("train", [*words, proposed]).dataset.root == value


def test_a_tilde_is_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    said = ["dataset.root=~/maps", "name=~", "labels=/a~/b", "~norm", "--help"]
    assert [at_home(word) for word in said] == ["dataset.root=/home/me/maps", *said[1:]]


def test_a_process_of_its_own_ends_with_status_2_wherever_it_is_started(tmp_path: Path) -> None:
    command = [sys.executable, str(PROJECT / "train.py"), "name=x", "generator.wdith=3"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=400)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("error: generator.wdith: no such option; did you mean width?")
    assert done.stderr.count("\n") == 1 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("verb", ["train", "test"])
def test_help_shows_what_it_does_examples_groups_and_options(verb: str, verbs: Verbs) -> None:
    shown = verbs.succeeds(verb, "--help")
    assert shown.startswith(f"python {verb}.py name=RUN")
    assert shown.count(f"  python {verb}.py ") >= 3, "examples"
    assert "schema" not in shown.split("Options with")[0], "what only the program uses is not for people"
    listed = shown.split("words\n")[1].split("\n\n")[0].replace("\n" + " " * 17, " ").splitlines()
    words = {line.split()[0]: line.split(maxsplit=1)[1].split(", ") for line in listed}
    assert words == {group: words_of(group) for group in (groups() if verb == "train" else ["hardware"])}
    assert f"\nname: {'???' if verb == 'train' else 'null'}\n" in shown and "\nhardware:\n" in shown
    assert max(map(len, shown.splitlines())) <= 110


def test_help_may_be_cut_short() -> None:
    """`python train.py --help | head -1`: the reader of the pipe has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, str(PROJECT / "train.py"), "--help"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=400)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_examples_of_the_help_are_commands_that_work() -> None:
    register_schemas()
    for verb in ("train", "test"):
        lines = (CONFIGS / f"{verb}.yaml").read_text().splitlines()
        examples = [line.split()[2:] for line in lines if line.startswith(f"        python {verb}.py")]
        assert len(examples) == {"train": 3, "test": 6}[verb]
        for words in examples:
            check_overrides(verb, words)


def test_the_whole_configuration_can_be_seen(verbs: Verbs) -> None:
    shown = OmegaConf.create(
        verbs.succeeds("train", "--cfg", "job", "name=x", "norm=sean", "train.batch_size=7")
    )
    assert (shown.name, shown.norm.name, shown.train.batch_size) == ("x", "sean", 7)
    assert set(shown) == set(TrainOptions.__dataclass_fields__)


def groups() -> list[str]:
    return sorted(folder.name for folder in CONFIGS.iterdir() if folder.is_dir())


def every_word() -> list[str]:
    return [f"{group}={word}" for group in groups() for word in words_of(group)]


@pytest.mark.parametrize("choice", every_word())
def test_every_word_of_every_group_composes(choice: str) -> None:
    group, _, word = choice.partition("=")
    needed = []
    if group in ("dataset", "experiment") and word not in ("compare_scenes", "demo", "scenes"):
        needed = ["dataset.root=/x", *(["dataset.num_classes=3"] if word == "folder" else [])]
    register_schemas()
    with hydra.initialize_config_dir(str(CONFIGS), version_base="1.3"):
        config = hydra.compose("train", ["name=x", choice, *needed])
    options = OmegaConf.to_object(config)
    assert isinstance(options, TrainOptions)
    resolve(options)
    if group in GROUPS:
        assert word == "auto" or getattr(options, group).name == word
        assert word == "auto" or isinstance(getattr(options, group), GROUPS[group][word])


def test_tables_and_files_offer_the_same_words() -> None:
    for group, words in GROUPS.items():
        assert sorted(words) == words_of(group)


def test_groups_are_told_from_options() -> None:
    assert is_group("norm=sean") and is_group("experiment=demo")
    assert not any(is_group(word) for word in ("norm.hidden=3", "name=norm", "=x", "..=x", "train=3"))


def test_ctrl_c_before_training_leaves_no_traceback(verbs: Verbs, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("options.build.training.build_training", interrupted)
    done = verbs("train", "name=x", "train.images=2", *tiny_words())
    assert (done.status, done.err.strip()) == (130, "stopped")
