"""A copy of the data, recorded answers behind the libraries' own code, and no way to the network."""

import datetime as dt
import json
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import httpx2 as httpx
import pytest
import requests

from coordination_gap import paths
from coordination_gap.live import EdgarFilings, YahooPrices
from tests.live import recorded

CONTACT = "Jane Doe jane@example.org"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let no socket be connected and no host be looked up; return what was tried."""
    tried: list[str] = []

    def refuse(*arguments: Any, **_: Any) -> NoReturn:
        tried.append(repr(arguments))
        raise OSError("the network is closed to these tests")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's data, to be written."""
    folder = tmp_path / "project" / "data"
    shutil.copytree(paths.data(), folder, ignore=shutil.ignore_patterns(".refresh"))
    monkeypatch.setenv("GAPBOOK_ROOT", str(folder.parent))
    return folder


Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def sec(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], EdgarFilings]]:
    """Return a source whose requests, at the very end of edgartools, are answered with what is given."""
    import stamina
    from edgar import httpclient

    close_clients: Callable[[], None] = httpclient.close_clients  # it has no types

    def answered_with(answer: Any) -> EdgarFilings:
        def respond(request: httpx.Request) -> httpx.Response:
            assert request.url.path == "/api/xbrl/companyfacts/CIK0001652044.json"
            assert request.headers["user-agent"] == CONTACT
            if callable(answer):
                response: httpx.Response = answer(request)
                return response
            return httpx.Response(200, text=answer if isinstance(answer, str) else json.dumps(answer))

        close_clients()
        transport = httpx.MockTransport(respond)
        monkeypatch.setattr(type(httpclient.HTTP_MGR), "_get_transport", lambda *_, **__: transport)
        return EdgarFilings(CONTACT)

    stamina.set_active(False)  # no second attempt
    yield answered_with
    stamina.set_active(True)
    close_clients()


class _Adapter(requests.adapters.BaseAdapter):
    def __init__(self, answer: Callable[[str], tuple[int, Any]]) -> None:
        super().__init__()
        self._answer = answer

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.url, response.request = str(request.url), request
        status, body = self._answer(str(request.url))
        response.status_code = status
        response._content = (body if isinstance(body, str) else json.dumps(body)).encode()
        return response

    def close(self) -> None:
        pass


Closes = dict[str, dict[dt.date, float]]


@pytest.fixture
def yahoo() -> Callable[..., YahooPrices]:
    """Return a source whose requests, at the very end of yfinance, are answered from closes by ticker."""

    def answered_with(closes: Closes | None, answer: Callable[[str], tuple[int, Any]] | None = None) -> YahooPrices:
        def respond(url: str) -> tuple[int, Any]:
            if "/v8/finance/chart/" in url:
                return answer(url) if answer else (200, recorded.chart(url, closes or {}))
            return 200, "crumb"

        session = requests.Session()
        session.mount("https://", _Adapter(respond))
        return YahooPrices(session)

    return answered_with


@pytest.fixture
def closes() -> Closes:
    """Every close of the table, SPY's missing one, and made-up ones for the three sessions after it."""
    found: Closes = {ticker: {} for ticker in ("GOOGL", "MSFT", "AMZN", "SPY", "QQQ")}
    for row in recorded.read("event_windows"):
        for ticker, series in found.items():
            if row[ticker.lower()]:
                series[dt.date.fromisoformat(row["session"])] = float(row[ticker.lower()])
    for position, ticker in enumerate(found, start=1):
        for day in (24, 25, 26):
            found[ticker][dt.date(2026, 8, day)] = 100.0 * position + day / 100
    found["SPY"][dt.date(2026, 8, 21)] = 777.25
    return found
