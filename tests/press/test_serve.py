"""The preview: what it shows is the site, with one script more, and it builds again what changes."""

import asyncio
import os
import signal
import subprocess
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from coordination_gap.press import serve
from tests.conftest import Project

PAGE = (
    "<html><head><meta http-equiv=Content-Security-Policy content=\"default-src 'none'; img-src 'self'\"></head></html>"
)


async def never() -> AsyncIterator[set[str]]:
    await asyncio.Event().wait()
    yield set()


async def once() -> AsyncIterator[set[str]]:
    yield {"book/index.md"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site-1"
    (folder / "data").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    (folder / "facts.json").write_text("{}", encoding="utf-8")
    (tmp_path / "secret").write_text("kept", encoding="utf-8")
    link = tmp_path / "html"
    link.symlink_to("site-1", target_is_directory=True)
    return link


def test_pages_listen_and_other_files_are_as_they_are(site: Path) -> None:
    with TestClient(serve.app(serve.Preview(lambda: "", print), site, never)) as client:
        page = client.get("/")
        assert '<script src="/-/preview.js" defer></script></head>' in page.text
        assert "default-src 'none'; connect-src 'self'; img-src" in page.text
        assert page.headers["cache-control"] == "no-store"
        assert client.get("/facts.json").text == "{}"
        assert "EventSource" in client.get("/-/preview.js").text


@pytest.mark.parametrize("asked", ["/no.html", "/data", "/..%2Fsecret", "/%2e%2e/secret", "/data/..%2f..%2fsecret"])
def test_what_is_not_in_the_site_is_not_served(site: Path, asked: str) -> None:
    with TestClient(serve.app(serve.Preview(lambda: "", print), site, never)) as client:
        assert client.get(asked).status_code == 404


def test_a_site_that_a_build_moves_is_followed(site: Path) -> None:
    with TestClient(serve.app(serve.Preview(lambda: "", print), site, never)) as client:
        following = site.with_name("site-2")
        following.mkdir()
        (following / "index.html").write_text("<head></head>new", encoding="utf-8")
        site.unlink()
        site.symlink_to("site-2", target_is_directory=True)
        assert client.get("/").text.endswith("new")


def test_pages_hear_of_builds_and_of_what_stands_in_their_way() -> None:
    outcomes = ["", "book/index.md, line 3: wrong\nand so is this"]
    said: list[str] = []

    async def listen() -> list[str]:
        preview = serve.Preview(lambda: outcomes.pop(0), said.append)
        events = preview.events()
        heard = [await anext(events)]
        await preview.follow(once())
        heard += [await anext(events) for _ in range(4)]
        return heard

    assert asyncio.run(listen()) == [
        "event: built\ndata: \n\n",
        "event: building\ndata: \n\n",
        "event: built\ndata: \n\n",
        "event: building\ndata: \n\n",
        "event: failed\ndata: book/index.md, line 3: wrong\ndata: and so is this\n\n",
    ]
    assert said == ["built", "changed: book/index.md", "book/index.md, line 3: wrong\nand so is this"]


def test_a_changed_page_is_built_again_and_a_broken_one_named(project: Project) -> None:
    command, environment = project.command("serve", "--port", "0")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, bufsize=1) as server:
        assert server.stdout is not None
        try:
            lines = iter(server.stdout.readline, "")
            address = next(line for line in lines if line.startswith("http")).split()[0]
            assert next(lines) == "built\n"
            index = project.path("book/index.md")
            whole = index.read_text(encoding="utf-8")
            index.write_text(f"{whole}\nA word of the preview.\n", encoding="utf-8")
            assert next(lines) == "changed: book/index.md\n"
            assert next(lines) == "built\n"
            assert b"A word of the preview." in urllib.request.urlopen(address).read()  # noqa: S310 # our own server
            index.write_text(f"{whole}\n{{fact}}`no.such`\n", encoding="utf-8")
            assert next(lines) == "changed: book/index.md\n"
            assert "no.such" in next(lines)
            assert b"A word of the preview." in urllib.request.urlopen(address).read()  # noqa: S310 # our own server
        finally:
            os.kill(server.pid, signal.SIGINT)
        assert server.wait(30) == 130


def test_a_port_that_is_taken_is_one_sentence(built_project: Project) -> None:
    with serve._listen(0) as taken:
        taken.listen()
        port = str(taken.getsockname()[1])
        done = built_project.gapbook("serve", "--port", port)
    assert done.returncode == 1
    assert f"gapbook: port {port} cannot be had" in done.stderr
    assert "--port" in done.stderr
