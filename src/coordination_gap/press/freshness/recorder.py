"""Write down what a run reads, from inside its kernel.

The press loads this module into the kernel as an IPython extension. After each cell it
writes into the file that ``GAPBOOK_RECORD`` names which tables, facts of others, modules
of the package, files, folders and environment variables have been read so far. It
records names only; what they hold is hashed by the press.
"""

import functools
import importlib.metadata
import json
import os
import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import FrameType
from typing import Any

from coordination_gap import paths
from coordination_gap.press.freshness.places import PACKAGE, Places, places, system

#: Names the file that the record is written into.
RECORD = "GAPBOOK_RECORD"

#: Where Python looks for modules and for installed packages.
_IMPORT_SYSTEM = {"<frozen importlib._bootstrap_external>", importlib.metadata.__file__}
#: Modules are recorded by their names, and not as the files that the import system opens.
_CODE = (".py", ".pyc", *EXTENSION_SUFFIXES)
_STARTS_A_PROCESS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"}
_HERE = {"localhost", "127.0.0.1", "::1"}


class _Recorder(MetaPathFinder):
    """Everything that a process has asked for, as far as Python tells."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.modules: set[str] = set()
        self.files: set[str] = set()
        self.folders: set[str] = set()
        self.presence: set[str] = set()
        self.variables: set[str] = set()
        self.unseen: set[str] = set()
        self._made: set[str] = set()

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Find nothing, but remember the module: one that is missing may be there another time."""
        if fullname.partition(".")[0] == PACKAGE:
            self.modules.add(fullname)

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take in an event of Python's audit."""
        if event == "open":
            path, _, flags = arguments
            # What is opened by its number is compiled code that is being written, or has been heard of already.
            if not isinstance(path, int) and not (_by_import() and os.fsdecode(path).endswith(_CODE)):
                self._opened(path, flags)
        elif event in ("os.listdir", "os.scandir"):
            if not _by_import():
                self._keep(self.folders, "." if arguments[0] is None else arguments[0])
        elif event == "os.mkdir":
            self._made.add(_absolute(arguments[0]))
        elif event == "sqlite3.connect":
            self._opened(str(arguments[0]).removeprefix("file:").partition("?")[0], os.O_RDWR)
        elif event in _STARTS_A_PROCESS:
            self._started(arguments)
        elif event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] not in _HERE:
            self.unseen.add(f"it asked the host {arguments[1][0]}")

    def _opened(self, path: object, flags: int) -> None:
        if not isinstance(path, str | bytes | os.PathLike) or path == ":memory:":
            return
        name = _absolute(path)
        if flags & os.O_ACCMODE != os.O_RDONLY and flags & (os.O_CREAT | os.O_TRUNC) and self.places.label(name):
            self.unseen.add(f"it wrote {self.places.label(name)}")
        if flags & (os.O_EXCL | os.O_TRUNC):  # what the run makes itself is no input
            self._made.add(name)
        elif flags & os.O_ACCMODE != os.O_WRONLY:
            self._keep(self.files, name)

    def _started(self, arguments: tuple[Any, ...]) -> None:
        command = [os.fsdecode(part) for part in arguments[1]] if isinstance(arguments[1], list | tuple) else []
        module = command[command.index("-m") + 1] if "-m" in command[:-1] else ""
        # The package's own servers run modules that the kernel has imported itself.
        if not (command and command[0] == sys.executable and module in sys.modules and module.startswith(PACKAGE)):
            self.unseen.add(f"it started {arguments[0] if len(arguments) > 1 else arguments!r}")

    def _keep(self, found: set[str], path: object) -> None:
        if paths.is_accounted_for() or not isinstance(path, str | bytes | os.PathLike):
            return
        name = _absolute(path)
        if self._made and not self._made.isdisjoint((name, *map(str, Path(name).parents))):
            return
        label = self.places.label(name)
        if label is not None:
            found.add(label)
        elif found is not self.presence and self.places.is_foreign(name):
            self.unseen.add(f"it read {name}, which is outside the project")

    def asked_whether_there(self, path: object) -> None:
        """Remember a file whose presence was asked for."""
        if isinstance(path, str | bytes | os.PathLike):
            self._keep(self.presence, path)

    def record(self) -> dict[str, Any]:
        """Return what has been read so far, ready for JSON."""
        # Not imported here: that would make them inputs of a run that does without.
        tables, other_facts = (sys.modules.get(f"{PACKAGE}.{name}") for name in ("tables", "other_facts"))
        for path in paths.noted():
            self._keep(self.files, path)
        loaded = {name for name in list(sys.modules) if name.partition(".")[0] == PACKAGE}
        return {
            "tables": tables.tables_read() if tables else {},
            "facts": sorted(other_facts.facts_read() if other_facts else ()),
            "modules": sorted(self.modules | loaded),
            "files": sorted(self.files),
            "folders": sorted(self.folders),
            "presence": sorted(self.presence),
            "variables": sorted(self.variables),
            "derived": paths.derived_values(),
            "unseen": sorted(self.unseen),
            "system": system(),
            "package": str(self.places.package),
        }


def _absolute(path: str | bytes | os.PathLike[Any]) -> str:
    return os.path.abspath(os.fsdecode(path))  # noqa: PTH100 # links stay as they are


def _by_import() -> bool:
    """Return whether what the hook hears of was done by Python's import system."""
    hook = sys._getframe().f_back
    caller = hook.f_back if hook else None
    return caller is not None and caller.f_code.co_filename in _IMPORT_SYSTEM


def _watch_presence(recorder: _Recorder) -> None:
    """Let :func:`os.stat`, of which Python's audit says nothing, tell which files were asked for."""
    plain = os.stat

    @functools.wraps(plain)
    def stat(path: Any, *arguments: Any, **options: Any) -> os.stat_result:
        recorder.asked_whether_there(path)
        return plain(path, *arguments, **options)

    for able in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks):
        if plain in able:
            able.add(stat)
    os.stat = stat


def _watch_variables(recorder: _Recorder, is_own: Callable[[str], bool]) -> None:
    """Let ``os.environ`` tell which variables the package's code and the cells asked for."""
    plain = type(os.environ)
    mappings = {os.getenv.__code__.co_filename, plain.get.__code__.co_filename}

    class Watched(plain):  # type: ignore[misc,valid-type] # the class of the one environment there is
        def __getitem__(self, key: Any) -> Any:
            frame: FrameType | None = sys._getframe(1)
            while frame is not None and frame.f_code.co_filename in mappings:
                frame = frame.f_back
            if frame is not None and is_own(frame.f_code.co_filename) and not str(key).startswith("GAPBOOK_"):
                recorder.variables.add(str(key))
            return super().__getitem__(key)

    os.environ.__class__ = Watched


def load_ipython_extension(shell: Any) -> None:
    """Begin to record; called by IPython when the kernel starts."""
    recorder = _Recorder(places())
    package = str(recorder.places.package)
    target = Path(os.environ[RECORD])

    def is_own(file: str) -> bool:
        if file.startswith(package):
            return not file.startswith(f"{package}{os.sep}press")
        return f"ipykernel_{os.getpid()}" in file

    sys.meta_path.insert(0, recorder)
    _watch_presence(recorder)
    _watch_variables(recorder, is_own)
    sys.addaudithook(recorder.heard)

    def write(*_: object) -> None:
        beside = target.with_suffix(".part")
        beside.write_text(json.dumps(recorder.record()), encoding="utf-8")
        beside.replace(target)

    shell.events.register("post_run_cell", write)
