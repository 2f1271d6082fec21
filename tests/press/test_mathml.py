"""Formulas become MathML that is well formed, without a script."""

import xml.etree.ElementTree as ET
from types import SimpleNamespace
from typing import Any

import pytest
from docutils import nodes
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap.press.sphinx_book import mathml

SPACE = "{http://www.w3.org/1998/Math/MathML}"


def rendered(formula: str, block: bool = False) -> ET.Element:
    """Return what the renderer puts into the page, parsed as XML."""
    translator: Any = SimpleNamespace(body=[])
    visit: Any = mathml._visit_block if block else mathml._visit_inline
    node = (nodes.math_block if block else nodes.math)(formula, formula)
    with pytest.raises(nodes.SkipNode):
        visit(translator, node)
    root = ET.fromstring("".join(translator.body))  # noqa: S314 # made by our own renderer
    for formed in root.iter(f"{SPACE}math"):
        # What is shown, and the TeX that it was made from, which is not.
        shown, source = formed[0]
        assert (source.get("encoding"), source.text) == ("application/x-tex", formula)
        formed[:] = [shown]
    return root


def shape(element: ET.Element) -> Any:
    """Return an element's tag with its text or its children, rows of one child left out."""
    tag, children = element.tag.removeprefix(SPACE), [shape(child) for child in element]
    if not children:
        return tag, element.text
    return children[0] if tag in ("math", "mrow", "mstyle") and len(children) == 1 else (tag, children)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("p^{n}", ("msup", [("mi", "p"), ("mi", "n")])),
        ("p^n", ("msup", [("mi", "p"), ("mi", "n")])),
        ("x_i", ("msub", [("mi", "x"), ("mi", "i")])),
        (r"\frac{a}{b}", ("mfrac", [("mi", "a"), ("mi", "b")])),
        (r"\sqrt{a}", ("msqrt", [("mi", "a")])),
        (r"1-p", ("mrow", [("mn", "1"), ("mo", "\N{MINUS SIGN}"), ("mi", "p")])),
        (r"\text{end to end}", ("mtext", "end\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}end")),
    ],
)
def test_known_formulas(formula: str, expected: object) -> None:
    for block in (False, True):
        root = rendered(formula, block)
        math = root if root.tag == f"{SPACE}math" else root[0]
        assert shape(math) == expected
        assert math.tag == f"{SPACE}math"
        assert math.attrib["display"] == ("block" if block else "inline")


def test_a_block_stands_in_a_box_of_its_own() -> None:
    root = rendered("p^n", block=True)
    assert (root.tag, root.attrib["class"]) == ("div", "math-display")


@pytest.mark.parametrize(("formula", "sign"), [(r"\prod_{i=1}^{n} p_i", "∏"), (r"\sum_{i=1}^{n} x_i", "∑")])
def test_a_product_carries_its_limits(formula: str, sign: str) -> None:
    root = rendered(formula, block=True)
    signs = [element for element in root.iter() if element.text == sign]
    assert len(signs) == 1
    (holder,) = [element for element in root.iter() if signs[0] in list(element)]
    assert holder.tag in (f"{SPACE}munderover", f"{SPACE}msubsup")
    assert "".join(holder.itertext()) == f"{sign}i=1n"


@pytest.mark.parametrize("formula", ["a < b", "a<b", "a > b", r"a \& b", r"a \leq b", r"\alpha\beta", "a'"])
def test_signs_of_markup_do_no_harm(formula: str) -> None:
    assert "".join(rendered(formula).itertext())


_ATOMS = st.sampled_from(["p", "n", "1", "2", r"\alpha", r"\text{success}", "x_i"])
_FORMULAS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.builds(r"{{{}}}^{{{}}}".format, inner, inner),
        st.builds(r"\frac{{{}}}{{{}}}".format, inner, inner),
        st.builds(r"\left({} - {}\right)".format, inner, inner),
        st.builds(r"\prod_{{i=1}}^{{n}} {} < {}".format, inner, inner),
        st.builds(r"\sqrt{{{}}}".format, inner),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(formula=_FORMULAS, block=st.booleans())
def test_any_formula_is_well_formed(formula: str, block: bool) -> None:
    root = rendered(formula, block)
    assert {element.tag.startswith(SPACE) for element in root.iter() if element.tag != "div"} == {True}
    assert "\\" not in "".join(root.itertext())
