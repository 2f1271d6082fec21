"""Columns of words, told apart from columns of figures: a narrow window scrolls a table rather than crush its words."""

import html
import re

#: How long the longest cell of a column is, in characters, and what the style sheet calls such a column.
_KINDS = ((80, "passage"), (40, "sentence"), (14, "phrase"))
#: Tables whose rows become blocks in a narrow window, or whose cells do not wrap, need no such room.
_TABLE = re.compile(
    r'<table class="house-table(?! rows)(?! stacked)(?! chooseable stacked)[^>]*>.*?</table>', re.DOTALL
)
_HEAD, _BODY = re.compile(r"<thead\b.*?</thead>", re.DOTALL), re.compile(r"<tbody\b.*?</tbody>", re.DOTALL)
_ROW, _CELL = re.compile(r"<tr\b.*?</tr>", re.DOTALL), re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def with_room(body: str) -> str:
    """Return the HTML of a page with a class at the head of each column of words in its tables."""
    return _TABLE.sub(lambda found: _marked(found[0]), body)


def _marked(table: str) -> str:
    rows = [_CELL.findall(row) for part in _BODY.findall(table) for row in _ROW.findall(part)]
    if not rows or len({len(row) for row in rows}) > 1:
        return table
    longest = [max(len(html.unescape(_TAG.sub("", cell))) for cell in column) for column in zip(*rows, strict=True)]
    kinds = iter([next((kind for least, kind in _KINDS if length >= least), "") for length in longest])

    def mark(_found: re.Match[str]) -> str:
        kind = next(kinds, "")
        return f'<th class="{kind}" ' if kind else "<th "

    return _HEAD.sub(lambda head: re.sub(r"<th (?!class)", mark, head[0]), table, count=1)
