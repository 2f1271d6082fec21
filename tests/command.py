"""The command line, run in this process from its words to what it prints."""

import signal
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from coordination_gap import cli


class Done(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str) -> Run:
    """Return a function that runs `gapbook <command>` with further words."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # main() listens to signals, this process must not

    def run(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["gapbook", command, *words])
        code = 0
        try:
            cli.main()
        except SystemExit as left:
            code = int(left.code or 0)
        return Done(code, *capsys.readouterr())

    return run
