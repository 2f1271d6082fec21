"""The built site, served on this machine, and a headless Chromium to read it with."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from coordination_gap import paths
from tests.site.calculator_page import PAGE
from tests.site.pages import opened

MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of the site that `make book` built."""
    folder = paths.build() / "html"
    assert (folder / "index.html").is_file(), "the site is not built: run 'make book' first"
    return folder


@pytest.fixture(scope="session")
def address(html: Path) -> Iterator[str]:
    """The address under which the site is served."""
    handler = functools.partial(QuietHandler, directory=str(html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line on the terminal for each."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def chromium() -> str:
    """Return the path of the browser that ensure-chromium has seen."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), MAC)
    assert Path(found).is_file(), "no Chromium: run 'make test', which says how to get one"
    return found


@pytest.fixture(scope="module")  # no longer: while it is open, nothing else in this process may run asyncio
def browser() -> Iterator[Browser]:
    """A headless Chromium that asks nothing of the network."""
    flags = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield launched
        launched.close()


@pytest.fixture
def calculator(browser: Browser, address: str) -> Iterator[Page]:
    """The page with the calculator, in a browser that has to stay without a fault."""
    with opened(browser, address + PAGE) as (page, faults):
        yield page
        assert faults == []
