"""``pellucid grade``: which exercises of the book are solved, in a file or by a class."""

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from click.exceptions import Exit

from pellucid._files.writing import writing
from pellucid._text import counted
from pellucid.book.grading.exercises import EXERCISES
from pellucid.book.grading.judge import SEEDS, Mark
from pellucid.book.grading.marks import Graded, grade_submission, is_table, submissions, table
from pellucid.book.grading.submission import grade_file
from pellucid.cli.options import check_out, count_option, out_option, output
from pellucid.cli.printing import Out, Styled, print_json, progress
from pellucid.core.errors import InputError


@click.command(short_help="Have you solved the book's exercises?")
@click.argument("file", metavar="FILE.py|FILE.ipynb|FOLDER", required=False)
@click.option("--list", "listed", is_flag=True, help="Name the exercises, with their signatures.")
@click.option("--hint", is_flag=True, help="Give a hint for each exercise that is not solved.")
@count_option("--seed", None, "Draw the same inputs again.  [default: new ones]", least=0, most=SEEDS - 1)
@out_option("A table of a class, a row for each submission.", metavar="FILE.csv")
@output
def grade(
    file: str | None, listed: bool, hint: bool, seed: int | None, out: Path | None, force: bool,
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Grade the exercises of the book in a file, or every submission in a folder.

    An exercise is known by its function's name: neuron(x, w, b) is one. Each is called with inputs that are drawn anew,
    and what it returns is compared with what is right. Of a notebook the cells that begin with %%grade are graded.

    In a FOLDER each file is a submission, and each sub-folder with such files.

    The code runs in a process of its own, on a copy; it cannot write elsewhere, use the network or start programs.

    Exit code: 0 all are right, 1 one is not, 2 there is none, or the file cannot be used.
    """
    if listed:
        _list(as_json=as_json)
        return
    if file is None:
        raise click.UsageError("name the file that your functions are in, or a folder of submissions, or give --list")
    seed = secrets.randbelow(SEEDS) if seed is None else seed
    if Path(file).is_dir():
        passed = _grade_class(file, seed, out, force=force, hint=hint, as_json=as_json, quiet=quiet)
    elif out is not None:
        raise InputError(f"--out {out}: a table is for a class; name the folder of its submissions in place of {file}")
    else:
        passed = _grade_one(file, seed, hint=hint, as_json=as_json, quiet=quiet)
    if not passed:
        raise Exit(1)


def _list(*, as_json: bool) -> None:
    exercises = EXERCISES.values()
    if as_json:
        about = [{"name": e.name, "signature": e.signature, "chapter": e.chapter, "task": e.task} for e in exercises]
        print_json({"exercises": about})
        return
    results, chapter = Out(), 0
    for exercise in exercises:
        if exercise.chapter != chapter:
            chapter = exercise.chapter
            results.line(f"chapter {chapter}")
        results.line("  ", Styled(exercise.signature, "bold"))
        results.line(f"      {exercise.task}")


def _grade_one(file: str, seed: int, *, hint: bool, as_json: bool, quiet: bool) -> bool:
    marks = grade_file(file, seed=seed)
    passed = sum(mark.passed for mark in marks)
    if as_json:
        print_json({"file": file, "seed": seed, **_counts(marks), "exercises": [_as_json(m, hint) for m in marks]})
        return passed == len(marks)
    results = Out()
    results.line(f"{file}: {passed} of {counted(len(marks), 'exercise')} solved", bold=True)
    for mark in marks if not quiet else []:
        results.line(f"  {mark.name}: {mark.message}")
        if hint and not mark.passed:
            results.line(f"    hint: {EXERCISES[mark.name].hint}")
    if passed < len(marks) and not quiet:
        results.line(f"the same inputs again: --seed {seed}")
    return passed == len(marks)


def _counts(marks: list[Mark]) -> dict[str, int]:
    passed = sum(mark.passed for mark in marks)
    return {"passed": passed, "failed": len(marks) - passed}


def _as_json(mark: Mark, hint: bool) -> dict[str, Any]:
    return {**asdict(mark), **({"hint": EXERCISES[mark.name].hint} if hint and not mark.passed else {})}


def _grade_class(
    folder: str, seed: int, out: Path | None, *, force: bool, hint: bool, as_json: bool, quiet: bool
) -> bool:
    found = submissions(folder)
    if out is not None:
        check_out(out, *(file for _, files in found for file in files), own=is_table, force=force)
    class_ = []
    with progress("submissions", len(found), quiet=quiet or as_json) as advance:
        for count, (entry, files) in enumerate(found, start=1):
            class_.append(grade_submission(entry, files, seed=seed))
            advance(count)
    if out is not None:
        with writing(out) as stream:
            for line in table(class_):
                stream.write(line.encode(errors="backslashreplace"))
    if as_json:
        print_json(_class_as_json(class_, seed, out, hint))
    else:
        _show_class(class_, out, quiet=quiet)
    return all(graded.marks and graded.passed == len(graded.marks) for graded in class_)


def _class_as_json(class_: list[Graded], seed: int, out: Path | None, hint: bool) -> dict[str, Any]:
    """The keys of one file, of all submissions together, and each submission by itself."""
    every = [mark for graded in class_ for mark in graded.marks]
    exercises = [{"submission": graded.name, **_as_json(mark, hint)} for graded in class_ for mark in graded.marks]
    each = [{"name": graded.name, **_counts(graded.marks), "note": graded.note} for graded in class_]
    return {"seed": seed, **_counts(every), "exercises": exercises, "submissions": each, "out": out}


def _show_class(class_: list[Graded], out: Path | None, *, quiet: bool) -> None:
    results = Out()
    if not quiet:
        rows = [
            (graded.name, f"{graded.passed} of {len(graded.marks)}" if graded.marks else "–", _wrong(graded))
            for graded in class_
        ]
        results.table(("submission", "solved", "not solved"), rows)
    where = "" if out is None else f" in {out}"
    results.line(f"{counted(len(class_), 'submission')}{where}")


def _wrong(graded: Graded) -> str:
    names = ", ".join(mark.name for mark in graded.marks if not mark.passed)
    return "; ".join(part for part in (names, graded.note) if part)
