"""Figures come out the same every time, in every variant, with words for who cannot see them."""

import base64
import io
import xml.etree.ElementTree as ET
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from coordination_gap import figures, media_types

DATA = pd.DataFrame({"steps": [1, 2, 3], "success_probability": [0.97, 0.9409, 0.912673]})
ALT = "Line chart: success falls from 97% to 91% over three steps."
BACKGROUNDS = {"light": "#ffffff", "dark": "#14181d"}
THEMES = [figures.LIGHT, figures.DARK]


def draw(figure: Figure, data: pd.DataFrame) -> None:
    axes = figure.subplots()
    axes.plot(data["steps"], data["success_probability"], label="success")
    axes.axhline(0.95, color=figures.muted())
    axes.set_xlabel("steps")
    axes.set_ylabel("success (probability)")


def parsed(markup: str) -> ET.Element:
    return ET.fromstring(markup)  # noqa: S314 # made by our own code, from no one else's text


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return the list to which everything displayed is added, as in a notebook."""
    bundles: list[dict[str, Any]] = []
    plt.switch_backend("agg")  # once chosen, matplotlib does not look for the notebook that is only pretended
    monkeypatch.setattr("IPython.core.getipython.get_ipython", object)
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def test_a_figure_that_cannot_be_drawn_says_why(displayed: list[dict[str, Any]]) -> None:
    figures.publish_gap("chain.shares", "the benchmark was not published yet")
    payload = displayed[0][media_types.FIGURE]
    assert payload["alt"] == "Nothing is drawn here: the benchmark was not published yet."
    assert payload["data_csv"] == "note\nthe benchmark was not published yet\n"


@pytest.mark.parametrize("theme", THEMES)
def test_the_same_data_give_the_same_bytes(theme: figures.Theme) -> None:
    first = figures.draw_svg(draw, DATA, theme, figures.SIZES["wide"])
    other = figures.draw_svg(draw, DATA.iloc[:2], theme, figures.SIZES["narrow"])
    assert figures.draw_svg(draw, DATA.copy(), theme, figures.SIZES["wide"]) == first
    assert other != first
    assert "<dc:date>" not in first


def test_a_drawing_has_no_document_type_and_no_path_without_one() -> None:
    drawn = figures.draw_svg(lambda figure, _: draw_spaced(figure), pd.DataFrame({"x": [1]}), figures.LIGHT, (3, 2))
    assert "DOCTYPE" not in drawn
    paths = [element for element in parsed(drawn).iter() if element.tag.endswith("}path")]
    assert paths
    assert all("d" in path.attrib for path in paths)


def draw_spaced(figure: Figure) -> None:
    figure.text(0.5, 0.5, "a b")


def test_every_variant_is_published_with_data_and_words(displayed: list[dict[str, Any]]) -> None:
    figures.publish("made.by_steps", draw, DATA, alt=f" {ALT}\n")
    (bundle,) = displayed
    payload = bundle[media_types.FIGURE]
    assert payload["id"] == "made.by_steps"
    assert payload["alt"] == ALT
    assert bundle["text/plain"] == f"figure made.by_steps: {ALT}"
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(payload["data_csv"])), DATA)
    assert set(payload["svg"]) == {"light_wide", "light_narrow", "dark_wide", "dark_narrow"}
    assert len(set(payload["svg"].values())) == 4
    for variant, svg in payload["svg"].items():
        theme_name, size_name = variant.split("_")
        theme = {theme.name: theme for theme in THEMES}[theme_name]
        root = parsed(svg)
        sides = [float(root.attrib[side].removesuffix("pt")) / 72 for side in ("width", "height")]
        assert sides == pytest.approx(figures.SIZES[size_name])
        assert theme.series[0] in svg
        assert theme.muted in svg
        assert theme.ink in svg
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert base64.b64encode(bundle["image/png"])


def test_publishing_twice_gives_the_same_output(displayed: list[dict[str, Any]]) -> None:
    for _ in range(2):
        figures.publish("made.by_steps", draw, DATA, alt=ALT)
    first, second = displayed
    assert first == second


def test_drawing_leaves_matplotlib_as_it_was() -> None:
    settings_before, open_before = dict(plt.rcParams), plt.get_fignums()

    def fails(_figure: Figure, _data: pd.DataFrame) -> None:
        raise RuntimeError("no drawing")

    figures.publish("made.by_steps", draw, DATA, alt=ALT)
    with pytest.raises(RuntimeError, match="no drawing"):
        figures.publish("made.by_steps", fails, DATA, alt=ALT)
    assert dict(plt.rcParams) == settings_before
    assert plt.get_fignums() == open_before


def test_the_drawing_knows_the_narrow_figure() -> None:
    seen: dict[tuple[float, float], bool] = {}

    def note(figure: Figure, _data: pd.DataFrame) -> None:
        seen[figure.get_figwidth(), figure.get_figheight()] = figures.is_narrow(figure)

    figures.publish("made.by_steps", note, DATA, alt=ALT)
    assert seen == {figures.SIZES["wide"]: False, figures.SIZES["narrow"]: True}


@pytest.mark.parametrize("alt", ["", "  \n ", "Line chart of success"])
def test_alt_text_is_required(alt: str, displayed: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match=r"figure made.by_steps has the alt text .*: say in a sentence what there is"):
        figures.publish("made.by_steps", draw, DATA, alt=alt)
    assert displayed == []


def test_nothing_to_draw_is_refused(displayed: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match=r"figure made.by_steps has no data to draw"):
        figures.publish("made.by_steps", draw, DATA.iloc[:0], alt=ALT)
    assert displayed == []


@pytest.mark.parametrize("figure_id", ["", "by_steps", "Made.by_steps", "made.by-steps", "made.by.steps", "../x.y"])
def test_a_malformed_id_is_refused(figure_id: str) -> None:
    with pytest.raises(ValueError, match=r"figure_id is .*: use <page>.<name> in lower case"):
        figures.publish(figure_id, draw, DATA, alt=ALT)


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``, as the Web Content Accessibility Guidelines define it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_contrast_formula_has_its_known_answers() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ff0000", "#ffffff") == pytest.approx(4.0, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_stands_out_from_its_background(theme: figures.Theme) -> None:
    background = BACKGROUNDS[theme.name]
    assert {colour: contrast(colour, background) >= 3 for colour in (*theme.series, theme.muted)} == dict.fromkeys(
        (*theme.series, theme.muted), True
    )
    assert contrast(theme.ink, background) >= 4.5
    assert len(set(theme.series)) == len(theme.series)


@pytest.mark.parametrize("theme", THEMES)
def test_the_style_gives_text_the_ink(theme: figures.Theme) -> None:
    style = figures.style(theme)
    for name in ("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"):
        assert style[name] == theme.ink
    assert style["axes.prop_cycle"].by_key()["color"] == list(theme.series)


def test_a_small_table_is_marked_up_for_readers_and_screen_readers(displayed: list[dict[str, Any]]) -> None:
    figures.show_table(pd.DataFrame({"step": ["one", "two"], "success": ["97%", "94%"]}), caption="Two steps")
    (bundle,) = displayed
    table = parsed(bundle["text/html"])
    assert table.attrib["aria-label"] == "Two steps"
    assert table.attrib["tabindex"] == "0"
    assert [cell.text for cell in table.iterfind(".//th[@scope='col']")] == ["step", "success"]
    assert [cell.text for cell in table.iterfind(".//th[@scope='row']")] == ["one", "two"]
    assert [cell.text for cell in table.iterfind(".//td")] == ["97%", "94%"]
    assert table.findtext(".//caption") == "Two steps"
    assert "94%" in bundle["text/plain"]


_MARKUP = st.text(st.sampled_from("<>&\"'/abc ="), max_size=20)


@settings(deadline=None)
@given(cells=st.lists(_MARKUP, min_size=4, max_size=4), columns=st.lists(_MARKUP, min_size=2, max_size=2, unique=True))
def test_a_table_shows_markup_as_text(cells: list[str], columns: list[str]) -> None:
    bundles: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
        figures.show_table(pd.DataFrame([cells[:2], cells[2:]], columns=columns), caption=cells[0])
    table = parsed(bundles[0]["text/html"])
    assert table.attrib["aria-label"] == cells[0]
    in_order = [element.text or "" for element in table.iter() if element.tag in ("caption", "th", "td")]
    assert in_order == [cells[0], *columns, *cells]
    assert {element.tag for element in table.iter()} == {
        "div", "table", "caption", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
