"""The prose as MyST reads it, for what looks at it without rendering it."""

import re
from collections.abc import Sequence
from pathlib import Path

from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from coordination_gap import paths
from coordination_gap.press import PressError

#: What stands after the fence of a directive.
DIRECTIVE = re.compile(r"\{(?P<name>[\w:.+-]+)\}\s*(?P<argument>.*)")
_OPTIONS = re.compile(r"(?::[\w-]+:.*(?:\n|\Z))+")


def read_page(page: Path) -> str:
    """Return a page's text.

    Raises
    ------
    PressError
        If it is not UTF-8.
    """
    try:
        return page.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PressError(f"{page.relative_to(paths.root())} is not text in UTF-8 ({error}): save it as UTF-8") from None


def parse(text: str) -> Sequence[Token]:
    """Return the tokens of a text, read with the extensions that the book uses."""
    # Sphinx takes a second to load.
    from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer

    extensions = {"colon_fence", "dollarmath", "deflist", "attrs_inline"}
    return create_md_parser(MdParserConfig(enable_extensions=extensions), SphinxRenderer).parse(text)


def content(directive: Token) -> str:
    """Return a directive's content, its options blanked so that lines keep their numbers."""
    options = _OPTIONS.match(directive.content)
    return blank(options) + directive.content[options.end() :] if options else directive.content


def blank(match: re.Match[str]) -> str:
    """Return spaces in place of what matched, its lines kept."""
    return re.sub(r"[^\n]", " ", match[0])


def is_role(token: Token, name: str) -> bool:
    """Return whether a token is a role of this name."""
    return token.type == "myst_role" and token.meta["name"] == name
