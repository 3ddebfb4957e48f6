"""The parts that run in a browser, one by one in Node, and as one script together."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

import pellucid
from pellucid.render import model_page, web
from pellucid.render.web.modules import in_order, together

HERE = Path(__file__).parent
PAGES = Path(model_page.__file__).parent / "browser"
MODULES = sorted((Path(pellucid.__file__).parent / "render" / "web").glob("*.js"))
FIGURES = Path(pellucid.__file__).parent / "book" / "figures" / "browser"
ENTRIES = [PAGES / "drawing.js", PAGES / "row.js", FIGURES / "by_hand.js", FIGURES / "learning_rate.js"]


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda file: file.name)
def test_in_node(file: Path) -> None:
    done = subprocess.run(["node", "--test", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda file: file.stem)
def test_no_two_modules_of_a_page_give_a_name_twice(entry: Path) -> None:
    given = Counter(
        name
        for file in in_order(entry)
        for names in re.findall(
            r"^(?:export )?(?:async )?(?:function|let|class|const) (\w+(?: = [^;,]*, \w+(?= =))*)",
            file.read_text("utf-8"),
            re.M,
        )
        for name in re.findall(r"(?:^|, )(\w+)", names)
    )
    assert [name for name, times in given.items() if times > 1] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda file: file.stem)
def test_a_script_is_its_modules_without_imports_and_remarks(entry: Path) -> None:
    script = together(entry)
    assert not re.search(r"^\s*(?:import|export|//|\*)|/\*", script, re.MULTILINE)
    for file in in_order(entry):
        assert all(
            name in script for name in re.findall(r"^export (?:async )?function (\w+)", file.read_text("utf-8"), re.M)
        )


def test_a_module_comes_behind_those_that_it_imports() -> None:
    order = in_order(ENTRIES[0])
    for file in order:
        for name in re.findall(r'^import .* from "([^"]+)"', file.read_text("utf-8"), re.MULTILINE):
            assert order.index((file.parent / name).resolve()) < order.index(file)


def test_every_part_is_used_by_a_page() -> None:
    assert {file.resolve() for file in MODULES} <= {file for entry in ENTRIES for file in in_order(entry)}


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2)."""

    def light(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_marks_and_edges_stand_out_from_the_surfaces(theme: str) -> None:
    text = web.read("tokens.css")
    block = text[text.index(':root[data-theme="dark"]') :] if theme == "dark" else text[: text.index("@media")]
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for surface in ("bg", "surface", "sunken"):
        for name in ("ink", "ink-2", "pos", "neg-ink", "accent"):
            assert contrast(tokens[name], tokens[surface]) >= 4.5, (name, surface)
        for name in ("pos", "neg", "edge", "focus", "select", "bad"):
            assert contrast(tokens[name], tokens[surface]) >= 3, (name, surface)
    assert contrast(tokens["on-accent"], tokens["accent"]) >= 4.5
    assert contrast(tokens["ink"], tokens["accent-soft"]) >= 4.5
