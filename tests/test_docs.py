"""The documents: every link leads somewhere, and every command line names options that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template

import pytest

from options.cli import compose

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENTS = [PROJECT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")]
DOCUMENTS += sorted((PROJECT / "docs").rglob("*.md"))
NAMES = [str(document.relative_to(PROJECT)) for document in DOCUMENTS]

CONFIGS = {
    "train.py": "train",
    "test.py": "test",
    "scripts/check_dataset.py": "check_dataset",
    "scripts/compare_norms.py": "compare_norms",
    "scripts/make_shards.py": "make_shards",
    "scripts/train_segmenter.py": "train_segmenter",
}
"""Programs that Hydra composes options for, and the configuration each starts from."""

PROGRAM = re.compile(r"(?:python|torchrun\s.*?)\s+((?:\w+/)?\w+\.py)(?:\s+(.*))?$")
PLACEHOLDER = re.compile(r"(?<==)(N|K)$")
"""A number that the reader chooses, as a value of an option."""


def code(text: str) -> list[str]:
    """The lines of a document's fenced and indented blocks, continued ones joined, variables replaced."""
    lines, fenced = [], False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            lines.append(line.strip())
    variables: dict[str, str] = {}
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    for name, value in re.findall(r'^(\w+)="(.*)"$', "\n".join(joined), flags=re.MULTILINE):
        variables[name] = value
    return [Template(line).safe_substitute(variables) for line in joined]


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a document: a program of ours and its arguments."""
    for line in code(text):
        match = PROGRAM.search(line)
        if match:
            yield match[1], shlex.split(match[2] or "", comments=True)


def anchors(text: str) -> set[str]:
    """What links to headings of a document say, by GitHub's rule."""
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(document: Path) -> list[str]:
    """The relative links of a document whose file or heading does not exist."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if re.match(r"\w+://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    return broken


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    assert broken_links(PROJECT / name) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_can_be_given(name: str) -> None:
    """Its program exists, and so do the options and the choices that it names."""
    for program, arguments in commands((PROJECT / name).read_text(encoding="utf-8")):
        source = (PROJECT / program).read_text(encoding="utf-8")
        if program in CONFIGS:
            options = [PLACEHOLDER.sub("1", word) for word in arguments if "=" in word]
            compose(CONFIGS[program], options)
        else:
            flags = [word for word in arguments if word.startswith("--")]
            assert [flag for flag in flags if f'"{flag}"' not in source] == [], program


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_is_named_exists(name: str) -> None:
    """Paths in code quotes; capitals stand for a name that the reader chooses."""
    paths = re.findall(r"`(\w+/[\w./-]+\.(?:py|yaml|csv|md))`", (PROJECT / name).read_text(encoding="utf-8"))
    assert [path for path in paths if not re.search("[A-Z]", path) and not (PROJECT / path).exists()] == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text("# One, two\n[here](#one-two) [gone](b.md) [web](https://x.org/y) [no](#three)")
    assert broken_links(document) == ["b.md", "#three"]


def test_commands_are_read_as_a_shell_reads_them() -> None:
    text = (
        'text python train.py no=command\n\n    MORE="norm=sean train.images=5"\n'
        "    torchrun --nproc_per_node=2 train.py name=a $MORE \\\n        'b=[c,d]'  # said of it\n"
    )
    assert list(commands(text)) == [("train.py", ["name=a", "norm=sean", "train.images=5", "b=[c,d]"])]
    with pytest.raises(ValueError, match=r"train\.bach"):
        compose("train", ["name=a", "train.bach=4"])
