"""What the extension prints from, and what each page has printed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


@dataclass(frozen=True)
class Material:
    """The facts, figures and edition of one build.

    Attributes
    ----------
    facts, figures
        By id, as the press collected them.
    titles
        The title of each notebook's page, by its address.
    edition
        Its name, title, purpose, as-of day and parameters.
    difference
        What differs from another edition, as :func:`coordination_gap.press.difference.of_build.of_build` gives it.
    """

    facts: dict[str, dict[str, Any]]
    figures: dict[str, dict[str, Any]]
    titles: dict[str, str]
    edition: dict[str, Any]
    difference: dict[str, Any]


def material(app: Sphinx) -> Material:
    """Return the material of the build that `app` runs."""
    return cast(Material, app.gapbook)  # type: ignore[attr-defined] # set when the builder starts


def note_shown(env: BuildEnvironment, facts: Iterable[str] = (), figures: Iterable[str] = ()) -> None:
    """Remember that the page that is being read uses these facts and figures, given by their ids."""
    used = [("fact", name) for name in facts] + [("figure", name) for name in figures]
    shown_by_page(env).setdefault(env.docname, set()).update(used)


def shown(env: BuildEnvironment) -> set[tuple[str, str]]:
    """Return ``("fact", id)`` and ``("figure", id)`` for all that some page uses."""
    return set().union(*shown_by_page(env).values())


def register(app: Sphinx) -> None:
    """Keep what pages use with what Sphinx has read of them, also where several processes read."""
    app.connect("env-purge-doc", lambda _app, env, page: shown_by_page(env).pop(page, None))
    app.connect("env-merge-info", _merge)


def _merge(_app: Sphinx, env: BuildEnvironment, pages: Iterable[str], other: BuildEnvironment) -> None:
    shown_by_page(env).update({page: shown_by_page(other)[page] for page in pages if page in shown_by_page(other)})


def shown_by_page(env: BuildEnvironment) -> dict[str, set[tuple[str, str]]]:
    """Return ``("fact", id)`` and ``("figure", id)`` for all that each page uses, by the names of the pages."""
    if not hasattr(env, "gapbook_shown"):
        env.gapbook_shown = {}  # type: ignore[attr-defined] # pickled with the environment
    return cast("dict[str, set[tuple[str, str]]]", env.gapbook_shown)  # type: ignore[attr-defined] # see above
