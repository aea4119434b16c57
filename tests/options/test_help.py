"""`--help`: every option with its meaning and its values, and no wait for it."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from inspect import cleandoc

import pytest

from options.cli import compose, help_text
from options.schema import COMMANDS, GROUPS, choices_of, groups_of
from options.schema.fields import rule_of
from tests.verbs import PROJECT, Verbs

SCRIPTS = {name: f"scripts/{name}.py" for name in COMMANDS} | {"train": "train.py", "test": "test.py"}
SLOW = ("torch", "torchvision", "scipy", "torchmetrics", "numpy")
SECONDS = 1.5
ROW = re.compile(r"^  (?P<name>[a-z_.0-9]+)(=\S*)?($|\s+\S)")


def shown(name: str, *overrides: str) -> str:
    return help_text(COMMANDS[name], compose(name, list(overrides)))


def rows(text: str) -> set[str]:
    """The names in the left column, below the headline of the options."""
    lines = text.split("\nOptions: ")[1].splitlines()
    return {found["name"] for line in lines if (found := ROW.match(line))}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_program_tells_usage_groups_and_options(name: str) -> None:
    text = shown(name)
    assert text.startswith(f"python {SCRIPTS[name]} "), "how it is called"
    assert max(map(len, text.splitlines())) <= 110 and "schema" not in text
    for group, rule in groups_of(COMMANDS[name]).items():
        assert f"\n  {group} " in text and rule.help in text
        for choice in choices_of(group):
            assert re.search(rf"^  [ *] {choice}\s", text, re.MULTILINE), choice
    config = compose(name, [])
    for entry in fields(COMMANDS[name]):
        if not is_dataclass(entry.default_factory) and not rule_of(COMMANDS[name], entry).group:
            assert entry.name in rows(text)
    assert {key for key in rows(text) if "." not in key} <= set(config)


@pytest.mark.parametrize("override", ["norm=sean", "generator=unet", "dataset=folder", "encoder=image"])
def test_the_options_of_another_choice_are_found_by_choosing_it(override: str) -> None:
    group, _, choice = override.partition("=")
    own = {f"{group}.{entry.name}" for entry in fields(GROUPS[group][choice]) if entry.name != "name"}
    assert not own <= rows(shown("train"))
    text = shown("train", override)
    assert own <= rows(text)
    assert re.search(rf"^  \* {choice}\s", text, re.MULTILINE), "it is marked"
    assert f"\n{override}: " in text


def test_a_row_tells_value_meaning_and_what_may_be_given() -> None:
    text = " ".join(shown("train", "train.batch_size=6", "dataset=folder").split())
    assert "train.batch_size=6 of all processes together [images, 1 or more]" in text
    assert "[one of hinge, least_squares, non_saturating, wasserstein]" in text
    assert "train.images=null length of the run [images, 1 or more; or null]" in text
    assert "dataset.root=... folder of the data set [text]" in text
    assert "[one of auto, integer, 1 or more]" in text, "num_classes"
    assert "diffaugment=[] augments" in text and "[any of color, translation, cutout]" in text
    assert "dataset.flip=true mirror half of the training pairs [true or false]" in text


def every_table() -> Iterator[type]:
    yield from COMMANDS.values()
    yield from (table for choices in GROUPS.values() for table in choices.values())
    for command in COMMANDS.values():
        yield from (entry.default_factory for entry in fields(command) if is_dataclass(entry.default_factory))


def test_every_option_has_a_meaning() -> None:
    for table in every_table():
        assert table.__doc__ and not table.__doc__.startswith(f"{table.__name__}("), table
        for entry in fields(table):
            explained = (
                rule_of(table, entry).help or is_dataclass(entry.default_factory) or entry.name == "name"
            )
            assert explained, (table, entry.name)


def test_the_examples_are_commands_that_work() -> None:
    for name, table in COMMANDS.items():
        lines = cleandoc(str(table.__doc__)).splitlines()[1:]
        examples = [line.split()[2:] for line in lines if line.strip().startswith("python")]
        assert len(examples) >= {"train": 3, "test": 6, "compare_norms": 4, "train_segmenter": 2}.get(name, 0)
        for words in examples:
            compose(name, [word.strip('"') for word in words])


def test_help_may_be_cut_short() -> None:
    """`python train.py --help | head -1`: the reader of the pipe has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, str(PROJECT / "train.py"), "--help"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=400)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_the_flag_prints_the_help(flag: str, verbs: Verbs) -> None:
    assert verbs.succeeds("train", flag, "norm=sean").rstrip() == shown("train", "norm=sean")


QUICK = {
    **{(script, "--help"): 0 for script in SCRIPTS.values()},
    ("train.py", "nme=x"): 2,
    ("train.py", "name=x", "norm=spayd"): 2,
    ("train.py", "name=x", "train.images=many"): 2,
    ("train.py", "name=x", "train.images=0"): 2,
    ("train.py", "name=x", "loss.adversarial=foo"): 2,
    ("test.py", "nme=x"): 2,
}


@pytest.mark.parametrize("command", QUICK, ids=" ".join)
def test_help_and_mistakes_do_not_wait_for_torch(command: tuple[str, ...]) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(PROJECT / command[0]), *command[1:]],
        capture_output=True,
        text=True,
        timeout=400,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert done.returncode == QUICK[command], done.stderr[-500:]
    assert "options.cli" in imported and not imported & set(SLOW)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < SECONDS
