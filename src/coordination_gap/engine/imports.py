"""Which modules of this package a notebook imports, so that a warm process can load them once."""

import ast
import importlib.util
from collections.abc import Iterable

_PACKAGE = "coordination_gap"


def modules(cells: Iterable[str]) -> tuple[str, ...]:
    """Return the modules of this package that the cells' own import statements name, in order.

    A cell that is not plain Python is passed over: its run finds out what it means.
    """
    found: dict[str, None] = {}
    for code in cells:
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            found |= dict.fromkeys(name for name in _named(node) if name.split(".")[0] == _PACKAGE)
    return tuple(found)


def _named(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        inside = [f"{node.module}.{alias.name}" for alias in node.names]
        return [node.module, *(name for name in inside if _is_module(name))]
    return []


def _is_module(name: str) -> bool:
    if not name.startswith(f"{_PACKAGE}."):
        return False
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False
