"""Each rule of safety has its attack."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pellucid.studio.safety import MOST_UPLOAD
from studio.served import Client, studio


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with studio(None, tmp_path_factory.mktemp("studio")) as made:
        yield made


def stranger(client: Client, **headers: str) -> httpx.Client:
    """Somebody who has no cookie yet."""
    return httpx.Client(base_url=f"http://127.0.0.1:{client.studio.port}", headers=headers, timeout=30)


@pytest.mark.parametrize("path", ["/", "/state", "/events", "/frame", "/static/studio/browser/start.js", "/nothing"])
def test_without_token_or_cookie_every_answer_is_403(path: str, client: Client) -> None:
    with stranger(client) as http:
        assert http.get(path).status_code == 403
        assert http.post(path, json={}).status_code == 403


def test_the_token_is_exchanged_for_a_cookie_that_scripts_and_other_sites_do_not_get(client: Client) -> None:
    with stranger(client) as http:
        answer = http.get("/", params={"token": client.studio.token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"pellucid-{client.studio.port}=")
        assert "HttpOnly; SameSite=Strict" in cookie
        assert client.studio.token not in cookie
        assert http.get("/").status_code == 200


@pytest.mark.parametrize("guess", ["", "a", "0" * 43, "é", "null", "%00"])
def test_a_guessed_token_is_refused(guess: str, client: Client) -> None:
    with stranger(client) as http:
        answer = http.get("/", params={"token": guess})
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
        assert http.get("/state", params={"token": client.studio.token}).status_code == 403  # only the page takes it


def test_the_cookie_of_another_port_lets_nobody_in(client: Client) -> None:
    key = client.http.cookies[f"pellucid-{client.studio.port}"]
    for cookie in (f"pellucid-{client.studio.port + 1}={key}", f"pellucid-{client.studio.port}=other", f"x={key}"):
        with stranger(client, cookie=cookie) as http:
            assert http.get("/state").status_code == 403
    with stranger(client, cookie=f"pellucid-1=other; pellucid-{client.studio.port}={key}") as http:
        assert http.get("/state").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "192.168.0.7", "localhost.", "[::2]", "",
             "user@localhost", "localhost:8501:1"],
)  # fmt: skip
def test_a_name_that_was_bound_to_this_machine_is_refused(host: str, client: Client) -> None:
    assert client.http.get("/state", headers={"host": host}).status_code in (400, 403)
    assert client.http.get("/", headers={"host": host}).status_code in (400, 403)


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost:9000", "localhost", "[::1]:9000"])
def test_another_port_is_let_in_as_through_ssh(host: str, client: Client) -> None:
    assert client.http.get("/state", headers={"host": host}).status_code == 200
    same = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    assert client.http.get("/state", headers=same).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "https://127.0.0.1"},
    ],
)
def test_a_page_of_another_site_can_neither_ask_nor_post(headers: dict[str, str], client: Client) -> None:
    assert client.http.get("/state", headers=headers).status_code == 403
    assert client.http.post("/command", json={"do": "step"}, headers=headers).status_code == 403
    assert client.get("/state")["run"]["step"] == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_form_of_another_page_could_send_is_refused(kind: str, client: Client) -> None:
    answer = client.http.post("/command", content=b'{"do": "step"}', headers={"content-type": kind})
    assert answer.status_code == 415
    assert client.http.put("/command", content=b"").status_code == 405


@pytest.mark.parametrize(
    "path",
    ["/static/../server.py", "/static/studio/browser/../server.py", "/static/%2e%2e/server.py", "/static//etc/passwd",
     "/static/studio/browser/..%2fserver.py", "/static/studio/browser/start.js%00.css", "/download/../../etc/passwd",
     "/download/%2fetc%2fpasswd", "/static/studio/browser/", "/static/studio/server.py", "/etc/passwd",
     "/static/studio/browser/C:%5Cboot.ini"],
)  # fmt: skip
def test_no_path_of_a_request_reaches_the_file_system(path: str, client: Client) -> None:
    with socket.create_connection(("127.0.0.1", client.studio.port)) as raw:
        cookie = f"pellucid-{client.studio.port}={client.http.cookies[f'pellucid-{client.studio.port}']}"
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
        raw.sendall(request.encode())
        answer = b""
        while part := raw.recv(65536):
            answer += part
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
    assert b"root:" not in answer
    assert b"uvicorn" not in answer


def test_a_file_that_is_too_large_is_refused_before_it_is_read(client: Client) -> None:
    with socket.create_connection(("127.0.0.1", client.studio.port)) as raw:
        cookie = f"pellucid-{client.studio.port}={client.http.cookies[f'pellucid-{client.studio.port}']}"
        raw.sendall(
            f"POST /data?name=a.csv HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n"
            f"Content-Type: application/octet-stream\r\nContent-Length: {MOST_UPLOAD + 1}\r\n\r\n".encode()
        )
        assert raw.recv(65536).startswith(b"HTTP/1.1 413")  # and nothing of it was sent


def test_a_body_without_a_length_is_not_read_on_for_ever(client: Client) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(10):
            yield b"1" * 1_000_000

    answer = client.http.post("/command", content=parts(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_every_answer_says_what_may_run_and_nothing_of_the_server(client: Client) -> None:
    with stranger(client) as http:
        for answer in (http.get("/state"), client.http.get("/"), client.http.get("/state"), client.http.get("/none")):
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert "server" not in answer.headers


def test_a_script_in_the_name_of_a_column_stays_a_text(client: Client) -> None:
    table = b'<script>alert(1)</script>,"<img src=x onerror=alert(1)>",y\n' + b"1,2,a\n3,4,b\n" * 30
    headers = {"content-type": "application/octet-stream"}
    answer = client.http.post("/data?name=%3Cb%3E.csv&target=y", content=table, headers=headers)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["columns"][0]["name"] == "<script>alert(1)</script>"
    assert answer.json()["name"] == "<b>.csv"


def test_the_name_of_a_file_decides_nothing_but_its_ending(client: Client, tmp_path: Path) -> None:
    headers = {"content-type": "application/octet-stream"}
    table = b"a,b,y\n" + b"1,2,a\n3,4,b\n" * 30
    for name in ("../../../evil.csv", "/etc/cron.d/x.csv", "..%5C..%5Cx.csv", "a%00b.csv", "x" * 5000 + ".csv"):
        assert client.http.post(f"/data?name={name}", content=table, headers=headers).status_code in (200, 422)
    written = sorted(path.name for path in (client.session.home / "data").iterdir())
    assert all(len(name) == len("0123456789abcdef.csv") for name in written if name.endswith(".csv"))
    for name in ("x.py", "x.safetensors", "x", ".csv.exe"):
        assert client.http.post(f"/data?name={name}", content=table, headers=headers).status_code == 400


def test_a_socket_of_another_kind_gets_nothing(client: Client) -> None:
    with socket.create_connection(("127.0.0.1", client.studio.port), timeout=5) as raw:
        raw.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n")  # fmt: skip
        assert raw.recv(1000).startswith(b"HTTP/1.1 403")


def test_many_streams_end_with_those_who_listen(client: Client) -> None:
    with stranger(client, cookie=f"pellucid-{client.studio.port}={next(iter(client.http.cookies.values()))}") as http:
        heard: list[str] = []

        def listen() -> None:
            with http.stream("GET", "/events") as answer:
                heard.append(next(answer.iter_text()))

        listeners = [threading.Thread(target=listen) for _ in range(20)]
        for one in listeners:
            one.start()
        for one in listeners:
            one.join(30)
    assert len(heard) == 20
    assert all(text.startswith("event: state") for text in heard)
