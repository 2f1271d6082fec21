"""A preview of the site that builds again what changes: ``gapbook serve``.

Each build is a process of its own, since the book's own code may be what changed. A page that is
open is told over server-sent events when a build begins, ends or fails, and loads itself again
where the site is a new one. What is served differs from what is published by one script and by
the leave to listen.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from watchfiles import awatch

from coordination_gap import paths
from coordination_gap.press import WHAT_IF, PressError
from coordination_gap.press.edition import Edition
from coordination_gap.press.freshness.published import site_folder

#: What the book is made from, below the project's folder.
WATCHED = (
    "book", "notebooks", "data", "editions", "pipelines", "releases", "src", "_config.yml", "_toc.yml",
    "requirements.txt",
)  # fmt: skip
_EVENTS, _SCRIPT = "/-/events", "/-/preview.js"
_HEARTBEAT_SECONDS = 15.0


class Preview:
    """The state of the preview: what was built last, what failed, and who listens.

    Parameters
    ----------
    build
        Builds the site, and returns what stands in the way, empty if nothing does.
    say
        Is given each sentence for the terminal.
    """

    def __init__(self, build: Callable[[], str], say: Callable[[str], None]) -> None:
        self._build, self._say = build, say
        self._listeners: set[asyncio.Queue[str]] = set()
        self.last = "event: built\ndata: \n\n"

    async def rebuild(self) -> None:
        """Build once, and tell every page that listens how it went."""
        self._tell("building", "")
        fault = await asyncio.to_thread(self._build)
        self._say(fault or "built")
        self._tell("failed" if fault else "built", fault)

    async def follow(self, changes: AsyncIterator[set[str]]) -> None:
        """Build, and again after each set of changes; what changes while a build runs is built after it."""
        # Asked for before the build begins, so that the watch has begun too.
        following = asyncio.ensure_future(anext(changes))
        try:
            await self.rebuild()
            while True:
                try:
                    changed = sorted(await following)
                except StopAsyncIteration:
                    return
                following = asyncio.ensure_future(anext(changes))
                self._say(f"changed: {', '.join(changed[:3])}{' and more' if len(changed) > 3 else ''}")
                await self.rebuild()
        finally:
            following.cancel()

    async def events(self) -> AsyncIterator[str]:
        """Yield what happens as server-sent events, beginning with the last one."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield self.last
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), _HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._listeners.discard(queue)

    def _tell(self, name: str, text: str) -> None:
        lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
        self.last = f"event: {name}\n{lines}\n"
        for queue in self._listeners:
            queue.put_nowait(self.last)


def app(preview: Preview, site: Path, watch: Callable[[], AsyncIterator[set[str]]]) -> Starlette:
    """Return the server's application.

    Parameters
    ----------
    preview
        Whose state it shows.
    site
        The folder of the site; a link that a build moves is followed anew for each request.
    watch
        Yields the names of what changed, set by set.
    """

    @asynccontextmanager
    async def follow(_app: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(preview.follow(watch()))
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    async def events(_request: Request) -> Response:
        return StreamingResponse(
            preview.events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def script(_request: Request) -> Response:
        source = files("coordination_gap.press") / "templates" / "preview.js"
        return Response(source.read_text(encoding="utf-8"), media_type="text/javascript")

    async def page(request: Request) -> Response:
        path = _file(site, request.path_params["path"])
        if path is None:
            return PlainTextResponse("there is no such page", status_code=404)
        if path.suffix == ".html":
            return HTMLResponse(listening(path.read_text(encoding="utf-8")), headers={"Cache-Control": "no-store"})
        return FileResponse(path, headers={"Cache-Control": "no-store"})

    routes = [Route(_EVENTS, events), Route(_SCRIPT, script), Route("/{path:path}", page)]
    return Starlette(routes=routes, lifespan=follow)


def _file(site: Path, asked: str) -> Path | None:
    """Return the file of the site that an address asks for, None if there is none, or it is outside."""
    folder = site.resolve()
    path = (folder / asked).resolve()
    if not path.is_relative_to(folder):
        return None
    if path.is_dir():
        path /= "index.html"
    return path if path.is_file() else None


def listening(html: str) -> str:
    """Return a page that listens for builds: with the script, and leave to ask its own server for events."""
    tag = f'<script src="{_SCRIPT}" defer></script></head>'
    if "connect-src" not in html.partition("</head>")[0]:
        html = html.replace("default-src 'none'", "default-src 'none'; connect-src 'self'", 1)
    return html.replace("</head>", tag, 1)


def serve(edition: Edition, asked: Sequence[str], port: int, say: Callable[[str], None]) -> None:
    """Build an edition, serve it on this machine until stopped, and build it again whenever something changes.

    Parameters
    ----------
    edition
        The edition.
    asked
        Its name and the overrides, as they were asked for.
    port
        On which to serve, 0 for a free one.
    say
        Is given each sentence for the terminal.

    Raises
    ------
    PressError
        If the first build fails and there is no earlier site to show, or the port cannot be had.
    """
    site = paths.build() / (WHAT_IF if edition.replaced else "html")
    folder = site_folder(edition.address)
    if not (site / folder / "index.html").is_file():
        say("building the book for the first time")
        fault = _build(asked)
        if fault:
            raise PressError(fault)
    with _listen(port) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/{'' if folder == Path() else f'{folder.as_posix()}/'}"
        say(f"{address} shows the book, and builds it again when a file changes; Ctrl-C stops it")
        preview = Preview(lambda: _build(asked), say)
        config = uvicorn.Config(app(preview, site, _watch), log_level="warning", timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise PressError(f"port {port} cannot be had ({error.strerror}): name another with --port") from None
    return listener


def _build(asked: Sequence[str]) -> str:
    name, *overrides = asked
    words = [word for override in overrides for word in ("-p", override)]
    done = subprocess.run(  # noqa: S603 # our own interpreter and words that click has parsed
        [sys.executable, "-m", "coordination_gap", "build", "--edition", name, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GAPBOOK_ROOT": str(paths.root())},
    )
    if done.returncode == 0:
        return ""
    # Before its one sentence stands what ran and what was kept.
    _, _, fault = done.stderr.rpartition("gapbook: ")
    return fault.strip() or f"the build ended with status {done.returncode}"


async def _watch() -> AsyncIterator[set[str]]:
    root = paths.root()
    there = [root / name for name in WATCHED if (root / name).exists()]
    # The editor's and Python's own files are left out by watchfiles.
    async for changes in awatch(*there, debounce=400):
        yield {Path(path).relative_to(root).as_posix() for _, path in changes}
