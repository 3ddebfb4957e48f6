"""The layout: rooms import rooms to their left only, the engine needs NumPy alone, and the code has a budget."""

import ast
import functools
import importlib.util
import io
import os
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import pellucid

HOUSE = Path(pellucid.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))
# The rooms from left to right: each imports only rooms to its left. Those in one pair do not know each other.
ROOMS = [("core",), ("compiled",), ("_files", "_pages", "_text"), ("model",), ("datasets",), ("runs",),
         ("analysis", "tables"), ("render",), ("sweeps",), ("interop",), ("book", "studio"), ("cli",)]  # fmt: skip
PLACE = {room: place for place, rooms in enumerate(ROOMS) for room in rooms}
DOORS = {"pellucid", "pellucid.__main__"}  # which open all rooms: their names are loaded when they are asked for
MOST_ENTRIES, MOST_CORE, MOST_ALL = 19, 2_290, 40_500  # later work raises a limit in a commit that says why
# What the doctor may know, so that it could be a package of its own.
DOCTOR_KNOWS = ("core", "_files", "analysis.doctor", "analysis.finding", "analysis.layer_health")
NEVER_KNOW_NETWORKS = ["optimizers", "batches", "metrics", "schedules", "arrays", "errors", "threads", "activations",
                       "losses", "initializers", "progress", "trace", "display"]  # fmt: skip


def name_of(file: Path) -> str:
    """pellucid/datasets/load.py is pellucid.datasets.load."""
    parts = ("pellucid", *file.relative_to(HOUSE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file): file for file in FILES}
CORE = [name for name in MODULES if name.startswith("pellucid.core")]


def room_of(module: str) -> str:
    """pellucid.datasets.load is in datasets."""
    return module.split(".")[1]


def statements(tree: ast.AST, *, inside: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of a file, those for type checkers too; with ``inside`` also those within functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif inside or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from statements(node, inside=inside)


def imports_of(text: str, package: str, *, inside: bool = True) -> set[str]:
    """The full names of the modules that a text imports."""
    names = set()
    for node in statements(ast.parse(text), inside=inside):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
            continue
        base = node.module or ""
        if node.level:
            base = importlib.util.resolve_name("." * node.level + base, package)
        for alias in node.names:
            whole = f"{base}.{alias.name}"
            names.add(whole if whole in MODULES else base)
    return names


@functools.cache
def imported(file: Path, *, inside: bool = True) -> set[str]:
    """The full names of the modules that a file imports."""
    package = name_of(file) if file.name == "__init__.py" else name_of(file).rpartition(".")[0]
    return imports_of(file.read_text(encoding="utf-8"), package, inside=inside)


def own(names: set[str]) -> set[str]:
    """The modules of pellucid among some names. ``import pellucid`` alone is for its version."""
    return {name for name in names if name.startswith("pellucid.")}


def reached(start: str) -> set[str]:
    """All modules of pellucid that a module imports, itself or through others."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = own(imported(MODULES[waiting.pop()])) - found
        found |= new
        waiting += new
    return found


def wrong_way(module: str, names: set[str]) -> set[str]:
    """What a module imports from a room that does not stand to the left of its own."""
    here = room_of(module)
    return {name for name in own(names) if room_of(name) != here and PLACE[room_of(name)] >= PLACE[here]}


def code_lines(file: Path) -> int:
    """Lines with code on them: docstrings, comments and blanks are not counted."""
    text = file.read_text(encoding="utf-8")
    counted: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
                              tokenize.ENDMARKER):  # fmt: skip
            counted |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node, clean=False
        ):
            counted -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return len(counted)


def test_the_import_reader_finds_every_kind_of_import() -> None:
    assert {"pellucid.core.checks", "pellucid.core.activations", "numpy"} <= imported(HOUSE / "core" / "network.py")
    assert {"pellucid.core.network", "pellucid.core.losses"} <= reached("pellucid.core.training")
    text = "if TYPE_CHECKING:\n    from pellucid.cli import app\ndef f():\n    from . import load\n"
    assert imports_of(text, "pellucid.datasets") == {"pellucid.cli.app", "pellucid.datasets.load"}


def test_an_arrow_to_the_right_is_noticed() -> None:
    assert wrong_way("pellucid.core.network", {"pellucid.render.svg", "pellucid.core.trace"}) == {"pellucid.render.svg"}
    assert wrong_way("pellucid.tables", {"pellucid.analysis.finding"}) == {"pellucid.analysis.finding"}
    assert not wrong_way("pellucid.cli.app", {"pellucid.core.network", "pellucid.interop.export.onnx"})


def test_every_entry_of_the_package_has_its_place() -> None:
    entries = {path.name for path in HOUSE.iterdir() if path.name != "__pycache__"}
    assert len(entries) <= MOST_ENTRIES
    assert {name.removesuffix(".py") for name in entries} == {*PLACE, "__init__", "__main__", "py.typed"}


@pytest.mark.parametrize("module", [name for name in MODULES if name not in DOORS])
def test_a_room_imports_only_rooms_to_its_left(module: str) -> None:
    """Imports for type checkers and within functions included."""
    assert not wrong_way(module, imported(MODULES[module]))


def test_no_file_reaches_itself_through_its_imports() -> None:
    for name in MODULES:
        if name not in DOORS:
            assert name not in reached(name), name


@pytest.mark.parametrize("module", NEVER_KNOW_NETWORKS)
def test_the_small_files_know_nothing_of_networks(module: str) -> None:
    later = {f"pellucid.core.{name}" for name in ("network", "training", "gradient_check")}
    assert not reached(f"pellucid.core.{module}") & later


def test_the_network_knows_nothing_of_what_trains_it() -> None:
    later = {f"pellucid.core.{name}" for name in ("training", "optimizers", "metrics", "batches")}
    assert not reached("pellucid.core.network") & later


def test_the_doctor_could_be_a_package_of_its_own() -> None:
    for module in MODULES:
        if module.startswith("pellucid.analysis.doctor"):
            known = tuple(f"pellucid.{name}" for name in DOCTOR_KNOWS)
            assert not [name for name in own(imported(MODULES[module])) if not name.startswith(known)], module


@pytest.mark.parametrize("module", CORE)
def test_the_engine_imports_numpy_and_the_standard_library_alone(module: str) -> None:
    tops = {name.partition(".")[0] for name in imported(MODULES[module])}
    allowed = {"threadpoolctl"} if module == "pellucid.core.threads" else set()  # where it is installed
    assert tops <= {"numpy", "pellucid"} | sys.stdlib_module_names | allowed


def test_the_reading_order_of_the_engine_names_every_file_once() -> None:
    page = (HOUSE / "core" / "__init__.py").read_text(encoding="utf-8")
    named = re.findall(r"``(\w+)``", page)
    assert sorted(f"pellucid.core.{name}" for name in named) == sorted(set(CORE) - {"pellucid.core"})


def test_the_code_stays_within_its_budget() -> None:
    assert sum(code_lines(MODULES[name]) for name in CORE) <= MOST_CORE
    assert sum(map(code_lines, FILES)) <= MOST_ALL


def test_code_lines_are_counted_without_docstrings_comments_and_blanks(tmp_path: Path) -> None:
    file = tmp_path / "f.py"
    file.write_text('"""A\n\nB."""\n\n# c\ndef f():\n    """D."""\n    return """\nx\n"""  # e\n')
    assert code_lines(file) == 4


def run(code: str) -> str:
    """What a fresh Python, in which every warning is an error, prints."""
    environment = {**os.environ, "PYTHONPATH": str(HOUSE.parent)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def test_importing_it_brings_in_numpy_and_nothing_else() -> None:
    # Cython's modules within NumPy leave entries without a spec: those are no modules that anyone could install
    code = (
        "import sys; before = set(sys.modules); import pellucid; pellucid.train; new = set(sys.modules) - before; "
        "print(*{name.partition('.')[0] for name in new if getattr(sys.modules[name], '__spec__', None)})"
    )
    assert set(run(code).split()) - sys.stdlib_module_names == {"numpy", "pellucid"}


def test_a_name_is_loaded_when_it_is_asked_for() -> None:
    assert (
        run("import sys, pellucid; print('numpy' in sys.modules, 'pellucid.core.network' in sys.modules)")
        == "False False\n"
    )


def test_importing_it_brings_in_the_engine_alone() -> None:
    code = (
        "import sys, pellucid; pellucid.train; print(*[name for name in sys.modules if name.startswith('pellucid.')])"
    )
    assert {name.split(".")[1] for name in run(code).split()} == {"core"}


def test_every_public_name_is_there_and_is_listed() -> None:
    for name in pellucid.__all__:
        assert getattr(pellucid, name) is not None
    assert dir(pellucid) == sorted(pellucid.__all__)
    assert len(set(pellucid.__all__)) == len(pellucid.__all__)
    # what __init__ imports by name it offers: its own helpers aside
    tree = ast.parse((HOUSE / "__init__.py").read_text(encoding="utf-8"))
    (typed,) = [node for node in tree.body if isinstance(node, ast.If)]
    offered = {alias.name for node in typed.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert offered == set(pellucid.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Netwrok'"):
        pellucid.Netwrok  # noqa: B018


@pytest.mark.parametrize("module", ["core.network", "core.losses", "core.checks", "core.training", "model.model_file"])
def test_a_file_can_be_the_first_to_be_imported(module: str) -> None:
    run(f"import pellucid.{module}")
