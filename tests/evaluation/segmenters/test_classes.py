"""Which class of a segmenter is which of the data set: never a silent mistake."""

import pytest

from data.sources.source import LabelSet
from evaluation.segmenters.classes import classes_by_id, classes_by_name, classes_of_file
from evaluation.segmenters.segmenter import OTHER

BLACK = (0, 0, 0)
STREET = LabelSet(("sky", "road", "car", "unknown"), (BLACK,) * 4, has_unknown=True)


def test_by_name_in_any_order_and_case():
    names = ["void", "Car, auto", "tree", "road", "SKY"]
    assert classes_by_name(names, STREET).tolist() == [OTHER, 2, OTHER, 1, 0]
    assert classes_by_name(["unknown", *names], STREET).tolist()[0] == 3


@pytest.mark.parametrize(
    ("names", "said"),
    [(["sky", "road"], "no class called 'car'"), (["sky", "sky", "road", "car"], "several")],
)
def test_names_without_a_partner_or_with_two_are_refused(names, said):
    with pytest.raises(ValueError, match=said):
        classes_by_name(names, STREET)


def test_by_id_needs_equal_numbers():
    assert classes_by_id(3, STREET).tolist() == [0, 1, 2]
    assert classes_by_id(4, STREET).tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="5 classes and the label maps 3 and unknown"):
        classes_by_id(5, STREET)


def test_as_a_file_says(tmp_path):
    file = tmp_path / "classes.csv"
    file.write_text("segmenter,dataset\n0,1\n4,1\n2,0\n")
    assert classes_of_file(file, 5, STREET).tolist() == [1, OTHER, 0, OTHER, 1]
    for rows, said in (
        ("a,b\n", "first line"),
        ("segmenter,dataset\n5,0\n", "5,0 is out of range"),
        ("segmenter,dataset\n0,4\n", "0,4 is out of range"),
        ("segmenter,dataset\n0,a\n", "line 2"),
    ):
        file.write_text(rows)
        with pytest.raises(ValueError, match=said):
            classes_of_file(file, 5, STREET)
    with pytest.raises(ValueError, match="cannot be read"):
        classes_of_file(tmp_path / "absent.csv", 5, STREET)
