"""Content inside a prompt, between marker lines that it cannot close."""

import json
import re
from collections.abc import Mapping
from typing import Any

_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e"})


def fenced(name: str, content: Mapping[str, Any]) -> str:
    """Return `content` as JSON on a line between ``<name>`` and ``</name>``.

    Angle brackets inside are escaped as JSON allows, so that no value can hold a marker.
    """
    return f"<{name}>\n{json.dumps(content, ensure_ascii=False).translate(_ESCAPES)}\n</{name}>"


def unfenced(name: str, text: str) -> dict[str, Any]:
    """Return what :func:`fenced` put between the markers of this name.

    Raises
    ------
    ValueError
        If `text` does not have exactly one such block, or it is not JSON.
    """
    found = re.findall(rf"^<{name}>\n(.*)\n</{name}>$", text, re.MULTILINE)
    if len(found) != 1:
        raise ValueError(f"the prompt has {len(found)} blocks <{name}>: it must have one")
    content: dict[str, Any] = json.loads(found[0])
    return content


def sendable(text: str) -> str:
    """Return text that can be encoded as UTF-8: half of a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
