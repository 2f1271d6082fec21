"""The pages of the built site, and a page as a browser opens it, with whatever goes wrong on it noted."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Request

from coordination_gap import paths
from coordination_gap.press import notebooks

CHAPTERS = [f"notebooks/{name}.html" for name in notebooks.names()]
PROSE = ["index.html", *sorted(f"{path.stem}.html" for path in paths.book().glob("*.md") if path.stem != "index")]
ROWS = ["data/departures.html", "data/event_windows.html"]
PAGES = [*PROSE, *CHAPTERS, *ROWS, "search.html"]
#: Pages that stand for themselves, of a fact and of a figure.
ALONE = ["facts/valuation.implied_growth.html", "figures/reaction.abnormal_returns.html"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]

#: What the page itself notes, from before its first line on: what its policy stopped, and how far it moved.
_NOTES = """
window.stopped = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.stopped.push(`${event.effectiveDirective} ${event.blockedURI}`));
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    window.shifted += entry.value;
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def failed(request: Request) -> bool:
    """Return whether a request failed by itself: one cut off by going to another page has not."""
    return request.failure != "net::ERR_ABORTED"


@contextmanager
def opened(browser: Browser, url: str, width: int = 1280, scheme: str = "light") -> Iterator[tuple[Page, list[str]]]:
    """Open a page; the list gathers console errors, failed requests and requests to anywhere else."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type] # a literal
    context.add_init_script(_NOTES)
    page = context.new_page()
    faults: list[str] = []
    origin = url[: url.index("/", 8) + 1] if url.startswith("http") else "file://"
    page.on("console", lambda message: faults.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}") if failed(request) else None)
    page.on(
        "request",
        lambda request: None if request.url.startswith((origin, "data:")) else faults.append(f"outside: {request.url}"),
    )
    page.goto(url)
    page.wait_for_load_state("load")
    try:
        yield page, faults
    finally:
        context.close()
