"""What developers and CI run, on every platform and in the environment of the Python that runs it.

    python scripts/tasks.py TASK [more arguments for pytest or the benchmarks]

quick     the tests of the core, the main job, a run read back and the documentation: while you work
test      all tests but the slow ones, in random order and on all cores
slow      the slow tests, on all cores; then, one by one, those that measure time or kill a running training
book      the site of the book and the guides, every cell run, into build/book/site; then what holds of it
cover     the tests of the core again, with coverage measured; fails where it is less than pyproject.toml asks for
check     lint, format, types, and the workflows in .github
js        the types of the JavaScript in pages, by TypeScript, which npm brings for the while: it takes Node
format    the code, and the imports, in the form that check asks for
oldest    the tests with the oldest versions that pyproject.toml allows, in an environment of its own
fuzz      damaged files for every reader: --seconds N, --count N, --seed S, --reader NAME; what fails is kept as a test
package   build the sdist and the wheel, twice: the bytes are the same; do the main job with the wheel alone, and make
          the book's notebooks from it (PELLUCID_SITE_FROM_WHEEL=1: the site, too); --dist DIR keeps them there
sbom      write what pellucid[all] brings to FILE: a bill of materials, CycloneDX in JSON
version   fail unless TAG is v and the version that the package gives itself
docs      make the pages and pictures again that scripts write: run it where nothing else runs
bench     the benchmarks, and the page that they fill; benchmarks/requirements.txt says what they need
lock      requirements/dev.txt again, with today's versions
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = (sys.executable, "-m")
BIN = "Scripts" if os.name == "nt" else "bin"
LOCK = "requirements/dev.txt"
TYPESCRIPT = "typescript@5.9.3"  # which reads types in remarks, as strictly as jsconfig.json says
SMOKE = ("tests/test_main_job.py", "tests/test_read_run.py", "tests/test_documentation.py")
COVERS = ("tests/core", "tests/tables", *SMOKE, "tests/test_commands.py", "tests/test_adding.py", "src")
SITE = ("tests/book/test_site.py", "tests/book/test_chapters.py")  # of the site that the task book builds
OLDER = "ignore:constrained_layout not applied:UserWarning"  # matplotlib before 3.11.2, of a surface with a hole in it


def run(*words: object, cwd: Path = ROOT, into: Path | None = None) -> None:
    """Show a command and run it; end with its exit code where that is not 0."""
    command = [str(word) for word in words]
    print("+", *command, flush=True)
    if into is None:
        code = subprocess.run(command, cwd=cwd, check=False).returncode
    else:
        with into.open("w", encoding="utf-8") as file:
            code = subprocess.run(command, cwd=cwd, check=False, stdout=file).returncode
    if code:
        raise SystemExit(code)


def pytest(*words: object) -> None:
    run(*HERE, "pytest", "-q", "-n", "auto", *words)


def quick(*more: str) -> None:
    pytest("tests/core", *SMOKE, *more)


def test(*more: str) -> None:
    pytest(*more)


def slow(*more: str) -> None:
    pytest("-m", "slow and not alone", "--durations=10", *(f"--ignore={file}" for file in SITE), *more)
    run(*HERE, "pytest", "-q", "-m", "alone", "--durations=10", *more)


def book(*more: str) -> None:
    work = ROOT / "build" / "book"
    shutil.rmtree(work, ignore_errors=True)
    options = ("-q", "--nitpicky", "--fail-on-warning", "--keep-going", "--jobs", "auto", "-d", work / "trees")
    run(*HERE, "sphinx", "-b", "html", *options, "docs", work / "site")
    os.environ["PELLUCID_SITE"] = str(work / "site")
    pytest("-m", "slow", *SITE, "--durations=10", *more)


def cover(*more: str) -> None:
    run(*HERE, "coverage", "erase")
    run(*HERE, "coverage", "run", "-m", "pytest", "-q", "-n", "auto", *COVERS, *more)
    run(*HERE, "coverage", "combine", "--quiet")
    run(*HERE, "coverage", "report")


def check() -> None:
    run(*HERE, "ruff", "check", ".")
    run(*HERE, "ruff", "format", "--check", ".")
    run(*HERE, "mypy")
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    for schema in ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
        run(*HERE, "check_jsonschema", "--builtin-schema", schema, *workflows)


def js() -> None:
    npm, node = (shutil.which(name) for name in ("npm", "node"))
    if npm is None or node is None:
        raise SystemExit("the types of the JavaScript need Node and npm: apt-get install nodejs npm")
    with tempfile.TemporaryDirectory() as folder:
        run(npm, "install", "--silent", "--no-save", "--ignore-scripts", "--prefix", folder, TYPESCRIPT)
        tsc = Path(folder) / "node_modules" / "typescript" / "bin" / "tsc"
        run(node, tsc, "--project", ROOT / "jsconfig.json")


def tidy() -> None:
    run(*HERE, "ruff", "check", "--fix", ".")
    run(*HERE, "ruff", "format", ".")


def oldest(*more: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder), "--resolution", "lowest-direct", "--editable", ".[test]")
        run(*HERE, "uv", "pip", "list", "--python", python)
        run(python, "-m", "pytest", "-q", "-n", "auto", "-W", OLDER, *more)


def fuzz(*more: str) -> None:
    run(sys.executable, "tests/fuzz", *more)


def package(*more: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        dist = Path(more[1]).absolute() if more[:1] == ("--dist",) else Path(folder) / "dist"
        build(ROOT, dist)
        the_same_again(dist, Path(folder))
        (wheel,) = dist.glob("pellucid-*.whl")
        python = environment(Path(folder) / "user", wheel)
        work = Path(folder) / "work"
        main_job(python, work)
        install(python, f"{wheel}[tables]")
        tables_job(python, work)
        install(python, f"{wheel}[book]")
        book_job(python, work)
        print("3 passed, 0 failed")


def build(source: Path, dist: Path) -> None:
    """The sdist, and the wheel from it, by the lock's version of hatchling, with the date that it gives by itself."""
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    run(*HERE, "uv", "build", "--quiet", "--build-constraints", ROOT / LOCK, "--out-dir", dist, cwd=source)


def the_same_again(dist: Path, folder: Path) -> None:
    """Build both again from the sdist, in another place and with other permissions; fail where a byte differs."""
    (sdist,) = dist.glob("pellucid-*.tar.gz")
    before = os.umask(0o077)
    shutil.unpack_archive(sdist, folder / "again", filter="data")
    build(folder / "again" / sdist.name.removesuffix(".tar.gz"), folder / "dist-again")
    os.umask(before)
    for file in sorted(dist.glob("pellucid-*")):
        content = file.read_bytes()
        if content != (folder / "dist-again" / file.name).read_bytes():
            raise SystemExit(f"{file.name}: built again, its bytes are others")
        print(hashlib.sha256(content).hexdigest(), file.name)


def sbom(file: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder) / "user", "--constraints", LOCK, ".[all]")
        words = ("--pyproject", "pyproject.toml", "--output-reproducible", "--output-file", file)
        run(*HERE, "cyclonedx_py", "environment", *words, python)
    bill = json.loads(Path(file).read_text(encoding="utf-8"))
    bill["metadata"]["component"]["version"] = own_version()
    Path(file).write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")


def environment(folder: Path, *what: object) -> Path:
    """Install into a new environment of the Python that runs this; return its own Python."""
    run(*HERE, "uv", "venv", "--quiet", "--python", sys.executable, folder)
    python = folder / BIN / "python"
    install(python, *what)
    return python


def install(python: Path, *what: object) -> None:
    run(*HERE, "uv", "pip", "install", "--quiet", "--python", python, *what)


def main_job(python: Path, folder: Path) -> None:
    """Do what the README promises of the digits, away from the source and with what the wheel brings."""
    folder.mkdir()
    shutil.copy(ROOT / "examples" / "my_network.py", folder)
    run(python, "-m", "pellucid", "train", "--out", "run", "--json", cwd=folder, into=folder / "result.json")
    for line in MAIN_JOB:
        run(python, "-m", "pellucid", *line.split(), cwd=folder)
    right = json.loads((folder / "result.json").read_text(encoding="utf-8"))["test"]["accuracy"]
    print(f"{right:.2%} of the test digits are right")
    if right < 0.965:
        raise SystemExit("less than 96.5 %")


MAIN_JOB = (
    "check run",
    "data mnist --to png --out digits --split test --limit 20",
    "predict run digits/7/0.png",
    "explain run --top 2",
    "landscape run --points 11",
    "report run",
    "lr-find --steps 50",
    "export --to html --out digits.html",
    "export run --to pytorch --out weights.safetensors",
    "import weights.safetensors --out again.safetensors",
    "evaluate again.safetensors mnist",
    "doctor my_network.py",
)


def tables_job(python: Path, folder: Path) -> None:
    """And of a table."""
    shutil.copy(ROOT / "examples" / "penguins.csv", folder)
    for line in TABLES_JOB:
        run(python, "-m", "pellucid", *line.split(), cwd=folder)
    run(python, "penguins.py", "penguins.csv", cwd=folder, into=folder / "penguins.txt")


TABLES_JOB = (
    "train penguins.csv --target species --out penguins --quiet",
    "predict penguins penguins.csv --out species.csv",
    "importance penguins",
    "export penguins --to numpy --out penguins.py",
)


def book_job(python: Path, folder: Path) -> None:
    """And the book: its notebooks; with PELLUCID_SITE_FROM_WHEEL set also its site, with every text and link."""
    sys.path.insert(0, str(ROOT / "tests"))
    from book.html_pages import dead, pages

    os.environ["XDG_CACHE_HOME"] = os.environ["LOCALAPPDATA"] = str(folder / "cache")
    run(python, "-m", "pellucid", "book", "--notebooks", "book", cwd=folder)
    if "PELLUCID_SITE_FROM_WHEEL" not in os.environ:  # two minutes, and `book` makes the same site from the checkout
        return
    run(python, "-m", "pellucid", "book", "--json", cwd=folder, into=folder / "book.json")
    site = Path(json.loads((folder / "book.json").read_text(encoding="utf-8"))["site"]).parent
    texts = [text.relative_to(ROOT / "docs").with_suffix("") for text in (ROOT / "docs").rglob("*.md")]
    if missing := [str(text) for text in texts if not (site / f"{text}.html").is_file()]:
        raise SystemExit(f"no page of the site: {', '.join(missing)}")
    known = pages(site)
    if found := [f"{page.file.name}: {to}" for page in known.values() for to in page.links if dead(page, to, known)]:
        raise SystemExit(f"links that lead nowhere: {', '.join(found)}")


def version(tag: str) -> None:
    if tag != f"v{own_version()}":
        raise SystemExit(f"the tag is {tag}, the version {own_version()}")


def own_version() -> str:
    source = (ROOT / "src" / "pellucid" / "__init__.py").read_text(encoding="utf-8")
    (found,) = re.findall(r'^__version__ = "(.+)"$', source, re.MULTILINE)
    return str(found)


def docs() -> None:
    for name in ("pictures", "questions", "rosetta"):  # not the digit model, which other numbers hang on
        run(sys.executable, f"scripts/make_{name}.py")


def bench(*more: str) -> None:
    run(*HERE, "benchmarks", *more)


def lock() -> None:
    run(
        *HERE, "uv", "pip", "compile", "pyproject.toml", "--quiet", "--upgrade", "--universal", "--generate-hashes",
        "--extra", "test", "--extra", "book",
        "--group", "dev", "--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links",
        "--custom-compile-command", "python scripts/tasks.py lock", "--output-file", LOCK,
    )  # fmt: skip


TASKS: dict[str, Callable[..., None]] = {
    "quick": quick, "test": test, "slow": slow, "book": book, "cover": cover, "check": check, "js": js, "format": tidy,
    "oldest": oldest, "fuzz": fuzz, "package": package, "sbom": sbom, "docs": docs, "bench": bench, "lock": lock,
    "version": version,
}  # fmt: skip


def main() -> None:
    name, *more = sys.argv[1:] or [""]
    if name not in TASKS:
        raise SystemExit(__doc__)
    TASKS[name](*more)


if __name__ == "__main__":
    main()
