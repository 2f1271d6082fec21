"""A tool server for the probes of the Model Context Protocol: three tools that do next to nothing."""

try:
    from mcp.server.mcpserver import MCPServer as Server
except ImportError:
    from mcp.server.fastmcp import FastMCP as Server

import common

server = Server("probe")
failing = {name: common.FailsOnce(common.error_of(name)) for name in ("exception", "ValueError", "time-out")}


@server.tool()
def nothing() -> str:
    """Return a word."""
    return "x"


@server.tool()
def fails_once(error: str) -> str:
    """Raise an error the first time and work from then on."""
    return failing[error]()


@server.tool()
def calls_of(error: str) -> int:
    """Return how often the failing tool was called."""
    return failing[error].calls


@server.tool()
def look_up(order_id: str) -> dict[str, str]:
    """Return an order."""
    return common.look_up(order_id)


if __name__ == "__main__":
    server.run(transport="stdio")
