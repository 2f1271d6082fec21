"""What trace files hold: bytes, and the text in them."""

from pathlib import Path

from coordination_gap.reliability.traces.frame import TraceError


def bytes_of(path: str | Path) -> bytes:
    """Return what a file holds.

    Raises
    ------
    TraceError
        If it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise TraceError(f"{path}: the file cannot be read ({error.strerror}): give the path of a trace file") from None


def text_of(data: bytes, path: str | Path) -> str:
    """Return the text of a file, without a byte order mark.

    Raises
    ------
    TraceError
        If it is not UTF-8; the message names the line.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        lines = error.object[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        raise TraceError(
            f"{path}, line {len(lines)}: byte {len(lines[-1]) + 1} of the line, 0x{error.object[error.start]:02x}, "
            "is not UTF-8: save the file as UTF-8"
        ) from None
