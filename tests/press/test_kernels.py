"""A kernel that was forked is an ordinary one, and nothing of it stays when somebody is killed."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from coordination_gap.press import PressError, kernels, notebooks, run_notebook
from coordination_gap.press.freshness import store
from coordination_gap.press.parameters import Value
from tests.conftest import NOTEBOOK, Project, make_project

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")

PARAMETERS: dict[str, Value] = {"as_of": "2026-02-01", "factor": 2.0}
#: What a process may show of how it came to be.
SURROUNDINGS = """\
import os, signal, sys
import matplotlib
[sys.path, os.getcwd(), sys.flags, os.path.basename(sys.argv[0]), os.environ["MPLBACKEND"], matplotlib.get_backend(),
 signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGCHLD), signal.getsignal(signal.SIGTERM),
 sys.stdin.read(), os.read(0, 1), os.getpgrp() == os.getpid(), __name__, sorted(matplotlib.rcParams.items())]"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = make_project(tmp_path / "project")
    monkeypatch.setenv("GAPBOOK_ROOT", str(made.root))
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # under which an ordinary kernel does not watch its descriptors
    return made


@pytest.fixture
def forked() -> Iterator[Callable[[str | None], None]]:
    """Have kernels forked by the server at an address; None for none."""

    def use(address: str | None) -> None:
        KernelProvisionerFactory.clear_instance()  # which has read the setting
        kernels.use(address)

    yield use
    use(None)


def run(project: Project, *cells: str) -> tuple[str, object]:
    """Return what the small notebook gives with cells added: as it is written, and what it is recorded to have read."""
    added = "".join(f"\n```{{code-cell}} ipython3\n{cell}\n```\n" for cell in cells)
    project.path("notebooks/01_widgets.md").write_text(NOTEBOOK + added, encoding="utf-8")
    executed = run_notebook.run("01_widgets", PARAMETERS)
    record = executed.metadata.pop(store.RECORD)
    # Matplotlib looks for its settings here when it is loaded; what lies there counts for every run anyway.
    record["presence"] = sorted({*record["presence"]} - {"notebooks", "notebooks/matplotlibrc"})
    return re.sub(r"0x[0-9a-f]+|ipykernel_\d+", "", nbformat.writes(notebooks.canonical(executed))), record


def test_a_forked_kernel_gives_and_reads_what_an_ordinary_one_does(
    project: Project, forked: Callable[[str | None], None]
) -> None:
    ordinary = run(project, SURROUNDINGS)
    with kernels.kernel_server() as address:
        forked(address)
        assert run(project, SURROUNDINGS) == ordinary


def test_no_two_kernels_draw_the_same_and_none_sees_another(
    project: Project, forked: Callable[[str | None], None]
) -> None:
    drawing = "import numpy, random\nnumpy.seen = getattr(numpy, 'seen', 0) + 1\n"
    drawing += "print(numpy.seen, numpy.random.random(), random.random())"
    with kernels.kernel_server() as address:
        forked(address)
        first, second = (re.findall(r'"(\d) (0\.\d+) (0\.\d+)', run(project, drawing)[0])[0] for _ in range(2))
    assert first[0] == second[0] == "1"
    assert first[1] != second[1]
    assert first[2] != second[2]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("1 / 0", "line 52 (cell 7): ZeroDivisionError: division by zero"),
        ("import time; time.sleep(60)", "a cell ran longer than 2 s"),
        ("import os; os.kill(os.getpid(), 9)", "its kernel died or never answered"),
        ("import os; os._exit(3)", "its kernel died or never answered"),
        ("import os; os.kill(os.getppid(), 9); import time; time.sleep(60)", "its kernel died or never answered"),
    ],
    ids=["a fault", "too long", "killed", "ended", "its guard killed"],
)
def test_what_ends_a_forked_kernel_is_said(
    project: Project,
    forked: Callable[[str | None], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    cell: str,
    said: str,
) -> None:
    kept = tmp_path / "process"
    monkeypatch.setattr(run_notebook, "CELL_SECONDS", 2 if "2 s" in said else 30)
    with kernels.kernel_server() as address:
        forked(address)
        with pytest.raises(PressError, match=re.escape(said)):
            run(project, f"import os, pathlib; pathlib.Path('{kept}').write_text(str(os.getpid()))", cell)
    kernel = int(kept.read_text())
    assert gone(kernel)


def test_a_server_that_is_gone_is_said(project: Project, forked: Callable[[str | None], None], tmp_path: Path) -> None:
    listening = tmp_path / "kernels"
    program = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])"
    subprocess.run([sys.executable, "-c", program, str(listening)], check=True)
    forked(str(listening))
    with pytest.raises(PressError, match="its kernel died or never answered"):
        run(project)


def test_the_server_ends_with_who_started_it(project: Project) -> None:
    program = """\
import sys, time
from coordination_gap.press import kernels
with kernels.kernel_server() as address:
    print(address, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        address = started.stdout.readline().strip()
        until = time.monotonic() + 60
        while not Path(address).exists() and time.monotonic() < until:
            time.sleep(0.05)
        servers = [pid for pid in processes() if address in command(pid)]
        started.send_signal(signal.SIGKILL)
    assert len(servers) == 1
    assert gone(servers[0])


def processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def gone(pid: int) -> bool:
    """Return whether a process ends within ten seconds."""
    until = time.monotonic() + 10
    while command(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not command(pid)
