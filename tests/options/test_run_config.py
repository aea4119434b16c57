"""A run's folder: options come back as they were, may change where that makes sense, and are refused else."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

import options.run_config as module
from engine.checkpoint import checkpoint_paths
from engine.checkpoint.checkpoint_paths import CONFIG, existing_run, new_run, run_folder
from options.cli import compose
from options.run_config import (
    implied_choices,
    read_options,
    write_options,
)
from options.schema.training import TrainOptions
from options.validation import resolve
from tests.tiny import tiny_options

ODD_ROOT = "/a b/it's, a \\folder/ü=1"
CHOICES = [
    (),
    ("norm=sean",),
    ("norm=adain", "loss.adversarial=wasserstein"),
    ("generator=local_enhancer", "train.minutes=2.5"),
    ("generator=unet", "generator.depth=5", "discriminator.norm=batch"),
    ("dataset=folder", "dataset.root=/x", "dataset.num_classes=7", "dataset.ignore_id=null"),
]


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(checkpoint_paths, "CHECKPOINTS", tmp_path)
    return tmp_path


def made(checkpoints: Path, *words: str) -> TrainOptions:
    options = tiny_options(*words)
    write_options(options, checkpoints / "tiny")
    return options


@pytest.mark.parametrize("words", CHOICES, ids=" ".join)
def test_round_trip(words: tuple[str, ...], checkpoints: Path) -> None:
    options = made(checkpoints, *words)
    found = read_options(checkpoints / "tiny")
    assert found == options
    assert type(found.dataset) is type(options.dataset) and type(found.norm) is type(options.norm)


def test_values_change_on_resuming(checkpoints: Path) -> None:
    options = made(checkpoints, "hardware.num_workers=3", "hardware.channels_last=false")
    words = [
        "name=tiny",
        "resume=true",
        "train.images=99",
        "train.batch_size=4",
        "hardware=cuda",
        "norm=spade",
    ]
    found = read_options(checkpoints / "tiny", words)
    assert (found.train.images, found.train.batch_size, found.hardware.device) == (99, 4, "cuda")
    assert found.hardware.num_workers == 4, "hardware=cuda says so"
    assert not found.hardware.channels_last, "hardware=cuda says nothing of it"
    options.train.images, options.train.batch_size, options.hardware = 99, 4, found.hardware
    assert found == options, "nothing else changes"


@pytest.mark.parametrize("change", ["norm=sean", "dataset=camvid", "generator=unet", "encoder=image"])
def test_choices_cannot_change_on_resuming(change: str, checkpoints: Path) -> None:
    made(checkpoints)
    group, _, word = change.partition("=")
    with pytest.raises(ValueError, match=f"{change}: the run was started with {group}=(?!{word})"):
        read_options(checkpoints / "tiny", ["resume=true", change])


def test_a_run_of_another_data_set_resumes_without_saying_which(checkpoints: Path) -> None:
    """Its choices go without saying, whatever characters its paths have."""
    options = tiny_options("norm=cin", "dataset=folder", "dataset.root=/x", "dataset.num_classes=7")
    options.dataset.root = ODD_ROOT
    write_options(options, checkpoints / "tiny")
    words = ["name=tiny", "resume=true", "dataset.ignore_id=9"]
    implied = implied_choices(words)
    assert {"dataset='folder'", "norm='cin'"} < set(implied)
    compose("train", implied + words)
    found = read_options(checkpoints / "tiny", implied + words)
    assert (found.dataset.root, found.dataset.ignore_id, found.dataset.num_classes) == (ODD_ROOT, 9, 7)


def test_what_a_person_says_goes_before_what_goes_without_saying(checkpoints: Path) -> None:
    made(checkpoints, "dataset=camvid", "dataset.root=/old")
    implied = implied_choices(["name=tiny", "resume=true", "dataset.root=/new", "norm=spade"])
    assert not any(word.startswith(("dataset.root", "norm=")) for word in implied)
    changed = implied_choices(["name=tiny", "resume=true", "dataset=scenes"])
    assert not any(word.startswith("dataset") for word in changed), "it will be refused, and for that reason"


@pytest.mark.parametrize("name", ["oasis", "frozen_features", "projected"])
def test_weights_of_a_run_bring_its_discriminator_with_options_that_are_null(
    name: str, checkpoints: Path
) -> None:
    made(checkpoints, f"discriminator={name}", "discriminator.width=3")
    implied = implied_choices(["name=new", "init_from=tiny"])
    found = compose("train", [*implied, "name=new", "train.images=4"])
    assert (found.discriminator.name, found.discriminator.width) == (name, 3)


def test_nothing_goes_without_saying_for_a_new_run(checkpoints: Path) -> None:
    made(checkpoints, "norm=sean")
    assert implied_choices(["name=tiny"]) == implied_choices(["name=tiny", "resume=false"]) == []
    assert implied_choices(["name=other", "resume=true"]) == implied_choices(["resume=true"]) == []
    (checkpoints / "tiny" / CONFIG).write_text("{ broken")
    assert implied_choices(["name=tiny", "resume=true"]) == []


@pytest.mark.parametrize("damage", [b"{ broken", b"- a list", b"", b"name: x", b"\xff\xfe\x00"])
def test_a_damaged_config_is_named(damage: bytes, checkpoints: Path) -> None:
    made(checkpoints)
    file = checkpoints / "tiny" / CONFIG
    file.write_bytes(damage)
    with pytest.raises(ValueError, match=f"{file} cannot be read"):
        read_options(checkpoints / "tiny")


@pytest.mark.parametrize(
    "changes",
    [
        {"norm": {"name": "no_such_norm"}},
        {"norm": {"name": "spade", "no_such_option": 1}},
        {"train": {"batch": "many"}},
        {"_target_": "os.system"},
        {"generator": {"name": "spade", "_target_": "os.system"}},
        {"hardware": None},
    ],
    ids=str,
)
def test_a_config_that_says_what_no_run_knows(changes: dict[str, object], checkpoints: Path) -> None:
    made(checkpoints)
    file = checkpoints / "tiny" / CONFIG
    OmegaConf.save(OmegaConf.merge(OmegaConf.load(file), changes), file)
    with pytest.raises(ValueError, match=str(file)):
        read_options(checkpoints / "tiny")


@pytest.mark.parametrize("fast", [True, False])
def test_a_run_keeps_the_precision_that_auto_was_when_it_began(
    fast: bool, checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.runtime.hardware.multiplies_bf16", lambda: fast)
    options = tiny_options("hardware.precision=auto")
    resolve(options)
    write_options(options, checkpoints / "tiny")
    monkeypatch.setattr("engine.runtime.hardware.multiplies_bf16", lambda: not fast)
    found = read_options(checkpoints / "tiny", ["resume=true", "hardware.precision=auto"])
    assert found.hardware.precision == ("bf16" if fast else "float32")
    changed = read_options(checkpoints / "tiny", ["resume=true", "hardware.precision=bf16"])
    assert changed.hardware.precision == "bf16"


def test_a_full_disk_spares_the_config(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = made(checkpoints)
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        write_options(tiny_options("train.batch_size=8"), checkpoints / "tiny")
    assert read_options(checkpoints / "tiny") == options


def test_runs_by_name_and_by_path(checkpoints: Path) -> None:
    made(checkpoints)
    assert run_folder("tiny") == existing_run("tiny") == checkpoints / "tiny"
    assert existing_run(str(checkpoints / "tiny")) == checkpoints / "tiny"
    with pytest.raises(ValueError, match=r"name=tinny: no run in .*tinny; there are tiny"):
        existing_run("tinny")
    assert new_run("other") == checkpoints / "other"


def test_a_run_that_saved_nothing_may_start_again(checkpoints: Path) -> None:
    """Its data had a fault, say, which is mended now."""
    made(checkpoints)
    assert new_run("tiny") == checkpoints / "tiny"
    (checkpoints / "tiny" / "latest").write_text("400\n")
    with pytest.raises(ValueError, match="holds a run already; go on with resume=true"):
        new_run("tiny")


@pytest.mark.parametrize("name", ["a/b", "..", ".", "", "/x", "a/"])
def test_a_new_run_is_one_folder_under_checkpoints(name: str, checkpoints: Path) -> None:
    with pytest.raises(ValueError, match="one folder name"):
        new_run(name)


@pytest.mark.parametrize("new", module.RENAMED.values())
def test_a_run_that_holds_an_old_name_opens(new: str, checkpoints: Path) -> None:
    (old,) = (before for before, after in module.RENAMED.items() if after == new)
    given = {"dataset.ignore_id": 9, "diffaugment": ["cutout"], "optimizer.lr_decay_start": 0.25}.get(new, 6)
    dataset = ("dataset=folder", "dataset.root=/x", "dataset.num_classes=7") if "dataset" in new else ()
    options = made(checkpoints, *dataset)
    file = checkpoints / "tiny" / CONFIG
    config = OmegaConf.load(file)
    table, _, name = new.rpartition(".")
    holder = config[table] if table else config
    del holder[name]
    holder[old.rpartition(".")[2]] = given
    OmegaConf.save(config, file)
    found = read_options(checkpoints / "tiny")
    assert OmegaConf.select(OmegaConf.structured(found), new) == given
    assert implied_choices(["name=tiny", "resume=true"])
    setattr(getattr(options, table) if table else options, name, given)
    assert found == options, "nothing else changes"


@pytest.mark.parametrize(("name", "old"), module.RENAMED_CHOICES, ids=" ".join)
def test_a_run_that_holds_an_old_choice_opens(name: str, old: str, checkpoints: Path) -> None:
    made(checkpoints)
    file = checkpoints / "tiny" / CONFIG
    several = name == "diffaugment"
    OmegaConf.save(
        OmegaConf.merge(
            OmegaConf.load(file), OmegaConf.from_dotlist([f"{name}={[old] if several else old}"])
        ),
        file,
    )
    assert f"{old}" in file.read_text()
    found = OmegaConf.select(OmegaConf.structured(read_options(checkpoints / "tiny")), name)
    new = module.RENAMED_CHOICES[name, old]
    assert found == ([new] if several else new)


def test_an_old_name_of_the_list_and_of_its_entries_at_once(checkpoints: Path) -> None:
    """As configs of the version before this one hold it: augment: [colour]."""
    made(checkpoints)
    file = checkpoints / "tiny" / CONFIG
    text = file.read_text()
    assert "diffaugment: []" in text
    file.write_text(text.replace("diffaugment: []", "augment:\n- colour\n- cutout"))
    assert read_options(checkpoints / "tiny").diffaugment == ["color", "cutout"]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("adversarial: hinge", "adversarial: foo", "loss.adversarial=foo: choose one of hinge"),
        ("batch_size: 2", "batch_size: 0", "train.batch_size=0: give 1 or more"),
    ],
)
def test_a_value_that_no_run_may_have_is_named_with_its_file(
    before: str, after: str, message: str, checkpoints: Path
) -> None:
    made(checkpoints)
    file = checkpoints / "tiny" / CONFIG
    file.write_text(file.read_text().replace(before, after, 1))
    with pytest.raises(ValueError, match=f"{file} cannot be read as a run's options: {message}"):
        read_options(checkpoints / "tiny")
