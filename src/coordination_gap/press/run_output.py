"""Where the notebook of a run and its page go: files, or an object store that papermill can write to."""

import re
from dataclasses import dataclass
from pathlib import Path

from papermill.exceptions import PapermillOptionalDependencyException
from papermill.iorw import papermill_io

from coordination_gap import paths
from coordination_gap.press import PressError
from coordination_gap.press.azure_data_lake import blob_address

#: What papermill's handlers and ours take; those of other packages come on top.
_STORES = "s3://, gs://, abfs://, abs://, adl:// and hdfs://"
_WEB = ("http://", "https://")
#: What papermill says of a package that is not there.
_OPTIONAL = re.compile(r"The (\S+) optional dependency is missing.*pip install (\S+)", re.DOTALL)


@dataclass(frozen=True)
class Places:
    """Where a run is written.

    Attributes
    ----------
    local
        The notebook's file.
    address
        Where notebook and page are sent then; None for nowhere.
    """

    local: Path
    address: str | None = None


def checked(output: str | None, default: Path) -> Places:
    """Return where a run goes, before anything has run.

    Raises
    ------
    PressError
        If `output` is no notebook's name, or an address that nothing can write to.
    """
    if output is None:
        return Places(default)
    if not output.endswith(".ipynb"):
        raise PressError(f"--output {output}: it names no notebook; let it end in .ipynb")
    if "://" not in output:
        return Places(Path(output))
    if output.startswith(_WEB) or papermill_io.get_handler(output) is papermill_io.get_handler("local"):
        raise PressError(f"--output {output}: nothing here can write to it; give a path, or one of {_STORES}")
    if output.startswith(("abfs:", "abfss:")):
        try:
            blob_address(output)
        except ValueError as error:
            raise PressError(f"--output {error}") from None
    return Places(default, output)


def write(places: Places, notebook: str, page: str) -> tuple[str, str]:
    """Write a run's notebook and its page beside it, each whole or not at all.

    Returns
    -------
    tuple of str
        Where notebook and page are.

    Raises
    ------
    PressError
        If an address cannot be written to; the files are there then.
    """
    places.local.parent.mkdir(parents=True, exist_ok=True)
    local_page = places.local.with_suffix(".html")
    for path, text in ((places.local, notebook), (local_page, page)):
        part = path.with_name(f".{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    if places.address is None:
        return shown(places.local), shown(local_page)
    address_of_page = f"{places.address.removesuffix('.ipynb')}.html"
    for address, text in ((places.address, notebook), (address_of_page, page)):
        try:
            papermill_io.get_handler(address).write(text, address)
        except PapermillOptionalDependencyException as error:
            raise PressError(f"--output {address}: {_missing(str(error))}; {_kept(places)}") from None
        except Exception as error:  # each store has errors of its own
            said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise PressError(f"--output {address}: it could not be written ({said}); {_kept(places)}") from None
    return places.address, address_of_page


def shown(path: Path) -> str:
    """Return a path as the project's reader knows it."""
    whole = path.resolve()
    return str(whole.relative_to(paths.root())) if whole.is_relative_to(paths.root()) else str(path)


def _kept(places: Places) -> str:
    return f"the run is in {shown(places.local)}"


def _missing(said: str) -> str:
    found = _OPTIONAL.search(said)
    return f"it needs the package {found[1]}; install it with pip install '{found[2]}'" if found else said
