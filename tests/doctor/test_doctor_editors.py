"""From a notebook or an editor: a namespace, the cell magic, SARIF, and a file that is watched."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pellucid as pl
from doctor.networks import Style, write
from support import Command, module_at

GOOD = write(Style("columns", "tuple", "relu", "softmax-ce", (5, 4, 3), True, False, True))
WRONG = GOOD.replace("    dW1 = ", "    dW1 = 2 * ", 1)
LINE = next(k for k, line in enumerate(WRONG.splitlines(), start=1) if "dW1 = 2 * " in line)


def test_a_namespace_is_examined_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(WRONG + "\nseen = []\n")
    namespace = vars(module_at(path))
    before = dict(namespace)
    (finding,) = pl.doctor(namespace=namespace).findings
    assert f"{path}, line {LINE}: " in finding.evidence
    assert namespace == before
    assert not pl.doctor(namespace=namespace, samples="columns").healthy


def test_a_namespace_without_functions_is_refused() -> None:
    with pytest.raises(pl.InputError, match="holds no functions"):
        pl.doctor(namespace={"x": 1, "__name__": "__main__"})


class Shell:
    """As much of IPython as the magic needs: cells are run in one namespace, and kept as they were typed."""

    def __init__(self) -> None:
        self.magics: dict[str, Any] = {}
        self.user_ns: dict[str, Any] = {"__name__": "__main__", "In": [""]}

    def register_magic_function(self, function: Any, kind: str, name: str) -> None:
        assert kind == "cell"
        self.magics[name] = function

    def run_cell(self, code: str) -> Any:
        import linecache
        from types import SimpleNamespace

        file = f"<cell {len(linecache.cache)}>"
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        exec(compile(code, file, "exec"), self.user_ns)
        return SimpleNamespace(success=True)

    def type(self, cell: str) -> None:
        """What happens to a cell that begins with the magic."""
        self.user_ns[f"_i{len(self.user_ns['In'])}"] = cell
        self.user_ns["In"].append("get_ipython().run_cell_magic(…)")
        self.magics["doctor"]("", cell.partition("\n")[2])


def test_the_cell_magic_runs_the_cell_and_examines_the_session(capsys: pytest.CaptureFixture[str]) -> None:
    shell = Shell()
    pl.load_ipython_extension(shell)
    shell.type("%%doctor\n\nimport numpy as np\n")
    assert "holds no functions" in capsys.readouterr().out
    shell.type(f"%%doctor\n\n{WRONG}")
    said = capsys.readouterr().out
    assert f"cell 2, line {LINE + 2}: " in said
    assert "forward" in shell.user_ns


@pytest.mark.slow
def test_the_magic_works_in_ipython() -> None:
    code = (
        "from IPython.core.interactiveshell import InteractiveShell as S\ns = S.instance()\n"
        f"for c in ('%load_ext pellucid', '%%doctor\\n' + {WRONG!r}): s.run_cell(c, store_history=True)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"cell 2, line {LINE + 1}: " in ended.stdout


@pytest.mark.slow
def test_sarif_names_rule_file_and_line(pellucid: Command, tmp_path: Path) -> None:
    (tmp_path / "my net.py").write_text(WRONG)
    ended = pellucid("doctor", "my net.py", "--format", "sarif")
    log = json.loads(ended.out)
    (run,) = log["runs"]
    (result,) = run["results"]
    assert (ended.code, log["version"], run["tool"]["driver"]["name"]) == (1, "2.1.0", "pellucid doctor")
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [result["ruleId"]]
    assert (result["level"], "dW1" in result["message"]["text"]) == ("error", True)
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "my%20net.py"}, "region": {"startLine": LINE}}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_a_watched_file_is_examined_again_when_it_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(GOOD)
    words = [sys.executable, "-m", "pellucid", "doctor", str(path), "--watch", "--quiet"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        assert "healthy" in command.stdout.readline()
        fresh = tmp_path / "net.py~"
        fresh.write_text(WRONG)
        fresh.replace(path)
        assert "was saved" in command.stderr.readline()
        assert "1 fault found" in command.stdout.readline()
        path.write_text("def f(:")
        assert "was saved" in command.stderr.readline()
        assert "Python cannot read it" in command.stderr.readline()
        command.send_signal(signal.SIGINT)
        assert command.wait() == 130
