"""`test.py generated=DIR real=DIR`: pictures from elsewhere, without a run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from PIL import Image
from torchvision.models import alexnet

from evaluation.feature_extractors import METRIC_NETWORKS
from tests.engine.runtime.test_distributed import TORCHRUN
from tests.evaluation.folders import blurred, noisy, write_photos, write_scenes
from tests.evaluation.made_up import TinyFeatures
from tests.verbs import Started, Verbs, finish

COUNT = 7
NETWORK = "efficientnet_lite2"
EVERY = ("metrics=[psnr,ssim,rmse,fd,kid]",)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features that take no time: tests of the flow do not need better ones."""
    monkeypatch.setitem(METRIC_NETWORKS, NETWORK, TinyFeatures)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos, labels and the weights of an AlexNet with random weights: no test may change them."""
    folder = tmp_path_factory.mktemp("made")
    write_photos(folder, COUNT)
    torch.manual_seed(0)
    torch.save(alexnet(weights=None).state_dict(), folder / "alexnet.pth")
    return folder


def measured(verbs: Verbs, generated: Path, real: Path, out: Path, *words: str) -> dict:
    verbs.succeeds("test", f"generated={generated}", f"real={real}", f"folder={out}", f"out={out}", *words)
    return json.loads((out / "metrics.json").read_text())


def test_photos_against_themselves(verbs: Verbs, made: Path, tmp_path: Path) -> None:
    photos = made / "photos"
    labels = (f"labels={made / 'labels'}", "pairs.num_classes=4", f"lpips_weights={made / 'alexnet.pth'}")
    found = measured(verbs, photos, photos, tmp_path / "out", *labels)
    model, null = found["metrics"]["model"], found["metrics"]["mean_colour_baseline"]
    assert model["images"] == COUNT and model["psnr"] == "infinity"
    assert model["ssim"] == pytest.approx(1) and model["rmse"] == 0 and model["lpips_alex"] == 0
    assert model[f"fd_{NETWORK}"] < 1e-3 * null[f"fd_{NETWORK}"] and model[f"fd_{NETWORK}"] < 1e-6
    assert model[f"kid_{NETWORK}"] <= 0
    assert model[f"precision_{NETWORK}"] == model[f"recall_{NETWORK}"] == 1
    assert null["rmse"] > 0.01 and null["lpips_alex"] > 0
    assert found["names"]["psnr"] == f"psnr_real_{COUNT}"
    protocol = found["protocol"]
    assert protocol["count"] == COUNT and protocol["resize_filter"] == "none" and protocol["ema"] is None
    page = (tmp_path / "out" / "index.html").read_text()
    assert "images/p0.png" in page and (tmp_path / "out" / "images" / "p0.png").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(("worsen", "amounts"), [(noisy, (1, 4, 16, 64)), (blurred, (1, 2, 4, 8))])
def test_every_metric_gets_worse_in_order_by_the_true_features(
    worsen, amounts: tuple[int, ...], verbs: Verbs, made: Path, tmp_path: Path
) -> None:
    """Of pictures that show something, and while they do: at a radius of 16 distances are less than at 8.

    Of 400 pictures as of 40, by KID as well: it is what the network sees (docs/evaluation.md).
    """
    photos = write_scenes(tmp_path, 40)
    assert_worse_in_order(worsen, amounts, verbs, photos, made, tmp_path, NETWORK)


@pytest.mark.parametrize("worsen", [noisy, blurred])
def test_every_metric_gets_worse_in_order(
    worsen, verbs: Verbs, made: Path, tmp_path: Path, tiny: None
) -> None:
    assert_worse_in_order(worsen, (1, 4, 16), verbs, made / "photos", made, tmp_path, "tiny")


def assert_worse_in_order(
    worsen,
    amounts: tuple[int, ...],
    verbs: Verbs,
    photos: Path,
    made: Path,
    tmp_path: Path,
    network: str,
) -> None:
    rows = []
    for amount in amounts:
        generated = worsen(photos, tmp_path / f"{amount}", amount)
        weights = f"lpips_weights={made / 'alexnet.pth'}"
        found = measured(verbs, generated, photos, tmp_path / "out", *EVERY, weights)
        rows.append({name: float(value) for name, value in found["metrics"]["model"].items()})
    of_sets = {f"fd_{network}", f"kid_{network}"}
    assert set(rows[0]) == {"images", "psnr", "ssim", "rmse", "lpips_alex", *of_sets}
    for name in set(rows[0]) - {"images"}:
        values = [row[name] for row in rows]
        falls = name in ("psnr", "ssim")
        assert values == sorted(set(values), reverse=falls), name


def test_swd_by_scale_where_pictures_have_one_size(
    verbs: Verbs, made: Path, tmp_path: Path, tiny: None
) -> None:
    """It does not grow with the radius of a blur: patches are standardised."""
    photos, words = made / "photos", ("metrics=[auto,swd]",)
    same = measured(verbs, photos, photos, tmp_path / "same", *words)["metrics"]["model"]
    scales = {name: value for name, value in same.items() if name.startswith("swd")}
    assert scales == {"swd": 0, "swd_40x32": 0, "swd_20x16": 0} and "psnr" in same
    found = measured(verbs, blurred(photos, tmp_path / "blurred", 1), photos, tmp_path / "blur", *words)
    assert found["metrics"]["model"]["swd_40x32"] > found["metrics"]["model"]["swd_20x16"] > 0
    assert found["names"]["swd_40x32"] == f"swd_40x32_real_{COUNT}"
    assert "Sliced Wasserstein" in (tmp_path / "blur" / "index.html").read_text()
    auto = measured(verbs, photos, photos, tmp_path / "auto")
    assert "swd" not in auto["metrics"]["model"] and "metrics=[auto,swd]" in " ".join(auto["notes"])
    resized = measured(verbs, photos, photos, tmp_path / "resized", "pairs.height=16", "pairs.width=20")
    assert resized["metrics"]["model"]["swd_20x16"] == 0


def test_pictures_of_several_sizes(verbs: Verbs, made: Path, tmp_path: Path, tiny: None) -> None:
    """Each pair at its own size, or all at one: the metric then is that of files resized beforehand."""
    photos, sizes = made / "photos", {"p0": (40, 32), "p1": (60, 48), "p2": (24, 20)}
    for kind in ("generated", "real", "small_generated", "small_real"):
        (tmp_path / kind).mkdir()
    for number, (name, size) in enumerate(sizes.items()):
        real = Image.open(photos / f"{name}.png").resize(size)
        generated = Image.open(photos / f"p{number + 3}.png").resize((2 * size[0], size[1]))
        real.save(tmp_path / "real" / f"{name}.png")
        generated.save(tmp_path / "generated" / f"{name}.png")
        for kind, picture in (("real", real), ("generated", generated)):
            picture.resize((20, 16), Image.Resampling.LANCZOS).save(
                tmp_path / f"small_{kind}" / f"{name}.png"
            )
    pair = (f"generated={tmp_path / 'generated'}", f"real={tmp_path / 'real'}")
    said = verbs.refuses("test", *pair, f"out={tmp_path}")
    assert "p0.png is 80×32" in said and "pairs.height" in said
    words = ("metrics=[psnr,ssim,rmse]",)
    resized = measured(
        verbs,
        tmp_path / "generated",
        tmp_path / "real",
        tmp_path / "out",
        *words,
        "pairs.height=16",
        "pairs.width=20",
    )
    small = measured(verbs, tmp_path / "small_generated", tmp_path / "small_real", tmp_path / "out", *words)
    assert resized["metrics"]["model"] == pytest.approx(small["metrics"]["model"], rel=1e-9)
    assert resized["protocol"]["resize_filter"] == "lanczos" and resized["protocol"]["height"] == 16
    own = measured(verbs, tmp_path / "real", tmp_path / "real", tmp_path / "out", *words)
    assert own["metrics"]["model"]["images"] == 3 and own["protocol"]["height"] is None


def test_pictures_of_other_names_pair_in_their_order(
    verbs: Verbs, made: Path, tmp_path: Path, tiny: None
) -> None:
    (tmp_path / "renamed").mkdir()
    for photo in (made / "photos").iterdir():
        (tmp_path / "renamed" / f"{photo.stem}_fake.png").write_bytes(photo.read_bytes())
    pair = (tmp_path / "renamed", made / "photos", tmp_path / "out")
    found = measured(verbs, *pair, "metrics=[rmse]", "pairs.pairing=sorted")
    assert found["metrics"]["model"] == {"images": COUNT, "rmse": 0}
    words = (f"generated={pair[0]}", f"real={pair[1]}", f"out={tmp_path}")
    assert "pairing=sorted" in verbs.refuses("test", *words)


def test_one_picture_has_the_metrics_of_pairs_and_a_note_names_what_is_skipped(
    verbs: Verbs, made: Path, tmp_path: Path
) -> None:
    for kind in ("generated", "real"):
        (tmp_path / kind).mkdir()
        Image.open(made / "photos" / "p0.png").save(tmp_path / kind / "one.png")
    found = measured(verbs, tmp_path / "generated", tmp_path / "real", tmp_path / "out")
    assert set(found["metrics"]["model"]) == {"images", "psnr", "ssim", "rmse"}
    assert any("fd is skipped: it takes at least 2 pictures" in note for note in found["notes"])
    pair = (f"generated={tmp_path / 'generated'}", f"real={tmp_path / 'real'}", f"out={tmp_path}")
    assert "metrics=fd takes at least 2 pictures" in verbs.refuses("test", *pair, "metrics=[fd]")


def test_mistakes_get_one_line(verbs: Verbs, made: Path, tmp_path: Path, tiny: None) -> None:
    photos = made / "photos"
    (tmp_path / "empty").mkdir()
    corrupt = noisy(photos, tmp_path / "corrupt", 1)
    (corrupt / "p3.png").write_bytes((corrupt / "p3.png").read_bytes()[:90])
    fewer = noisy(photos, tmp_path / "fewer", 1)
    (fewer / "p6.png").unlink()
    (small := tmp_path / "small").mkdir()
    Image.new("RGB", (8, 8)).save(small / "one.png")
    mistakes = {
        (f"generated={photos}",): "real must be given",
        (f"generated={tmp_path / 'absent'}", f"real={photos}"): "absent: no such folder; expected generated",
        (f"generated={tmp_path / 'empty'}", f"real={photos}"): "empty: none of its 0 files is a picture",
        (f"generated={corrupt}", f"real={photos}"): "p3.png: cannot be read as a picture",
        (f"generated={fewer}", f"real={photos}"): "p6.png",
        (f"generated={small}", f"real={small}"): "SSIM takes at least 11×11",
        (f"generated={photos}", f"real={photos}", "name=run"): "name=run does not go with generated",
        (f"generated={photos}", f"real={photos}", "split=test"): "split goes with a run",
        (
            f"generated={photos}",
            f"real={photos}",
            "pairs.height=16",
        ): "pairs.height and pairs.width go together",
        (f"generated={photos}", f"real={photos}", "segmenter.path=x"): "add labels=DIR",
        (f"generated={photos}", f"real={photos}", f"inception_weights={tmp_path / 'no.pth'}"): "no such file",
    }
    for words, said in mistakes.items():
        assert said in verbs.refuses("test", *words, f"out={tmp_path / 'out'}"), words


@pytest.mark.slow
def test_two_processes_give_the_values_of_one(
    project: Path, verbs: Verbs, made: Path, tmp_path: Path
) -> None:
    """torchrun on seven pictures, unequal parts; with label maps, and features cached by both."""
    photos = made / "photos"
    generated = noisy(photos, tmp_path / "generated", 8)
    words = (
        f"labels={made / 'labels'}",
        "pairs.num_classes=4",
        f"lpips_weights={made / 'alexnet.pth'}",
        "batch_size=2",
        "metrics=[auto,swd]",
    )
    one = measured(verbs, generated, photos, tmp_path / "one", *words)
    pair = (
        f"generated={generated}",
        f"real={photos}",
        f"folder={tmp_path / 'two'}",
        f"out={tmp_path / 'two'}",
    )
    done = finish(Started(project, *TORCHRUN, "test.py", *pair, *words))
    assert done.status == 0, done.err
    assert done.out.count("psnr_real") == 1
    two = json.loads((tmp_path / "two" / "metrics.json").read_text())
    assert list(two["metrics"]) == list(one["metrics"]) == ["model", "mean_colour_baseline"]
    for row, values in one["metrics"].items():
        assert two["metrics"][row] == pytest.approx(values, rel=1e-4, abs=1e-6), row
    assert len(os.listdir(tmp_path / "two" / "images")) == COUNT
    (first,), (second,) = (list((tmp_path / name / ".feature_cache").iterdir()) for name in ("one", "two"))
    assert first.stat().st_size == second.stat().st_size
