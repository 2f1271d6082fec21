"""`gapbook cite`: what the built site publishes, in every format, and the nearest id for a word that means nothing."""

import json
from pathlib import Path

import pytest

from coordination_gap.press.cite import FORMATS
from tests.command import Run, runner
from tests.conftest import Project


@pytest.fixture
def cite(built_project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("GAPBOOK_ROOT", str(built_project.root))
    return runner(monkeypatch, capsys, "cite")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "The Coordination Gap contributors. (n.d.). The Coordination Gap (Version "),
        (("widgets.mean",), "(n.d.). widgets.mean: 2.00. In The Coordination Gap (Version "),
        (("figure:widgets.weights",), "(n.d.). The weight of each widget; the mean is 2.00 [Figure]. In "),
        (("widgets.weights",), "(n.d.). The weight of each widget; the mean is 2.00 [Figure]. In "),
        (("01_widgets",), "(n.d.). Widgets. In The Coordination Gap (Version "),
        (("facts", "--format", "markdown"), "(n.d.). Facts. In *The Coordination Gap* (Version "),
        (("widgets.mean", "--format", "ris"), "TI  - widgets.mean: 2.00\n"),
        (("--edition", "base"), "base edition, data as of 1 February 2026"),
    ],
)
def test_what_is_published_is_cited(cite: Run, words: tuple[str, ...], says: str) -> None:
    done = cite(*words)
    assert (done.code, done.err) == (0, "")
    assert says in done.out


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_can_be_asked_for(cite: Run, form: str) -> None:
    assert "widgets.mean" in cite("widgets.mean", "--format", form).out.replace("\\", "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("widgets.maen",), "no fact, figure or page 'widgets.maen'; did you mean 'widgets.mean'?"),
        (
            ("figure:widgets.mean",),
            "no fact, figure or page 'figure:widgets.mean'; did you mean 'figure:widgets.weights'?",
        ),
        (("figure:widgets.weight",), "did you mean 'figure:widgets.weights'?"),
        (("01_widget",), "did you mean '01_widgets'?"),
        (("../../x",), "no fact, figure or page '../../x'"),
        (("--edition", "bass"), "there is no edition 'bass'; did you mean 'base'?"),
        (("--edition", "../base"), "there is no edition '../base'"),
        (("widgets.mean", "--format", "mla"), "Invalid value for '--format'"),
    ],
)
def test_a_word_that_means_nothing_is_answered_in_a_sentence(cite: Run, words: tuple[str, ...], says: str) -> None:
    done = cite(*words)
    assert done.code != 0
    assert says in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("citation.json", None, "_build/html/citation.json is missing; run 'gapbook build'"),
        ("citation.json", "{", "_build/html/citation.json does not hold what it should; run 'gapbook build'"),
        ("citation.json", "[]", "citation.json does not hold what it should"),
        ("citation.json", '{"book": {}}', "citation.json does not hold what it should"),
        ("facts.json", None, "_build/html/facts.json is missing"),
        ("facts.json", '{"facts": 7}', "facts.json does not hold what it should"),
        ("facts/widgets.mean.json", None, "_build/html/facts/widgets.mean.json is missing"),
        ("facts/widgets.mean.json", "{}", "mean.json does not hold what it should"),
    ],
)
def test_a_site_that_cannot_be_read_is_named(
    small: Project,
    cite: Run,
    monkeypatch: pytest.MonkeyPatch,
    built_project: Project,
    name: str,
    content: str,
    says: str,
) -> None:
    for file in ("citation.json", "facts.json", "facts/widgets.mean.json"):
        path = small.path(f"_build/html/{file}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(built_project.path(f"_build/html/{file}").read_bytes())
    path = Path(small.path(f"_build/html/{name}"))
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    monkeypatch.setenv("GAPBOOK_ROOT", str(small.root))
    done = cite("widgets.mean")
    assert done.code == 1
    assert says in done.err


def test_an_edition_that_is_not_built_says_how_to(small: Project, cite: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    small.path("editions/bear.yml").write_text(
        "title: Bear\npurpose: A test.\nas_of: 2026-02-01\nparameters: {}\n", encoding="utf-8"
    )
    monkeypatch.setenv("GAPBOOK_ROOT", str(small.root))
    done = cite("--edition", "bear")
    assert done.err == (
        "gapbook: the edition bear is not built: _build/html/editions/bear/citation.json is missing; "
        "run 'gapbook build --edition bear'\n"
    )


def test_a_fact_that_is_gone_leads_to_its_page(small: Project, cite: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    site = small.path("_build/html")
    (site / "facts").mkdir(parents=True)
    (site / "citation.json").write_text('{"book": {}, "figures": {}, "chapters": {}}', encoding="utf-8")
    (site / "facts.json").write_text('{"facts": [{"id": "widgets.mean"}]}', encoding="utf-8")
    (site / "facts/widgets.gone.html").write_text("", encoding="utf-8")
    monkeypatch.setenv("GAPBOOK_ROOT", str(small.root))
    says = (
        "widgets.gone is published no longer: _build/html/facts/widgets.gone.html says when it was, and what took its"
    )
    assert says in cite("widgets.gone").err


def test_the_site_has_what_can_be_cited(built_project: Project) -> None:
    known = json.loads(built_project.path("_build/html/citation.json").read_text(encoding="utf-8"))
    assert known.keys() == {"book", "chapters", "figures"}
    assert known["chapters"].keys() == {"01_widgets", "facts"}
    assert known["figures"].keys() == {"widgets.weights"}
    figure = json.loads(built_project.path("_build/html/figures/widgets.weights.json").read_text(encoding="utf-8"))
    assert figure["citation"] == known["figures"]["widgets.weights"]
    assert figure["caption"] == "The weight of each widget; the mean is 2.00."


def test_a_figure_has_a_page_with_caption_data_and_files(built_project: Project) -> None:
    page = built_project.path("_build/html/figures/widgets.weights.html").read_text(encoding="utf-8")
    assert '<a class="fact" href="../facts/widgets.mean.html">2.00</a>' in page
    assert '<th scope="col">weight_kg</th>' in page
    assert "<td>2.5</td>" in page
    assert 'href="../notebooks/01_widgets.html#figure-widgets.weights"' in page
    for kind in ("csv", "svg", "png", "json"):
        assert f'href="widgets.weights.{kind}"' in page
    stable, variant = (
        built_project.path(f"_build/html/figures/widgets.weights{end}.svg").read_bytes() for end in ("", "-light_wide")
    )
    assert stable == variant
