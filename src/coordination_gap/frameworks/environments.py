"""Environments of the frameworks, each as its locked requirements say, under ``_build/frameworks``."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from coordination_gap import paths
from coordination_gap.frameworks.subjects import Subject


class InstallError(RuntimeError):
    """An environment cannot be made; the message says which and why, in one line."""


@dataclass(frozen=True)
class Installed:
    """An environment: its interpreter, what it weighs and what is in it."""

    python: Path
    size_bytes: int
    packages: dict[str, str]


def sources() -> Path:
    """Return the folder of the flows, ``frameworks/``."""
    return paths.root() / "frameworks"


def build_folder() -> Path:
    """Return the folder of the environments, ``_build/frameworks``."""
    return paths.root() / "_build" / "frameworks"


def uv() -> list[str]:
    """Return the command that runs uv.

    Raises
    ------
    InstallError
        If uv is neither on the path nor beside this interpreter.
    """
    found = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        raise InstallError("uv is missing: run 'python -m pip install uv' or 'make frameworks', which does it")
    return [found]


def make(subject: Subject, day: str) -> Installed:
    """Install a subject's requirements as of a day, and weigh them before anything is compiled.

    Raises
    ------
    InstallError
        If the packages cannot be had.
    """
    folder = build_folder() / f"{subject.folder}-{day}"
    if folder.exists():
        shutil.rmtree(folder)
    _run([*uv(), "venv", "--quiet", "--python", f"{sys.version_info.major}.{sys.version_info.minor}", str(folder)])
    python = folder / "bin" / "python"
    site = next((folder / "lib").glob("python*")) / "site-packages"
    if subject.package:
        _install(python, sources() / subject.folder / f"requirements-{day}.txt")
    installed = Installed(python, folder_bytes(site), packages_of(site))
    if subject.package:
        _install(python, sources() / subject.folder / f"tracing-{day}.txt")
    _run([str(python), "-m", "compileall", "-q", str(site)], check=False)
    return installed


def _install(python: Path, requirements: Path) -> None:
    _run(
        [*uv(), "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "--requirement",
         str(requirements)]
    )  # fmt: skip


def packages_of(site: Path) -> dict[str, str]:
    """Return names and versions of the packages installed in a site-packages folder."""
    found = importlib.metadata.distributions(path=[str(site)])
    return {each.metadata["Name"].lower().replace("_", "-"): each.version for each in found}


def folder_bytes(folder: Path) -> int:
    """Return what the files under `folder` add up to, in bytes; links are not followed."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _run(command: list[str], check: bool = True) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if check and done.returncode:
        said = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InstallError(f"'{Path(command[0]).name} {command[1]}' failed with {done.returncode}: {said}"[:300])
