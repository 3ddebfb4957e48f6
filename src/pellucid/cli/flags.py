"""From ``name=value``, as the library writes a parameter, to the flag that a shell user types.

Library messages know nothing of the command line: they say ``hidden=(32, 16)``, and the command ``--hidden 32,16``.
"""

import ast
import re
import shlex
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import click

from pellucid.analysis.finding import Finding
from pellucid.runs.kinds import Pairs
from pellucid.runs.settings import SETTINGS

RESUME = "pellucid train --resume"  # a command of its own, whichever command speaks of it
BARE = re.compile(r"[\w@%+=:,./~-]+")  # what a shell takes as it is
NUMBER = r"[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|inf|nan)"
TEXT = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
LITERAL = rf"{TEXT}|\([^()]*\)|\[[^\[\]]*\]|\{{[^{{}}]*\}}|None|True|{NUMBER}(?![\w/]|\.\w)"
PAIR = re.compile(rf"(?<![\w./=-])(\w+)=({LITERAL})(?:, (?=\w+=(?:{LITERAL})))?")


def in_flags(text: str, command: click.Command | None = None) -> str:
    """A text of the library in the words of a command: its options' ``name=value`` as ``--flag value``.

    Without a command, the options are those of a run's settings. What is no option stays as it is.

    >>> in_flags("hidden=(32, 0): give neurons; or try clip_norm=None, batch_size=None")
    '--hidden 32,0: give neurons; or try --clip-norm 0 --batch-size all'
    >>> in_flags("columns={'zip': 'category', 'name': 'out'} and price=3")
    '--column zip=category --column name=out and price=3'
    >>> in_flags("runs/a: to go on: resume='runs/a'; or target='my price'")
    "runs/a: to go on: pellucid train --resume runs/a; or --target 'my price'"
    """
    known = {name: flag_of(name) for name in SETTINGS} if command is None else _flags(command)
    known["resume"] = RESUME

    def translated(found: re.Match[str]) -> str:
        name, value = found.groups()
        if name not in known:
            return found[0]
        if value == "True":
            return known[name]
        words = _words(name, _literal(value))
        return " ".join(f"{known[name]} {word}" for word in words) + " " * found[0].endswith(", ")

    return PAIR.sub(translated, text)


def flag_of(setting: str) -> str:
    """The flag of a run's setting; of several values it is given once each, and named for one.

    >>> flag_of("batch_size"), flag_of("columns")
    ('--batch-size', '--column')
    """
    name = "column" if setting == "columns" else setting
    return "--" + name.replace("_", "-")


def _flags(command: click.Command) -> dict[str, str]:
    """The flag of each option, by the parameter's name and by the flag's own."""
    found: dict[str, str] = {}
    for option in command.params:
        if isinstance(option, click.Option):
            flag = max(option.opts, key=len)
            found |= {str(option.name): flag, flag.removeprefix("--").replace("-", "_"): flag}
    return found


def _literal(text: str) -> Any:
    """The value of a Python literal; of what is none, such as nan, its text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def flag_and_value(setting: str, value: Any) -> list[str]:
    """A setting as it is typed, several times where it has several values.

    >>> flag_and_value("hidden", (32, 16)), flag_and_value("columns", ("zip=category", "name=out"))
    (['--hidden 32,16'], ['--column zip=category', '--column name=out'])
    """
    return [f"{flag_of(setting)} {word}" for word in _words(setting, value)]


def _words(name: str, value: Any) -> list[str]:
    """A value as it is typed behind its flag: several words where the flag is to be given several times."""
    rule = SETTINGS.get(name)
    if value is None or value == ():
        return [(rule.none if rule is not None else None) or "none"]
    if isinstance(value, dict):
        value = [f"{key}={what}" for key, what in value.items()]
    elif isinstance(value, tuple | list) and not (rule is not None and isinstance(rule.kind, Pairs)):
        value = ",".join(map(str, value))
    return [shell_word(str(each)) for each in (value if isinstance(value, tuple | list) else [value])]


def with_flags(findings: Iterable[Finding]) -> list[Finding]:
    """Findings whose remedies are flags of ``pellucid train``."""
    return [replace(finding, remedy=in_flags(finding.remedy)) for finding in findings]


def shell_word(text: str) -> str:
    """A text as a shell user types it: quoted where the shell would not take it as it is."""
    return text if BARE.fullmatch(text) else shlex.quote(text)
