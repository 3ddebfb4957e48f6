"""The house rule: the arrows between the rooms point one way, and the core needs NumPy alone."""

import ast
import functools
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pellucid

HOUSE = Path(pellucid.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))
CORE = sorted(set(HOUSE.glob("*.py")) - {HOUSE / "__main__.py"})  # which is a door to the commands
ROOMS = {folder.name for folder in HOUSE.iterdir() if any(folder.glob("*.py"))}
NEVER_KNOW_NETWORKS = ["optimizers", "batches", "metrics", "schedules", "arrays", "errors", "files", "threads",
                       "activations", "losses", "initializers"]  # fmt: skip


def name_of(file: Path) -> str:
    """pellucid/datasets/idx.py is pellucid.datasets.idx."""
    parts = ("pellucid", *file.relative_to(HOUSE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file): file for file in FILES}


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def statements(tree: ast.AST, *, inside: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of a file: all but those for type checkers; with ``inside`` also those within functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not is_type_checking(node) and (inside or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            yield from statements(node, inside=inside)


@functools.cache
def imported(file: Path, *, inside: bool = True) -> set[str]:
    """The full names of the modules that a file imports."""
    names = set()
    package = name_of(file) if file.name == "__init__.py" else name_of(file).rpartition(".")[0]
    for node in statements(ast.parse(file.read_text(encoding="utf-8")), inside=inside):
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


def reached(start: str) -> set[str]:
    """All modules of pellucid that a module imports, itself or through others."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in imported(MODULES[waiting.pop()]):
            if name in MODULES and name not in found and name != "pellucid":
                found.add(name)
                waiting.append(name)
    return found


def test_the_reading_of_imports_sees_what_is_there() -> None:
    assert {"pellucid.checks", "pellucid.activations", "numpy"} <= imported(HOUSE / "network.py")
    assert "pellucid.storage" not in imported(HOUSE / "__init__.py")  # for type checkers alone
    assert {"pellucid.network", "pellucid.losses"} <= reached("pellucid.training")
    assert "datasets" in ROOMS
    assert len(CORE) > 15


@pytest.mark.parametrize("file", CORE, ids=lambda file: str(file.name))
def test_the_core_never_imports_a_room(file: Path) -> None:
    parts = [name.split(".") for name in imported(file)]
    assert not [part for part in parts if part[0] == "pellucid" and set(part[1:2]) & ROOMS]


@pytest.mark.parametrize("module", NEVER_KNOW_NETWORKS)
def test_the_small_files_know_nothing_of_networks(module: str) -> None:
    assert not reached(f"pellucid.{module}") & {"pellucid.network", "pellucid.training", "pellucid.gradcheck"}


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("pellucid.datasets")])
def test_datasets_know_nothing_of_networks(module: str) -> None:
    assert not reached(module) & {"pellucid.network", "pellucid.training", "pellucid.gradcheck"}


def test_the_network_knows_nothing_of_what_trains_it() -> None:
    later = {"pellucid.training", "pellucid.optimizers", "pellucid.storage", "pellucid.metrics", "pellucid.batches"}
    assert not reached("pellucid.network") & later


def test_no_two_files_import_each_other() -> None:
    for name in MODULES:
        if name != "pellucid":
            assert name not in reached(name), name


@pytest.mark.parametrize("room", sorted(ROOMS - {"cli"}))
def test_no_room_imports_the_commands(room: str) -> None:
    for file in (HOUSE / room).rglob("*.py"):
        assert not any(name.startswith("pellucid.cli") for name in imported(file)), file


@pytest.mark.parametrize("file", CORE, ids=lambda file: str(file.name))
def test_the_core_imports_numpy_and_the_standard_library_alone_but_inside_functions(file: Path) -> None:
    tops = {name.partition(".")[0] for name in imported(file, inside=False)}
    assert tops <= {"numpy", "pellucid"} | sys.stdlib_module_names
    everywhere = {name.partition(".")[0] for name in imported(file)}
    allowed = {"threads.py": {"threadpoolctl"}, "storage.py": {"safetensors"}, "live.py": {"IPython", "marimo"}}
    assert everywhere <= {"numpy", "pellucid"} | sys.stdlib_module_names | allowed.get(file.name, set())


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
        run("import sys, pellucid; print('numpy' in sys.modules, 'pellucid.network' in sys.modules)") == "False False\n"
    )


def test_importing_it_brings_in_no_room() -> None:
    code = (
        "import sys, pellucid; pellucid.train; print(*[name for name in sys.modules if name.startswith('pellucid.')])"
    )
    assert not {name.split(".")[1] for name in run(code).split()} & (ROOMS | {"storage"})


def test_every_public_name_is_there_and_is_listed() -> None:
    for name in pellucid.__all__:
        assert getattr(pellucid, name) is not None
    assert dir(pellucid) == sorted(pellucid.__all__)
    assert len(set(pellucid.__all__)) == len(pellucid.__all__)
    # what __init__ imports by name it offers: its own helpers aside
    tree = ast.parse((HOUSE / "__init__.py").read_text(encoding="utf-8"))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    offered = {alias.name for node in froms if (node.module or "").startswith("pellucid") for alias in node.names}
    assert offered == set(pellucid.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Netwrok'"):
        pellucid.Netwrok  # noqa: B018


@pytest.mark.parametrize("module", ["network", "losses", "checks", "training", "storage"])
def test_a_file_of_the_core_can_be_the_first_to_be_imported(module: str) -> None:
    run(f"import pellucid.{module}")
