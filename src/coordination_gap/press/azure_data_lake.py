"""``abfs://`` for papermill: Azure Data Lake's addresses, read and written by papermill's handler of Azure blobs.

papermill knows Azure's blobs as ``abs://ACCOUNT.blob.core.windows.net/CONTAINER/PATH``. The same blobs
are written ``abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH`` by Hadoop, Spark and fsspec
(https://learn.microsoft.com/azure/storage/blobs/data-lake-storage-introduction-abfs-uri). The package
registers this handler with papermill, so plain papermill has it too.
"""

import re
from typing import Any

_ADDRESS = re.compile(r"abfss?://(?P<container>[^@/]+)@(?P<account>[^./]+)\.dfs\.core\.windows\.net/(?P<blob>.+)")


def blob_address(address: str) -> str:
    """Return an ``abfs://`` or ``abfss://`` address as papermill's ``abs://``.

    Raises
    ------
    ValueError
        If it names no container, account and path.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError(f"{address} is not written abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH")
    return f"abs://{found['account']}.blob.core.windows.net/{found['container']}/{found['blob']}"


class DataLakeHandler:
    """Reads and writes what ``abfs://`` addresses name."""

    def read(self, path: str) -> str:
        """Return the text that is kept at an address."""
        return str(_blobs().read(blob_address(path)))

    def listdir(self, path: str) -> list[str]:
        """Return what is kept under an address."""
        return list(_blobs().listdir(blob_address(path)))

    def write(self, buf: str, path: str) -> None:
        """Keep a text at an address."""
        _blobs().write(buf, blob_address(path))

    def pretty_path(self, path: str) -> str:
        """Return an address as messages show it."""
        return path


def _blobs() -> Any:
    # Loaded here, since papermill loads this module while it is itself being loaded.
    from papermill.iorw import papermill_io

    return papermill_io.get_handler("abs://")


#: What papermill registers for both schemes.
handler = DataLakeHandler()
