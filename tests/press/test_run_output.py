"""Where a run goes: files, and what papermill's handlers write to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from papermill.iorw import papermill_io

from coordination_gap.press import PressError, run_output


class Store:
    """A store that keeps what is written, or refuses it."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.refuses = ""

    def write(self, text: str, address: str) -> None:
        if self.refuses:
            raise PermissionError(self.refuses)
        self.kept[address] = text


@pytest.fixture
def store() -> Iterator[Store]:
    kept = Store()
    before = list(papermill_io._handlers)
    papermill_io.register("kept://", kept)
    yield kept
    papermill_io._handlers[:] = before


@pytest.fixture
def default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAPBOOK_ROOT", str(tmp_path))
    return tmp_path / "_build" / "rerun" / "n.ipynb"


def test_a_run_is_written_with_its_page_beside_it(default: Path, tmp_path: Path) -> None:
    assert run_output.write(run_output.checked(None, default), "notebook", "page") == (
        "_build/rerun/n.ipynb", "_build/rerun/n.html",
    )  # fmt: skip
    assert (default.read_text(), default.with_suffix(".html").read_text()) == ("notebook", "page")
    own = tmp_path / "new" / "folder" / "own.ipynb"
    assert run_output.write(run_output.checked(str(own), default), "other", "its page")[1] == "new/folder/own.html"
    assert (own.read_text(), default.read_text()) == ("other", "notebook")
    assert sorted(path.name for path in own.parent.iterdir()) == ["own.html", "own.ipynb"]


def test_a_store_gets_both_through_the_handler_of_its_scheme(default: Path, store: Store) -> None:
    places = run_output.checked("kept://bucket/own.ipynb", default)
    assert run_output.write(places, "notebook", "page") == ("kept://bucket/own.ipynb", "kept://bucket/own.html")
    assert store.kept == {"kept://bucket/own.ipynb": "notebook", "kept://bucket/own.html": "page"}


def test_an_address_of_azure_data_lake_goes_to_the_handler_of_blobs(
    default: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    papermill_io.register("abs://", store)
    address = "abfs://runs@account.dfs.core.windows.net/folder/own.ipynb"
    run_output.write(run_output.checked(address, default), "notebook", "page")
    blobs = "abs://account.blob.core.windows.net/runs/folder/own"
    assert store.kept == {f"{blobs}.ipynb": "notebook", f"{blobs}.html": "page"}
    with pytest.raises(PressError, match=r"abfss://own\.ipynb is not written abfs://CONTAINER@ACCOUNT"):
        run_output.checked("abfss://own.ipynb", default)


def test_what_a_store_refuses_is_one_sentence_and_the_run_is_kept(default: Path, store: Store) -> None:
    store.refuses = "not\nallowed"
    with pytest.raises(PressError) as refused:
        run_output.write(run_output.checked("kept://bucket/own.ipynb", default), "notebook", "page")
    assert str(refused.value) == (
        "--output kept://bucket/own.ipynb: it could not be written (PermissionError: not allowed); "
        "the run is in _build/rerun/n.ipynb"
    )
    assert default.read_text() == "notebook"


@pytest.mark.parametrize(
    ("scheme", "package", "words"),
    [("s3", "boto3", "s3"), ("gs", "gcsfs", "gcs"), ("abs", "azure.storage.blob", "azure")],
)
def test_a_package_that_is_missing_is_named(
    default: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, package: str, words: str
) -> None:
    from papermill import iorw
    from papermill.exceptions import missing_dependency_generator

    name = {"s3": "S3", "gs": "GCSFileSystem", "abs": "AzureBlobStore"}[scheme]
    monkeypatch.setattr(iorw, name, missing_dependency_generator(package, words))
    places = run_output.checked(f"{scheme}://bucket/own.ipynb", default)
    with pytest.raises(PressError) as refused:
        run_output.write(places, "notebook", "page")
    assert str(refused.value) == (
        f"--output {scheme}://bucket/own.ipynb: it needs the package {package}; install it with "
        f"pip install 'papermill[{words}]'; the run is in _build/rerun/n.ipynb"
    )
    assert default.read_text() == "notebook"
