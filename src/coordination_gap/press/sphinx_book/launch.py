"""Where a chapter's notebook can be run: links beneath the chapter, and nothing that asks another host by itself.

Binder and Colab open what is on GitHub, so they are named only where the source is there.
"""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from coordination_gap.press import addresses
from coordination_gap.press.addresses import Book

_GITHUB = "github.com"
#: The branch that holds what is not released yet.
_BRANCH = "main"
#: What Colab has to have before a notebook of the book runs there.
_COLAB = """\
!git clone -q --depth 1 -b {ref} {source} book && pip install -q -r book/requirements.txt
%cd book/notebooks
import sys; sys.path.insert(0, "../src")"""


def launch_html(book: Book, version: str, name: str) -> Markup:
    """Return the ways to run a notebook, as HTML.

    Parameters
    ----------
    book
        The book, which says where its source is.
    version
        Its version.
    name
        The notebook, such as ``04_valuation``.
    """
    ways = [Markup('<a href="{}.ipynb" download>the notebook with its outputs</a>').format(name)]
    ways += [
        Markup('<a href="{}" rel="external">{}</a>').format(href, host) for host, href in _hosts(book, version, name)
    ]
    said = Markup('<p>Run it: {}, or <code>gapbook rerun {}</code> in <a href="{}">the project</a>.</p>').format(
        Markup(", ").join(ways), name, book.source
    )
    if len(ways) > 1:
        cell = _COLAB.format(ref=_reference(version), source=book.source)
        said += Markup(
            "<details><summary>Colab needs the project first</summary><p>Run this in a cell above the others:</p>"
            '<pre tabindex="0">{}</pre></details>'
        ).format(cell)
    return Markup('<aside class="launch" aria-label="Run this chapter">{}</aside>').format(said)


def _hosts(book: Book, version: str, name: str) -> Iterator[tuple[str, str]]:
    parts = urlsplit(book.source)
    if parts.netloc != _GITHUB:
        return
    repository, reference = parts.path.strip("/").removesuffix(".git"), _reference(version)
    path = f"notebooks/{name}.ipynb"
    yield "Binder", f"https://mybinder.org/v2/gh/{repository}/{reference}?urlpath={quote(f'lab/tree/{path}', safe='')}"
    yield "Colab", f"https://colab.research.google.com/github/{repository}/blob/{reference}/{path}"


def _reference(version: str) -> str:
    return f"v{version}" if addresses.is_release(version) else _BRANCH
