"""What a reader's browser loads and how a page scores, beside the same chapter on a default Jupyter Book page.

``python -m benchmarks.pages`` runs it, on the site that `make book` built; npm is needed, which fetches
Lighthouse into ``_build``. Both pages are served gzipped from this machine. The default page
has the chapter's words, its numbers as plain text, its code, tables and figures as Jupyter Book
shows them. Files that it asks of other hosts count as requests; where nobody answers they weigh nothing.
"""

import gzip
import http.server
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, sync_playwright

from benchmarks.reliability import about_this_machine
from coordination_gap import paths
from coordination_gap.press import wording
from tests.site.conftest import QuietHandler, chromium

CHAPTER = "05_compounding"
FOLDER = Path("_build/benchmarks")
RESULTS = FOLDER / "pages.json"
ROUNDS = 3
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
_DIRECTIVES = ("```{computed-figure}", "```{reliability-calculator}", ":::{container}", ":::{when}", "::::{when}")
_SHIFT = """
window.shifted = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.shifted += entry.value; }))
  .observe({ type: "layout-shift", buffered: true });
"""


class GzipHandler(QuietHandler):
    """Serves files as a web server does: text gzipped."""

    def do_GET(self) -> None:  # noqa: N802 # the base class's name
        """Answer with the file, packed where that helps."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in (".html", ".css", ".js", ".svg", ".json"):
            body = gzip.compress(body, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError):  # a browser that is closed takes no more
            self.wfile.write(body)


def main() -> int:
    """Build the default page, measure both, print and keep the results."""
    html = paths.build() / "html"
    if not (html / "index.html").is_file():
        print("bench: the site is not built: run 'make book' first", file=sys.stderr)
        return 1
    theirs = default_book(FOLDER / "default-book")
    lighthouse = _lighthouse()
    rows = []
    with served(html) as ours_at, served(theirs) as theirs_at:
        for name, address in {
            "this book, a chapter": f"{ours_at}/notebooks/{CHAPTER}.html",
            "this book, the landing page": f"{ours_at}/index.html",
            "Jupyter Book's defaults, the same chapter": f"{theirs_at}/{CHAPTER}.html",
        }.items():
            rows.append({"page": name, **loaded(address), **scores(lighthouse, address)})
    FOLDER.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    print(about_this_machine("sphinx", "jupyter-book", "sphinx-book-theme"), "\n")
    print(table(rows))
    return 0


def default_book(folder: Path) -> Path:
    """Build a Jupyter Book with nothing set but its title, and return the folder of its pages."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shown = nbformat.read(paths.build() / "html" / "notebooks" / f"{CHAPTER}.ipynb", as_version=4)
    facts = json.loads((paths.build() / "html" / "facts.json").read_text(encoding="utf-8"))["facts"]
    by_id = {fact["id"]: fact for fact in facts}
    for cell in shown.cells:
        if cell.cell_type == "markdown":
            cell.source = plain(cell.source, by_id)
    nbformat.write(shown, folder / f"{CHAPTER}.ipynb")
    (folder / "index.md").write_text("# A book\n\nWords.\n", encoding="utf-8")
    (folder / "_toc.yml").write_text(
        f"format: jb-book\nroot: index\nchapters:\n  - file: {CHAPTER}\n", encoding="utf-8"
    )
    (folder / "_config.yml").write_text('title: A book\nexecute: { execute_notebooks: "off" }\n', encoding="utf-8")
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(folder), "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # our own command
    pages = folder / "_build" / "html"
    if not (pages / f"{CHAPTER}.html").is_file():
        raise SystemExit(f"bench: the default book was not built: {done.stderr[-2000:]}")
    return pages


def plain(text: str, facts: dict[str, Any]) -> str:
    """Return prose as one would write it without this package: numbers and chosen words as they are shown."""

    def worded(found: re.Match[str]) -> str:
        pieces = wording.choose(found[1], facts)
        return "".join(piece if isinstance(piece, str) else str(piece["display"]) for piece in pieces)

    text = re.sub(r"\{wording\}`([^`]*)`", worded, text)
    text = re.sub(r"\{fact\}`([^`]*)`", lambda found: str(facts[found[1]]["display"]), text)
    text = re.sub(r"\{cite(?::\w)?\}`[^`]*`", "", text)
    # A directive of the package leaves its content; its closing fence goes with it.
    lines, fences = [], []
    for line in text.splitlines():
        if line.startswith(_DIRECTIVES):
            fences.append(re.match(r"[`:]+", line)[0])  # type: ignore[index] # all begin with a fence
        elif fences and line == fences[-1]:
            fences.pop()
        else:
            lines.append(line)
    return "\n".join(lines)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder, gzipped, and yield its address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(GzipHandler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def loaded(address: str) -> dict[str, float]:
    """Return the requests of a first view, those to other hosts, its kB with and without figures, and its shift."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--disable-gpu"])
        views = [_view(browser, address) for _ in range(ROUNDS)]
        browser.close()
    return {key: statistics.median(view[key] for view in views) for key in views[0]}


def _view(browser: Browser, address: str) -> dict[str, float]:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.add_init_script(_SHIFT)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address, wait_until="load")
    page.wait_for_timeout(1000)
    sizes = page.evaluate(
        """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
          .map((entry) => [entry.name, entry.encodedBodySize])"""
    )
    figures = sum(size for name, size in sizes if re.search(r"/(?:figures|_images)/", name))
    total = sum(size for _, size in sizes)
    host = address.split("/")[2]
    found = {
        "requests": float(len(asked)),
        "to other hosts": float(sum(host not in url for url in asked if url.startswith("http"))),
        "kB": (total - figures) / 1000,
        "kB of figures": figures / 1000,
        "layout shift": float(page.evaluate("window.shifted")),
    }
    page.context.close()
    return found


def _lighthouse() -> Path:
    folder = FOLDER / "lighthouse"
    program = folder / "node_modules" / ".bin" / "lighthouse"
    if not program.is_file():
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("bench: npm is not installed, and Lighthouse comes from it: install Node.js with npm")
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--silent", "--no-fund", "--no-audit", "lighthouse"]
        subprocess.run(command, cwd=folder, check=True)  # noqa: S603 # our own command
    return program.resolve()


def scores(lighthouse: Path, address: str) -> dict[str, float]:
    """Return Lighthouse's scores of a page on a phone, each the median over the rounds."""
    rounds = []
    for _ in range(ROUNDS):
        command = [
            str(lighthouse), address, "--quiet", "--output=json", f"--only-categories={','.join(CATEGORIES)}",
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        ]  # fmt: skip
        environment = {**os.environ, "CHROME_PATH": chromium()}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 # our own command
        if done.returncode:
            raise SystemExit(f"bench: Lighthouse failed on {address}: {done.stderr[-1000:]}")
        rounds.append({key: found["score"] for key, found in json.loads(done.stdout)["categories"].items()})
    return {key: statistics.median(found[key] for found in rounds) for key in CATEGORIES}


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    columns = list(rows[0])
    formats = {"page": "", "layout shift": ".3f", **dict.fromkeys(CATEGORIES, ".2f")}
    lines = [f"| {' | '.join(columns)} |", f"|---|{'---:|' * (len(columns) - 1)}"]
    lines += [f"| {' | '.join(format(row[key], formats.get(key, '.0f')) for key in columns)} |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
