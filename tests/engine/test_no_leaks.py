"""Nothing that a run does is there for the next one: each of these tries."""

import os
import signal
import subprocess
from typing import Any

import pytest

from coordination_gap.engine.worker import Worker
from tests.engine.conftest import Run, errors, text

#: What is done in one run, what shows it there, and what the next run must show instead.
ATTEMPTS = {
    "a global": ("left_behind = 1", "print('left_behind' in globals())"),
    "a name shadowed": ("print_kept = print; len = lambda _: 7", "print(len([]) == 7)"),
    "a builtin": ("import builtins; builtins.sorted = lambda _: 7", "print(sorted([]) == 7)"),
    "rcParams": (
        "import matplotlib; matplotlib.rcParams['lines.linewidth'] = 33",
        "import matplotlib; print(matplotlib.rcParams['lines.linewidth'] == 33)",
    ),
    "an open figure": (
        "import matplotlib; matplotlib.use('agg'); import matplotlib.pyplot as plt; _ = plt.figure()",
        "import matplotlib.pyplot as plt; print(bool(plt.get_fignums()))",
    ),
    "the backend": (
        "import matplotlib; matplotlib.use('svg')",
        "import matplotlib; print(matplotlib.get_backend(auto_select=False) == 'svg')",
    ),
    "the state of numpy's random numbers": (
        "import numpy as np; np.random.seed(1)",
        "import numpy as np; print(np.random.get_state()[1][0] == 1)",
    ),
    "the state of Python's random numbers": (
        "import random; random.seed(1); state = random.getstate(); open('{kept}', 'w').write(repr(state))",
        "import random, pathlib; print(repr(random.getstate()) == pathlib.Path('{kept}').read_text())",
    ),
    "an environment variable": ("import os; os.environ['LEFT'] = '1'", "import os; print('LEFT' in os.environ)"),
    "a removed environment variable": (
        "import os; del os.environ['PATH']",
        "import os; print('PATH' not in os.environ)",
    ),
    "the working folder": ("import os; os.chdir('/')", "import os; print(os.getcwd() == '/')"),
    "a patched library": (
        "import pandas; pandas.DataFrame.mean = lambda *_: 7",
        "import pandas; print(pandas.DataFrame.mean.__name__ == '<lambda>')",
    ),
    "a patched module of this package": (
        "from coordination_gap import facts; facts.UNITS['leaks'] = ('', 1.0, '')",
        "from coordination_gap import facts; print('leaks' in facts.UNITS)",
    ),
    "tables noted as read": (
        "from coordination_gap import tables; tables._tables_read.add(('left', '2026-01-01'))",
        "from coordination_gap import tables; print('left' in tables.tables_read())",
    ),
    "a pandas option": (
        "import pandas; pandas.set_option('display.max_rows', 7)",
        "import pandas; print(pandas.get_option('display.max_rows') == 7)",
    ),
    "numpy's print options and errors": (
        "import numpy as np; np.set_printoptions(precision=1); _ = np.seterr(all='raise')",
        "import numpy as np; print(np.get_printoptions()['precision'] == 1 or np.geterr()['divide'] == 'raise')",
    ),
    "a module of its own": (
        "import sys, types; sys.modules['left_module'] = types.ModuleType('left_module')",
        "import sys; print('left_module' in sys.modules)",
    ),
    "the search path": ("import sys; sys.path.append('/left')", "import sys; print('/left' in sys.path)"),
    "a filter of warnings": (
        "import warnings; warnings.simplefilter('error', ResourceWarning)",
        "import warnings; print(any(f[0] == 'error' and f[2] is ResourceWarning for f in warnings.filters))",
    ),
    "a signal's handler": (
        "import signal; _ = signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "import signal; print(signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN)",
    ),
    "a formatter of the shell": (
        "get_ipython().display_formatter.formatters['text/html'].for_type(int, lambda n: 'left')",
        "print(int in get_ipython().display_formatter.formatters['text/html'].type_printers)",
    ),
    "a hook of the shell": (
        "def left_hook(*_): print('True')\nget_ipython().events.register('pre_run_cell', left_hook)",
        "print('left_hook' in str(get_ipython().events.callbacks))",
    ),
    "a mask of new files": ("import os; _ = os.umask(0o123)", "import os; print(os.umask(0) == 0o123)"),
    "a limit of resources": (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))",
        "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 99)",
    ),
    "the locale and the time zone": (
        "import os, time; os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()",
        "import time; print(time.timezone == -9 * 3600)",
    ),
    "the decimals of a context": (
        "import decimal; decimal.getcontext().prec = 3",
        "import decimal; print(decimal.getcontext().prec == 3)",
    ),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_state_does_not_leak_from_run_to_run(run: Run, attempt: str, tmp_path: Any) -> None:
    do, look = (words.replace("{kept}", str(tmp_path / "kept")) for words in ATTEMPTS[attempt])
    done, seen = run(do, look)
    assert (done.status, seen.status) == ("ok", "ok"), (done.messages, seen.messages)
    assert "True" in text(seen), "the attempt itself has to work, or nothing is proved"
    (seen_next,) = run(look)
    assert text(seen_next).strip() == "False"


def test_each_run_draws_its_own_random_numbers(run: Run) -> None:
    look = "import numpy as np, random; print(np.random.random(), random.random())"
    first, second = (text(run(look)[0]).split() for _ in range(2))
    assert not set(first) & set(second)


def test_a_process_that_a_run_leaves_behind_ends_with_it(run: Run) -> None:
    started = run("import subprocess; left = subprocess.Popen(['sleep', '600']); print(left.pid)")
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", text(started[0]).strip()], capture_output=True, text=True, check=False
    )
    assert state.stdout.strip()[:1] in ("", "Z")  # gone, or waiting for init to note it


def test_a_warm_process_that_is_killed_is_replaced(run: Run, worker: Worker) -> None:
    (done,) = run("print(1)")
    old = worker.process_id
    os.kill(old, signal.SIGKILL)
    with pytest.raises(Exception, match="Kernel died"):
        run("print(2)")
    assert worker.process_id != old
    (done,) = run("print(3)")
    assert (text(done), errors(done)) == ("3\n", [])
