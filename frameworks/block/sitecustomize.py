"""Keep a process off the network, and write down which hosts it asked for.

Python imports this at start when its folder is on PYTHONPATH. Loopback stays open. ``BLOCK_LOG`` names the file
that takes one line a request: host, a tab, and where it was asked (name look-up or connection).
"""

import os
import socket

_LOOPBACK = ("localhost", "127.", "::1", "0.0.0.0")  # noqa: S104 - names what is let through, and binds nothing
_log = os.environ.get("BLOCK_LOG", os.devnull)
_look_up, _connect, _connect_ex = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex


def _is_loopback(host: object) -> bool:
    text = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    return text.startswith(_LOOPBACK)


def _note(host: object, how: str) -> None:
    text = host.decode() if isinstance(host, bytes) else str(host)
    with open(_log, "a", encoding="utf-8") as file:  # noqa: PTH123 - loaded before every program, so nothing is imported for it
        file.write(f"{text}\t{how}\n")


def _blocked_look_up(host, *arguments, **named):
    if _is_loopback(host):
        return _look_up(host, *arguments, **named)
    _note(host, "name look-up")
    raise socket.gaierror(socket.EAI_AGAIN, "blocked for the measurement")


def _refuse(address) -> bool:
    if isinstance(address, tuple) and not _is_loopback(address[0]):
        _note(address[0], "connection")
        return True
    return False


def _blocked_connect(self, address):
    if _refuse(address):
        raise ConnectionRefusedError("blocked for the measurement")
    return _connect(self, address)


def _blocked_connect_ex(self, address):
    if _refuse(address):
        return 111
    return _connect_ex(self, address)


socket.getaddrinfo = _blocked_look_up
socket.socket.connect = _blocked_connect
socket.socket.connect_ex = _blocked_connect_ex
