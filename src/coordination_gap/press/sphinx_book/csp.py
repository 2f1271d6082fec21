"""The Content-Security-Policy of every page, and the check that no page's content needs more than it allows."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

#: Everything comes from the book's own files; nothing inline runs or styles, and nothing is sent anywhere else.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    ]
)

_TAG = re.compile(r"""<([a-zA-Z][\w-]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>""")
_ATTRIBUTE = re.compile(r"""([^\s"'=<>/]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+))?""")
#: Blocks of data, which no browser runs.
_DATA = ("application/json", "application/ld+json")


def refused(html: str) -> list[str]:
    """Return what in a piece of HTML the policy would stop, each thing once, in the order of the page.

    Parameters
    ----------
    html
        The content of a page.
    """
    found: dict[str, None] = {}
    for match in _TAG.finditer(html):
        tag = match[1].lower()
        attributes = {name.lower(): value.strip("\"'") for name, value in _ATTRIBUTE.findall(match[2])}
        if tag == "style":
            found["a <style> element"] = None
        if tag == "script" and "src" not in attributes and attributes.get("type", "") not in _DATA:
            found["an inline <script>"] = None
        for name, value in attributes.items():
            if name == "style":
                found[f"the attribute style of <{tag}>"] = None
            elif name.startswith("on"):
                found[f"the attribute {name} of <{tag}>"] = None
            elif name in ("href", "src", "action") and value.strip().lower().startswith("javascript:"):
                found[f"a javascript: address in <{tag}>"] = None
            elif name in ("src", "srcset", "data", "poster") and re.match(r"\s*(?:https?:)?//", value):
                found[f"a file from another host in <{tag}>"] = None
    return list(found)


def register(app: Sphinx) -> None:
    """Put the policy into each page, and warn of content that it would stop."""
    app.connect("html-page-context", _check, priority=950)


def _check(app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None) -> None:
    context["content_security_policy"] = POLICY
    for what in refused(context.get("body") or ""):
        message = "the page holds %s, which its Content-Security-Policy stops: put it into a file, or use a class"
        logger.warning(message, what, location=page if page in app.env.found_docs else None)
