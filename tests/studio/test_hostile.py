"""Hostile files and requests: each is refused in a sentence, none is a fault of the server, and it goes on."""

import io
import itertools
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.served import Client, studio

JUNK: list[Any] = [None, True, -1, 10**30, 1e308, "", "é\x00", "a" * 3000, [], [[]], {}, {"a": 1}, 0.5, "../x", "-1"]
NAMES = ("do", "step", "count", "name", "value", "layer", "neuron", "input", "branch", "slow", "label", "quantity",
         "from", "top", "rate", "pixels", "values", "cells", "points", "samples", "low", "high", "data", "hidden",
         "target", "knob", "bias", "biases", "epochs", "batch_size", "optimizer", "header", "columns",
         "missing")  # fmt: skip
DOES = ("start", "step", "epoch", "pause", "back", "knob", "edit", "freeze", "off", "free", "teach", "undo", "redo",
        "mark", "branch", "choose", "drop", "save", "cancel", "new", "end", "nothing")  # fmt: skip
ROUTES = ("/input", "/open", "/explain", "/plane", "/landscape", "/command")
QUERIES = ("/frame?tiles={}", "/frame?input={}", "/frame?step={}", "/frame?branch={}", "/frame?input=test:0&label={}",
           "/sample?part={}", "/sample?number={}", "/sample?find={}", "/sample?find=mistake&after={}",
           "/answer?input={}",
           "/history?branch={}", "/history?after={}", "/score?part={}", "/score?limit={}", "/confusion?part={}",
           "/cell?true={}&said=1", "/cell?true=1&said=1&from={}", "/samples?limit={}", "/download/{}")  # fmt: skip
WORDS = ("", "-1", "99999999999999999999", "%00", "%ff%fe", "test:-1", "test:99999999", "own:1", "1:0-99999", "1:5-2",
         "0:0-1", "é", "..%2f..%2fetc%2fpasswd", "<script>", "1e5", "a" * 4000)  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("data") / "digits.npz"
    np.savez(path, X=rng.integers(0, 256, (80, 784), np.uint8), y=rng.integers(0, 10, 80))
    with studio(path, tmp_path_factory.mktemp("studio")) as made:
        yield made


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return file.getvalue()


def saved(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def files() -> Iterator[tuple[str, bytes]]:
    rng = np.random.default_rng(0)
    for suffix in (".csv", ".tsv", ".txt", ".parquet", ".feather", ".arrow", ".npz"):
        for length in (1, 50, 5000):
            yield f"noise{length}{suffix}", rng.bytes(length)
        yield f"zeros{suffix}", bytes(1000)
        yield f"half{suffix}", saved(X=np.zeros((50, 3)), y=np.arange(50) % 2)[:300]
    lines = [
        b"a,b,c\n", b"a,b,y\n1,2\n3,4,5\n", b'a,"b,y\n1,2,3\n' * 5, b"a,a,a\n1,1,1\n" * 9, b"\xff\xfea\x00,\x00b\x00",
        b"a,y\n1e309,x\n-1e309,y\n" * 5, b"a,y\nnan,x\ninf,y\n" * 5, b"\n" * 5000, b"," * 3000 + b"\n" + b"1," * 3000,
        b"y\n" + b"x\n" * 50, b"a,y\n" + b"1,x\n" * 40, b"a;y\n" + "é;ü\n".encode("latin-1") * 40,
        b"a,y\x00\n1,x\n" * 9,
        b"=cmd|'/c calc'!A1,y\n1,a\n2,b\n" * 9, b"x" * 70000 + b",y\n1,a\n", b"\xef\xbb\xbfa,y\n" + b"1,q\n2,r\n" * 30,
    ]  # fmt: skip
    for number, content in enumerate(lines):
        yield f"lines{number}.csv", content
    objects = io.BytesIO()
    np.save(objects, np.array([{"a": 1}], object), allow_pickle=True)
    yield "pickle.npz", zipped("X.npy", objects.getvalue())
    yield "bomb.npz", zipped("X.npy", bytes(30_000_000))
    yield "names.npz", zipped("../../../evil.npy", b"x")
    yield "shapes.npz", saved(X=np.zeros((5, 3)), y=np.zeros(7))
    yield "wide.npz", saved(X=np.zeros((2, 0)), y=np.zeros(2, int))
    yield "nan.npz", saved(X=np.full((40, 3), np.nan), y=np.arange(40) % 2)
    yield "texts.npz", saved(X=np.zeros((40, 3)), y=np.array(["a", "b"] * 20))
    yield "complex.npz", saved(X=np.zeros((40, 3), complex), y=np.arange(40) % 2)
    yield "empty.csv", b""


def bodies() -> Iterator[tuple[str, Any]]:
    rng = np.random.default_rng(1)
    for do, junk in itertools.product(DOES, range(3)):
        names = rng.choice(NAMES[1:], 5)
        yield "/command", {"do": do, **{str(name): JUNK[int(rng.integers(len(JUNK)))] for name in names}, "no": junk}
    for route, _ in itertools.product(ROUTES, range(6)):
        names = rng.choice(NAMES, 6)
        yield route, {str(name): JUNK[int(rng.integers(len(JUNK)))] for name in names}


def check(answer: Any) -> None:
    """Done, or refused in a sentence."""
    assert answer.status_code != 500, answer.text
    if answer.status_code >= 400:
        error = answer.json()["error"]
        assert error
        assert "Traceback" not in error


def test_hostile_files_are_told_in_a_sentence_and_leave_nothing_behind(client: Client) -> None:
    count = 0
    for name, content in files():
        headers = {"content-type": "application/octet-stream"}
        check(client.http.post(f"/data?name={name}", content=content, headers=headers))
        check(client.http.post(f"/data?name={name}&target=y", content=content, headers=headers))
        count += 1
    assert count >= 60
    assert client.get("/health")["ok"]
    names = {path.name for path in client.session.home.rglob("*")}
    assert not [name for name in names if "evil" in name]


def test_hostile_requests_are_refused_in_a_sentence(client: Client) -> None:
    count = 0
    for path, body in bodies():
        if body.get("do") == "end":
            continue
        check(client.post(path, body))
        count += 1
    assert count >= 90
    client.do("pause")
    assert client.get("/health")["ok"]


def test_hostile_addresses_are_refused_in_a_sentence(client: Client) -> None:
    for query, word in itertools.product(QUERIES, WORDS):
        check(client.http.get(query.format(word)))
    assert client.get("/state")["model"]["sizes"][0] > 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"a"',
        b"[" * 100_000,
        b'{"do": NaN}',
        b'{"do": "\\ud800"}',
        b"\xff\xfe",
        b'{"a":1}' * 2,
    ],
)
def test_what_is_no_json_is_refused(content: bytes, client: Client) -> None:
    answer = client.http.post("/command", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert json.loads(answer.text)["error"]


def test_pixels_that_are_none_are_refused(client: Client) -> None:
    headers = {"content-type": "application/octet-stream"}
    for content in (b"", b"1" * 783, b"1" * 785, b"1" * 1_000_000):
        assert client.http.post("/input", content=content, headers=headers).status_code == 400
    for name in ("not a picture", "PNG"):
        answer = client.http.post("/input", content=name.encode(), headers={"content-type": "image/png"})
        assert answer.status_code == 422


def test_it_goes_on_where_folders_cannot_be_written(client: Client, tmp_path: Path) -> None:
    home, client.session.home = client.session.home, tmp_path / "file"
    (tmp_path / "file").write_text("in the way")
    headers = {"content-type": "application/octet-stream"}
    answer = client.http.post("/data?name=a.csv", content=b"a,y\n1,x\n2,z\n" * 20, headers=headers)
    client.session.home = home
    assert answer.status_code == 409
