"""What people and damage put into files: one ValueError that names the file, never another error, no hang.

A few dozen examples each; `FUZZ_EXAMPLES=17000 pytest tests/test_fuzz.py` looks for ten minutes or so.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from data.dataset_info import DatasetInfo
from data.sources.classes import read_label_set
from data.sources.image_io import read_ids, read_photo
from engine.checkpoint.checkpoint_paths import CONFIG, images_in, latest_images
from engine.checkpoint.serialization import Damaged, read_state, read_weights, save_state
from options.run_config import read_options

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of what it leaves out

fuzzed = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "40")),
    deadline=None,  # of the clock on the wall; see MOST_SECONDS
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

MOST_SECONDS = 10
"""Of the processor, which a machine that is busy with other things does not prolong."""


def picture(mode: str, file_format: str) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (9, 7), 3).save(stream, file_format)
    return stream.getvalue()


STATE = {"format": 2, "G": {"weight": torch.arange(6.0).view(2, 3)}, "progress": {"images": 4}}


def former_state() -> bytes:
    stream = io.BytesIO()
    torch.save(STATE, stream)
    return stream.getvalue()


def state() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        save_state(STATE, Path(folder) / "state.safetensors")
        return (Path(folder) / "state.safetensors").read_bytes()


def damaged(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes at random, or a sound file cut off, with some bytes changed or a piece repeated."""

    @st.composite
    def change(draw: st.DrawFn) -> bytes:
        content = bytearray(draw(st.sampled_from(seeds)))
        for _ in range(draw(st.integers(0, 4))):
            content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
        first, last = sorted(draw(st.tuples(st.integers(0, len(content)), st.integers(0, len(content)))))
        return bytes(draw(st.sampled_from([content, content[:last], content + content[first:last]])))

    return st.one_of(change(), st.binary(max_size=300))


def refuses_or_reads(read: object, content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(content)
        begun = time.process_time()
        try:
            read(file)
        except ValueError as error:
            assert name in str(error), error
        assert time.process_time() - begun < MOST_SECONDS


@fuzzed
@given(damaged([picture("L", "PNG"), picture("P", "PNG"), picture("I;16", "TIFF"), picture("1", "BMP")]))
def test_label_maps(content: bytes) -> None:
    refuses_or_reads(read_ids, content, "labels.png")


@fuzzed
@given(
    damaged([picture("RGB", "JPEG"), picture("RGBA", "PNG"), picture("CMYK", "TIFF"), picture("P", "GIF")])
)
def test_photos(content: bytes) -> None:
    refuses_or_reads(read_photo, content, "photo.jpg")


@fuzzed
@given(damaged([b"name,red,green,blue\nsky,1,2,3\nunknown,0,0,0\n"]))
def test_palettes(content: bytes) -> None:
    refuses_or_reads(read_label_set, content, "classes.csv")


@fuzzed
@given(damaged([state()]))
def test_states(content: bytes) -> None:
    refuses_or_reads(read_state, content, "state.safetensors")


@fuzzed
@given(damaged([former_state()]))
def test_states_of_former_formats(content: bytes) -> None:
    refuses_or_reads(read_state, content, "state.pt")


@fuzzed
@given(damaged([state()[:200]]))
def test_weights(content: bytes) -> None:
    refuses_or_reads(read_weights, content, "weights.safetensors")


@fuzzed
@given(damaged([b"4\n"]))
def test_small_files_of_a_run(number: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        (run / "latest").write_bytes(number)
        images_in(run / "latest")
        try:
            latest_images(run)
        except ValueError as error:
            assert "latest" in str(error)


def options_file() -> bytes:
    from omegaconf import OmegaConf

    from tests.tiny import tiny_options

    return OmegaConf.to_yaml(OmegaConf.structured(tiny_options("train.images=4"))).encode()


@fuzzed
@given(damaged([options_file()]))
def test_options(content: bytes) -> None:
    refuses_or_reads(lambda file: read_options(file.parent), content, CONFIG)


DATASET_INFO = (
    b'{"label_set": {"names": ["a"], "colours": [[1, 2, 3]], "has_unknown": false}, "edges": true, '
    b'"styles": ["x"]}'
)


@fuzzed
@given(damaged([DATASET_INFO]))
def test_dataset_info(content: bytes) -> None:
    refuses_or_reads(lambda file: DatasetInfo.read(file.parent), content, "dataset_info.json")


def test_damage_is_a_mistake_of_a_file() -> None:
    assert issubclass(Damaged, ValueError)
    with pytest.raises(AssertionError):
        refuses_or_reads(lambda file: (_ for _ in ()).throw(ValueError("no name")), b"", "x")
