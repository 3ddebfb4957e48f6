"""How files are damaged: byte by byte, and by what their format has in it. The same random numbers, the same damage.

A mutator takes random numbers and the bytes of a good file, and returns other bytes. It may fail where a file is not
of its format any more; `mutated` then damages bytes.
"""

from __future__ import annotations

import ast
import contextlib
import gzip
import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np

Mutator: TypeAlias = Callable[[random.Random, bytes], bytes]

ODD_NUMBERS = (
    "1e308", "-1e308", "1.7976931348623157e308", "1e309", "-1e400", "1" + 400 * "0", "5e-324", "1e-320", "-0.0", "-0", "nan",
    "NaN", "inf", "-Infinity", "9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775809",
    "2147483648", "4294967296", "16777217", "1e40", "3.4e38", "0x10", "1_000", "٣", "²", "1,5", "1e", "+", "-", ".", "1e5000",
    "0" * 300 + "1", "1." + "3" * 500, "1970-01-01", "0000-00-00", "9999-99-99", "2024-02-30T25:61", "12/31/99999", "true",
)  # fmt: skip
ODD_TEXTS = (
    "", " ", "\t", "\0", '"', '""', "'", "=HYPERLINK(1)", "@x", "a\rb", "\r", "\n", "\x1b[31m", "\x1b]0;x\x07", "\x9b2J", "\u202e",
    "\u2066x", "\ufeff", "\u2028", "\x85", "é", "e\u0301", "🦊", "x" * 5000, "%s%n", "{0}", "{x!r:>9}", "$(id)", "`id`", "__proto__",
    "NA", "null", "None", "?", "\\", "\\N", "../../x", "<script>alert(1)</script>", "W1", "label", "a,b;c\td", "#", "target",
)  # fmt: skip
NO_TEXT = (b"\xed\xa0\x80", b"\xff\xfe", b"\xc3", b"\x80", b"\xf5\x80\x80\x80", b"\xfe\xff\x00a", b"\xc0\x80")
WORDS = (0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
LONG = (*WORDS, 2**53, 2**63 - 1, 2**63, 2**64 - 1)


def mutated(rng: random.Random, content: bytes, mutators: tuple[Mutator, ...]) -> bytes:
    """A good file, damaged one to three times."""
    first = content
    for _ in range(rng.choice((1, 1, 1, 1, 1, 2, 3))):
        mutator = rng.choice(mutators)
        try:
            content = mutator(rng, content)
        except Exception:  # the file is not of its format any more
            content = flip(rng, content)
    return content if content != first else flip(rng, content)


# --- bytes ------------------------------------------------------------------------------------------------------------


def place(rng: random.Random, content: bytes) -> int:
    """Somewhere in a file, its beginning and end more often than its middle."""
    size = len(content)
    return rng.choice((rng.randrange(size + 1), min(size, rng.randrange(64)), max(0, size - rng.randrange(64))))


def flip(rng: random.Random, content: bytes) -> bytes:
    changed = bytearray(content or b"\0")
    for _ in range(rng.choice((1, 1, 2, 8))):
        k = min(len(changed) - 1, place(rng, content))
        changed[k] = rng.choice((changed[k] ^ (1 << rng.randrange(8)), rng.randrange(256), 0, 255))
    return bytes(changed)


def insert(rng: random.Random, content: bytes) -> bytes:
    k = place(rng, content)
    new = rng.choice((rng.randbytes(rng.randint(1, 8)), b"\0" * rng.choice((1, 8, 4096)), b"\n", b",", b'"', *NO_TEXT))
    return content[:k] + new + content[k:]


def delete(rng: random.Random, content: bytes) -> bytes:
    k = place(rng, content)
    return content[:k] + content[k + rng.choice((1, 1, 2, 4, 16, 200)) :]


def truncate(rng: random.Random, content: bytes) -> bytes:
    return content[: place(rng, content)]


def splice(rng: random.Random, content: bytes) -> bytes:
    """A piece put to another place, twice or more often."""
    a, b = place(rng, content), place(rng, content)
    piece = content[a : a + rng.choice((1, 8, 64, 512))]
    return content[:b] + piece * rng.choice((1, 1, 2, 100)) + content[b + rng.choice((0, len(piece))) :]


def swap(rng: random.Random, content: bytes) -> bytes:
    """Two blocks in each other's place."""
    a, b, c, d = sorted(rng.randrange(len(content) + 1) for _ in range(4))
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def edge_words(rng: random.Random, content: bytes) -> bytes:
    """A number at the edge of its type, where headers have their sizes."""
    form = rng.choice(("<H", ">H", "<I", ">I", "<Q", ">Q", "<f", ">f", "<d"))
    size = struct.calcsize(form)
    k = min(max(0, len(content) - size), place(rng, content))
    if form[1] in "fd":
        new = struct.pack(form, rng.choice((float("nan"), float("inf"), -0.0, 1e-40, 3e38)))
    else:
        new = struct.pack(form, rng.choice(LONG) % 2 ** (8 * size))
    return content[:k] + new + content[k + size :]


def nothing(rng: random.Random, content: bytes) -> bytes:
    """An empty file, one of zeros, or one of another kind."""
    return rng.choice(
        (b"", b"\0" * len(content), rng.randbytes(len(content)), b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"PAR1", b"{}")
    )


ANY: tuple[Mutator, ...] = (flip, flip, insert, delete, truncate, splice, swap, edge_words, nothing)


# --- text -------------------------------------------------------------------------------------------------------------


def odd_cell(rng: random.Random, content: bytes) -> bytes:
    """One cell, or a whole column, becomes a number at an edge or a text that is hard to take."""
    mark = max((b",", b";", b"\t", b" "), key=content.count)
    lines = content.split(b"\n")
    new = rng.choice((rng.choice(ODD_NUMBERS).encode(), rng.choice(ODD_TEXTS).encode(), rng.choice(NO_TEXT)))
    if rng.random() < 0.3:
        new = b'"' + new.replace(b'"', b'""') + b'"'
    columns = lines[0].count(mark) + 1
    column, whole = rng.randrange(columns), rng.random() < 0.3
    first = 0 if rng.random() < 0.3 else 1
    for row in range(first, len(lines)) if whole else [rng.choice((0, rng.randrange(len(lines))))]:
        cells = lines[row].split(mark)
        if column < len(cells):
            cells[column] = new
            lines[row] = mark.join(cells)
    return b"\n".join(lines)


def odd_line(rng: random.Random, content: bytes) -> bytes:
    """Lines that are lost, doubled, swapped, too long, or end in another way."""
    lines = content.split(b"\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(8)
    if kind == 0:
        del lines[a]
    elif kind == 1:
        lines[a:a] = [lines[b]] * rng.choice((1, 3, 200))
    elif kind == 2:
        lines[a], lines[b] = lines[b], lines[a]
    elif kind == 3:
        lines[a] += b"," * rng.choice((1, 5, 2000))
    elif kind == 4:
        del lines[rng.choice((1, 2, 3)) :]
    elif kind == 5:
        lines[a] = b""
    elif kind == 6:
        return content.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"\0\n")))
    else:
        lines[a] = lines[a].upper()
    return b"\n".join(lines)


def odd_encoding(rng: random.Random, content: bytes) -> bytes:
    text = content.decode(errors="replace")
    return text.encode(rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp037", "utf-7")), "replace")


def other_mark(rng: random.Random, content: bytes) -> bytes:
    return content.replace(b",", rng.choice((b";", b"\t", b"|", b" ", b":", b",,", b'","')))


def odd_number(rng: random.Random, content: bytes) -> bytes:
    """One number of a text becomes another."""
    found = list(re.finditer(rb"-?\d+(\.\d+)?", content))
    one = rng.choice(found)
    return content[: one.start()] + rng.choice(ODD_NUMBERS).encode() + content[one.end() :]


TEXT: tuple[Mutator, ...] = (
    odd_cell, odd_cell, odd_cell, odd_cell, odd_line, odd_line, odd_number, odd_encoding, other_mark, *ANY,
)  # fmt: skip


def edited_program(rng: random.Random, content: bytes) -> bytes:
    """A program whose lines are lost, doubled or swapped, whose names or signs are others."""
    words = re.split(rb"(\W)", content)
    a, b = rng.randrange(len(words)), rng.randrange(len(words))
    kind = rng.randrange(5)
    if kind == 0:
        words[a], words[b] = words[b], words[a]
    elif kind == 1:
        words[a] = rng.choice((b"0", b"1", b"None", b"X", b"W1", b"()", b"[]", b"-1", b"1.5", b"''", b"nan"))
    elif kind == 2:
        signs = [k for k, word in enumerate(words) if word in (b"+", b"-", b"*", b"@", b"/", b"=", b",", b"(")]
        words[rng.choice(signs)] = rng.choice((b"+", b"-", b"*", b"@", b"/", b"=", b",", b"("))
    elif kind == 3:
        words[a:a] = [
            rng.choice((b"(" * 300, b"\0", b"\x0c", b"\t", "é".encode(), b"\\", b"'''", b"#", b"\xff", b"lambda:"))
        ]
    else:
        return rng.choice((b"# coding: rot13\n", b"# coding: x\n", b"\xef\xbb\xbf", b"import nothing_of_this_name\n", b"1/0\n",
                           b"exit()\n", b"raise SystemExit(7)\n", b"X = 1\n", b"input()\n")) + content  # fmt: skip
    return b"".join(words)


def edited_lines(rng: random.Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(3)
    if kind == 0:
        del lines[a]
    elif kind == 1:
        lines[a], lines[b] = lines[b], lines[a]
    else:
        lines.insert(b, lines[a])
    return b"\n".join(lines)


PROGRAM: tuple[Mutator, ...] = (edited_program, edited_program, edited_program, edited_lines, truncate)


# --- JSON -------------------------------------------------------------------------------------------------------------


def odd_value(rng: random.Random) -> Any:
    return rng.choice((
        None, True, False, 0, -1, 1, 1.5, -0.0, 1e308, float("nan"), float("inf"), 2**31, 2**63, 2**64, 10**400, 5e-324, "", "x",
        "\0", "\ud800", "\u202e", "a\nb", "\x1b[2J", "x" * 5000, "1", [], {}, [[]], [None], {"": None}, [1, 2], ["a", "a"],
        "../../etc/passwd", "/dev/zero", [0] * 1000, rng.randint(-5, 300), rng.choice(ODD_TEXTS),
    ))  # fmt: skip


def odd_json(rng: random.Random, value: Any) -> Any:
    """A JSON value of which one part, anywhere in it, is another."""
    paths: list[tuple[Any, Any]] = []

    def walk(holder: Any) -> None:
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            paths.append((holder, key))
            if isinstance(holder[key], dict | list):
                walk(holder[key])

    if not isinstance(value, dict | list):
        return odd_value(rng)
    walk(value)
    if not paths:
        return odd_value(rng)
    holder, key = rng.choice(paths)
    kind = rng.randrange(9)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[rng.choice((*ODD_TEXTS, "\ud800"))] = holder.pop(key)
    elif kind == 2 and isinstance(holder, list):
        holder.append(holder[key])
    elif kind == 3:
        holder[key] = [holder[key]]
    elif kind == 4:
        other, its = rng.choice(paths)
        with contextlib.suppress(KeyError, IndexError):  # one of them may be gone by now
            if not isinstance(other[its], dict | list):
                holder[key] = other[its]
    elif kind == 5 and isinstance(holder[key], str):
        holder[key] += rng.choice(ODD_TEXTS)
    elif kind == 6 and isinstance(holder[key], int | float):
        holder[key] = holder[key] + rng.choice((1, -1, 0.5, 10**6, -(10**6)))
    else:
        holder[key] = odd_value(rng)
    return value


def json_changed(rng: random.Random, content: bytes) -> bytes:
    changed = odd_json(rng, json.loads(content))
    text = json.dumps(changed, ensure_ascii=rng.random() < 0.7)
    return text.encode("utf-8", "surrogatepass")


def json_text(rng: random.Random, content: bytes) -> bytes:
    """JSON that no writer writes: deep, doubled keys, huge numbers, other constants."""
    kind = rng.randrange(4)
    if kind == 0:
        return b"[" * 100_000
    if kind == 1:
        return content.replace(b"{", b'{"seed": 1, "seed": 2, ', 1)
    if kind == 2:
        return odd_number(rng, content)
    return content.replace(
        rng.choice((b"null", b"true", b"0")), rng.choice((b"NaN", b"-Infinity", b"1e999", b"nul", b"1" * 5000)), 1
    )


JSON: tuple[Mutator, ...] = (json_changed, json_changed, json_changed, json_changed, json_text)


# --- safetensors ------------------------------------------------------------------------------------------------------


def split_tensors(content: bytes) -> tuple[dict[str, Any], bytes]:
    size = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + size]), content[8 + size :]


def join_tensors(header: Any, data: bytes) -> bytes:
    text = json.dumps(header).encode("utf-8", "surrogatepass")
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def tensor_header(rng: random.Random, content: bytes) -> bytes:
    header, data = split_tensors(content)
    return join_tensors(odd_json(rng, header), data)


def tensor_entry(rng: random.Random, content: bytes) -> bytes:
    """A tensor of another type, shape, place or name."""
    header, data = split_tensors(content)
    names = [name for name in header if name != "__metadata__"]
    name = rng.choice(names)
    entry, kind = header[name], rng.randrange(6)
    if kind == 0:
        entry["dtype"] = rng.choice(("F16", "BF16", "F64", "F32", "I64", "U8", "BOOL", "F8_E4M3", "F4", "C64", "X"))
    elif kind == 1:
        entry["shape"] = rng.choice(
            (entry["shape"][::-1], [], [0], [*entry["shape"], 1], [-1], [2**62, 4], [2**32, 2**32])
        )
    elif kind == 2:
        entry["data_offsets"] = rng.choice(([0, 0], [0, len(data) * 2], [8, 0], [-8, 8], [2**63, 2**64], [0, 10**30]))
    elif kind == 3:
        header[rng.choice((*ODD_TEXTS, "²", "9" * 5000, "layer1.W", "0.weight", "x.bias"))] = header.pop(name)
    elif kind == 4:
        other = rng.choice(names)
        header[name], header[other] = header[other], header[name]
    else:
        size = {"F64": 8, "F32": 4, "I64": 8}[entry["dtype"]] * rng.choice((1, 3))
        header[rng.choice(("layer9.W", "extra", "9.weight"))] = {
            "dtype": entry["dtype"], "shape": [size // 4], "data_offsets": [len(data), len(data) + size],
        }  # fmt: skip
        data += b"\0" * size
    return join_tensors(header, data)


def tensor_about(rng: random.Random, content: bytes) -> bytes:
    """The description of the network, JSON inside the JSON of the header, changed."""
    header, data = split_tensors(content)
    entries = header.setdefault("__metadata__", {})
    key = rng.choice(list(entries) or ["pellucid"])
    about = json.loads(entries.get(key, "{}"))
    for _ in range(rng.choice((1, 1, 2))):
        about = odd_json(rng, about)
    entries[key] = json.dumps(about, ensure_ascii=rng.random() < 0.5)
    return join_tensors(header, data)


def tensor_numbers(rng: random.Random, content: bytes) -> bytes:
    """Weights that are huge, tiny, infinite or no numbers."""
    header, data = split_tensors(content)
    entry = header[rng.choice([name for name in header if name != "__metadata__"])]
    form = {"F64": "<f8", "F32": "<f4", "I64": "<i8"}[entry["dtype"]]
    begin, end = entry["data_offsets"]
    array = np.frombuffer(data[begin:end], form).copy()
    with np.errstate(all="ignore"):
        new = rng.choice((np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, 1e308, -0.0, 0.0, 1e6))
        new = 2**62 if form == "<i8" else new
        array[slice(None) if rng.random() < 0.4 else rng.randrange(len(array))] = new
    return join_tensors(header, data[:begin] + array.tobytes() + data[end:])


SAFETENSORS: tuple[Mutator, ...] = (
    tensor_header,
    tensor_entry,
    tensor_about,
    tensor_about,
    tensor_about,
    tensor_numbers,
)


# --- arrays -----------------------------------------------------------------------------------------------------------


def array_header(rng: random.Random, content: bytes) -> bytes:
    """The header of a `.npy`, another type, shape or order in it, its length right or wrong."""
    size = int.from_bytes(content[8:10], "little")
    header = ast.literal_eval(content[10 : 10 + size].decode("latin1"))
    kind = rng.randrange(4)
    if kind == 0:
        header["descr"] = rng.choice(("<f2", "<f4", ">f8", "<c16", "|O", "|S3", "<U1", "<M8[ns]", "<m8[D]", "|V8", "|b1", "<i8",
                                      "<u8", "|u1", [("a", "<f8")], "<f16", "x", 7, "<U0", "|S0"))  # fmt: skip
    elif kind == 1:
        shape = header["shape"]
        header["shape"] = rng.choice((shape[::-1], (), (0,), (*shape, 1), (0, 6), (-1,), (2**62, 4), (1,) * 40, (10**30,), "x",
                                      (True,), (2.0, 60.0), [20, 6], (1, *shape)))  # fmt: skip
    elif kind == 2:
        header["fortran_order"] = rng.choice((True, 1, None, "no"))
    else:
        header = odd_json(rng, header)
    text = repr(header).encode("utf-8", "surrogatepass")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    length = len(text) if rng.random() < 0.9 else rng.choice((0, 65535, size))
    return content[:8] + length.to_bytes(2, "little") + text + content[10 + size :]


def array_version(rng: random.Random, content: bytes) -> bytes:
    return content[:6] + bytes(rng.choice(((2, 0), (3, 0), (1, 1), (9, 9), (0, 0)))) + content[8:]


def odd_array(rng: random.Random, content: bytes) -> bytes:
    """A good `.npy` of numbers, or other things, that are hard to take."""
    n = 20
    with np.errstate(all="ignore"):
        array: Any = rng.choice((
            lambda: np.full((n, 6), rng.choice((np.nan, np.inf, 1e308, 5e-324, 1e40, -0.0))),
            lambda: np.full(n, rng.choice((2**63 - 1, -(2**63), 2**53))),
            lambda: np.full(n, 2**64 - 1, np.uint64),
            lambda: np.array([[1e308, -1e308] * 3] * n),
            lambda: np.array(["", "a\0b", "\u202e", "x" * 300, "\x1b[2J"] * 4),
            lambda: np.array([b"\xff", b"a"] * 10),
            lambda: np.zeros((n, 0)), lambda: np.zeros((0, 6)), lambda: np.zeros(()), lambda: np.zeros((n, 1, 1, 1)),
            lambda: np.zeros(n, [("a", "<f8"), ("b", "<i4")]), lambda: np.zeros((n, 6), complex) + 1j,
            lambda: np.zeros(n, "M8[ns]"), lambda: np.array([True, False] * 10), lambda: np.zeros((n, 6), np.float16) + 65504,
            lambda: np.asfortranarray(np.zeros((n, 6))), lambda: np.zeros((n, 6), np.longdouble),
            lambda: np.arange(n * 6.0).reshape(n, 6) * 1e300, lambda: np.zeros((n, 6), ">f4"), lambda: np.arange(n),
        ))()  # fmt: skip
    made = io.BytesIO()
    np.save(made, array)
    return made.getvalue()


ARRAY: tuple[Mutator, ...] = (array_header, array_header, array_version, odd_array, odd_array)


# --- zip and gzip -----------------------------------------------------------------------------------------------------


def zip_member(rng: random.Random, content: bytes) -> bytes:
    """One array in a `.npz`, damaged as a `.npy` is."""
    inner = rng.choice((*ARRAY, *ANY))
    return rezipped(content, lambda members: changed_member(rng, members, inner))


def changed_member(rng: random.Random, members: list[tuple[str, bytes]], inner: Mutator) -> list[tuple[str, bytes]]:
    k = rng.randrange(len(members))
    members[k] = (members[k][0], inner(rng, members[k][1]))
    return members


def zip_names(rng: random.Random, content: bytes) -> bytes:
    """Members that are lost, doubled, called otherwise, or that do not belong there."""

    def edit(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        k, kind = rng.randrange(len(members)), rng.randrange(5)
        name, inside = members[k]
        if kind == 0:
            del members[k]
        elif kind == 1:
            members.append((name, inside))
        elif kind == 2:
            odd = rng.choice(
                ("x", "y", "../X.npy", "X.txt", "", "a\x1b[2J.npy", "X_train.npy", "é.npy", "x" * 999 + ".npy")
            )
            members[k] = (odd, inside)
        elif kind == 3:
            members.append((rng.choice(("Z.npy", "X_test.npy", "y_test.npy", "label.npy", "readme.txt")), inside))
        else:
            members.reverse()
        return members

    return rezipped(content, edit)


def rezipped(content: bytes, edit: Callable[[list[tuple[str, bytes]]], list[tuple[str, bytes]]]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(one.filename, archive.read(one)) for one in archive.infolist()]
    made = io.BytesIO()
    import warnings

    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that stand there twice
        for name, inside in edit(members):
            archive.writestr(zipfile.ZipInfo(name), inside)
    return made.getvalue()


def zip_directory(rng: random.Random, content: bytes) -> bytes:
    """Methods, flags and sizes that the directory of a zip says, wrong."""
    begin = content.index(b"PK\x01\x02")
    offset, size = rng.choice(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4)))
    value = rng.choice(LONG) % 2 ** (8 * size) if rng.random() < 0.6 else rng.choice((1, 8, 9, 12, 14, 93, 99))
    return content[: begin + offset] + value.to_bytes(size, "little") + content[begin + offset + size :]


@cache
def bomb() -> bytes:
    """A little gzip that is 10 MB of rows when it is unpacked."""
    return gzip.compress(b"1,2,flat,yes,2020-01-01,3,a\n" * 370_000, mtime=0)


@cache
def packed_noughts() -> bytes:
    """An array of 800 MB, all noughts, packed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        noughts = zipfile.ZipInfo("X.npy")
        noughts.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(noughts, "w", force_zip64=True) as member:
            np.lib.format.write_array_header_1_0(
                member, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 100)}
            )
            for _ in range(100):
                member.write(bytes(8 * 10**6))
        with archive.open(zipfile.ZipInfo("y.npy"), "w") as member:
            np.lib.format.write_array(member, np.arange(10**6) % 3)
    return made.getvalue()


def zip_bomb(rng: random.Random, content: bytes) -> bytes:
    return packed_noughts() if rng.random() < 0.05 else zip_member(rng, content)


ZIPPED_ARRAYS: tuple[Mutator, ...] = (zip_member, zip_member, zip_bomb, zip_names, zip_directory)


def gzipped(inner: tuple[Mutator, ...]) -> tuple[Mutator, ...]:
    """Mutators for files of which some are packed by gzip: what is inside is damaged, or the packing."""

    def inside(rng: random.Random, content: bytes) -> bytes:
        packed = content.startswith(b"\x1f\x8b")
        changed = rng.choice(inner)(rng, gzip.decompress(content) if packed else content)
        return gzip.compress(changed, mtime=0) if packed else changed

    def trailer(rng: random.Random, content: bytes) -> bytes:
        kind = rng.randrange(6)
        if kind == 5:
            return content + bomb() * rng.choice((1, 60))
        if kind == 0:
            return content[:-8] + rng.randbytes(4) + content[-4:]
        if kind == 1:
            return content[:-4] + struct.pack("<I", rng.choice(WORDS))
        if kind == 2:
            return content + rng.choice((b"\0" * 100, b"x", content, content[:20]))
        if kind == 3:
            return gzip.compress(content, mtime=0)
        return content[:3] + bytes([rng.randrange(256)]) + content[4:]

    return (inside, inside, inside, trailer)


# --- Parquet and Arrow ------------------------------------------------------------------------------------------------


def parquet_footer(rng: random.Random, content: bytes) -> bytes:
    """Bytes of the footer, which says where everything is and how large."""
    size = int.from_bytes(content[-8:-4], "little")
    footer = bytearray(content[-8 - size : -8])
    for _ in range(rng.choice((1, 1, 2, 4))):
        footer[rng.randrange(len(footer))] = rng.choice((rng.randrange(256), 0, 0x7F, 0x80, 0xFF))
    length = size if rng.random() < 0.9 else rng.choice(WORDS)
    return content[: -8 - size] + bytes(footer) + (length % 2**32).to_bytes(4, "little") + content[-4:]


def odd_table(rng: random.Random) -> Any:
    """A table of pyarrow with columns that are hard to take."""
    import datetime
    import decimal

    import pyarrow as pa

    n = rng.choice((0, 1, 2, 24, 24, 24))
    made: dict[str, Callable[[], Any]] = {
        "nulls": lambda: pa.nulls(n),
        "none": lambda: pa.array([None] * n, pa.float64()),
        "huge": lambda: pa.array([rng.choice((1e308, -1e308, 5e-324, float("nan"), float("inf"))) for _ in range(n)]),
        "whole": lambda: pa.array([rng.choice((2**63 - 1, -(2**63), 0)) for _ in range(n)]),
        "unsigned": lambda: pa.array([2**64 - 1 - k for k in range(n)], pa.uint64()),
        "decimal": lambda: pa.array([decimal.Decimal("1e30")] * n, pa.decimal128(38, 2)),
        "list": lambda: pa.array([[1, 2]] * n),
        "struct": lambda: pa.array([{"a": 1}] * n),
        "map": lambda: pa.array([[("a", 1)]] * n, pa.map_(pa.string(), pa.int64())),
        "binary": lambda: pa.array([b"\xff\0"] * n),
        "text": lambda: pa.array([rng.choice(ODD_TEXTS) for _ in range(n)]),
        "large": lambda: pa.array(["u", "v", "w"] * (n // 3) + ["u"] * (n % 3), pa.large_string()),
        "time": lambda: pa.array([rng.choice((-(2**63) + 1, 2**63 - 1, 0)) for _ in range(n)], pa.timestamp(rng.choice(("s", "ms", "ns")))),
        "zone": lambda: pa.array([0] * n, pa.timestamp("us", "Mars/Phobos")),
        "date": lambda: pa.array([rng.choice((-(2**31), 2**31 - 1, 0)) for _ in range(n)], pa.date32()),
        "duration": lambda: pa.array([datetime.timedelta(1)] * n),
        "clock": lambda: pa.array([datetime.time(1)] * n),
        "half": lambda: pa.array(np.zeros(n, np.float16)),
        "bool": lambda: pa.array([True, None] * (n // 2) + [False] * (n % 2), pa.bool_()),
        "dictionary": lambda: pa.array(["a", None, "b"] * (n // 3) + ["a"] * (n % 3)).dictionary_encode(),
        "numbers in a dictionary": lambda: pa.array([1.5] * n).dictionary_encode(),
        "one value": lambda: pa.array([1.0] * n),
        "view": lambda: pa.array(["u"] * n, pa.string_view()),
    }  # fmt: skip
    chosen = rng.sample(sorted(made), rng.randint(1, 4))
    arrays = [made[name]() for name in chosen]
    names = [rng.choice(ODD_TEXTS) if rng.random() < 0.2 else name for name in chosen]
    arrays += [pa.array([k % 3 for k in range(n)]), pa.array(np.arange(n) / 7)]
    names += [rng.choice(("sold", "sold", "Sold", "sold\0")), rng.choice(("price", "price", "sold"))]
    if rng.random() < 0.4:
        names[0] = rng.choice(("sold", "price"))
    return pa.table(arrays, names=names)


def odd_parquet(rng: random.Random, content: bytes) -> bytes:
    import pyarrow.parquet as pq

    made = io.BytesIO()
    pq.write_table(odd_table(rng), made, row_group_size=rng.choice((1, 7, 1000)))
    return made.getvalue()


def odd_feather(rng: random.Random, content: bytes) -> bytes:
    import pyarrow as pa

    made, table = io.BytesIO(), odd_table(rng)
    with (pa.ipc.new_file if rng.random() < 0.6 else pa.ipc.new_stream)(made, table.schema) as writer:
        writer.write_table(table)
    return made.getvalue()


# --- pictures ---------------------------------------------------------------------------------------------------------


def chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG, each its kind and its data."""
    found, k = [], 8
    while k < len(content):
        size = int.from_bytes(content[k : k + 4], "big")
        found.append((content[k + 4 : k + 8], content[k + 8 : k + 8 + size]))
        k += 12 + size
    return found


def png_of(parts: list[tuple[bytes, bytes]]) -> bytes:
    packed = (
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big") for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def png_header(rng: random.Random, content: bytes) -> bytes:
    parts = chunks(content)
    fields = list(struct.unpack(">IIBBBBB", parts[0][1]))
    k = rng.randrange(7)
    sizes = (0, 1, 2, 39, 41, 5000, 20_000, 65_535, 89_000_000, 2**31 - 1, 2**32 - 1)
    fields[k] = rng.choice(sizes) if k < 2 else rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
    parts[0] = (b"IHDR", struct.pack(">IIBBBBB", *fields))
    return png_of(parts)


def png_chunks(rng: random.Random, content: bytes) -> bytes:
    """Chunks that are lost, doubled, swapped, damaged or new, all with the right checksum."""
    parts = chunks(content)
    a, b, kind = rng.randrange(len(parts)), rng.randrange(len(parts)), rng.randrange(5)
    if kind == 0:
        del parts[a]
    elif kind == 1:
        parts.insert(b, parts[a])
    elif kind == 2:
        parts[a], parts[b] = parts[b], parts[a]
    elif kind == 3:
        parts[a] = (parts[a][0], rng.choice(ANY)(rng, parts[a][1] or b"\0"))
    else:
        text = zlib.compress(b"x" * rng.choice((10, 2_000_000)))
        new = rng.choice((
            (b"tRNS", rng.randbytes(rng.choice((1, 2, 6, 300)))), (b"PLTE", rng.randbytes(rng.choice((0, 3, 7, 768, 999)))),
            (b"gAMA", b"\0\0\0\0"), (b"iCCP", b"x\0\0" + text), (b"zTXt", b"k\0\0" + text), (b"iTXt", b"k\0\1\0\0\0" + text),
            (b"acTL", struct.pack(">II", rng.choice(WORDS), 0)), (b"fcTL", rng.randbytes(26)), (b"eXIf", rng.randbytes(40)),
            (b"pHYs", b"\0" * 9), (b"cHRM", b"\xff" * 32), (b"abcd", b""), (b"ABCD", b""), (b"sRGB", b"\xff"), (b"tEXt", b"\x1b[2J"),
        ))  # fmt: skip
        parts.insert(rng.randint(0, len(parts)), new)
    return png_of(parts)


def png_pixels(rng: random.Random, content: bytes) -> bytes:
    """The pixels unpacked, damaged, and packed again."""
    parts = chunks(content)
    data = zlib.decompress(b"".join(data for kind, data in parts if kind == b"IDAT"))
    packed = zlib.compress(rng.choice(ANY)(rng, data))
    rest = [part for part in parts if part[0] != b"IDAT"]
    return png_of([*rest[:-1], (b"IDAT", packed), rest[-1]])


PNG: tuple[Mutator, ...] = (png_header, png_header, png_chunks, png_chunks, png_pixels)


def tiff_tag(rng: random.Random, content: bytes) -> bytes:
    """A field of the directory of a TIFF (of Intel's byte order): its tag, type, count or value."""
    begin = int.from_bytes(content[4:8], "little")
    count = int.from_bytes(content[begin : begin + 2], "little")
    entry = begin + 2 + 12 * rng.randrange(count)
    offset, size, values = rng.choice((
        (0, 2, (256, 257, 258, 259, 262, 273, 277, 278, 279, 317, 322, 339, 347, 34675, 65000)), (2, 2, tuple(range(20))),
        (4, 4, WORDS), (8, 4, WORDS), (8, 4, WORDS), (8, 4, (1, 2, 4, 5, 6, 7, 8, 32773, 32946, 34712, 50000)),
    ))  # fmt: skip
    return content[: entry + offset] + rng.choice(values).to_bytes(size, "little") + content[entry + offset + size :]


def tiff_loop(rng: random.Random, content: bytes) -> bytes:
    """The next picture of a TIFF is this one again, or nowhere."""
    begin = int.from_bytes(content[4:8], "little")
    end = begin + 2 + 12 * int.from_bytes(content[begin : begin + 2], "little")
    return content[:end] + rng.choice((begin, end, 2**31, 8)).to_bytes(4, "little") + content[end + 4 :]


TIFF: tuple[Mutator, ...] = (tiff_tag, tiff_tag, tiff_tag, tiff_loop, edge_words)
