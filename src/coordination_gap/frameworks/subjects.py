"""What is compared: the frameworks, how each is imported, what it can store and how its own traffic is turned off."""

from dataclasses import dataclass, field

#: Days as of which every environment is solved: the article's, and that of the book's base edition.
SOLVE_DAYS = ("2026-06-20", "2026-09-10")
PLAIN = "plain Python"


@dataclass(frozen=True)
class Subject:
    """One thing that is measured.

    Attributes
    ----------
    name
        What it is called in tables and on the page.
    folder
        Its folder under ``frameworks/``.
    package
        Its main package in the registry; empty for plain Python.
    statement
        The import that a program of it begins with.
    stores
        Its documented ways to keep the state of a run.
    off
        Environment variables that turn off what it sends on its own.
    """

    name: str
    folder: str
    package: str
    statement: str
    stores: tuple[str, ...] = ()
    off: dict[str, str] = field(default_factory=dict)


PYTHON_SUBJECTS = (
    Subject("LangGraph", "langgraph", "langgraph", "from langgraph.graph import StateGraph", ("SqliteSaver",)),
    Subject(
        "AutoGen",
        "autogen",
        "autogen-agentchat",
        "from autogen_agentchat.teams import GraphFlow",
        ("save_state after the run", "save_state after each message"),
    ),
    Subject(
        "CrewAI",
        "crewai",
        "crewai",
        "from crewai.flow.flow import Flow",
        ("@persist", "checkpoint"),
        {
            "CREWAI_DISABLE_TELEMETRY": "true",
            "CREWAI_TRACING_ENABLED": "false",
            "CREWAI_DISABLE_VERSION_CHECK": "true",
        },
    ),
    Subject(
        "Agent Framework",
        "agent_framework",
        "agent-framework-core",
        "from agent_framework import WorkflowBuilder",
        ("FileCheckpointStorage",),
    ),
)
PROTOCOL = Subject("MCP", "mcp", "mcp", "from mcp import ClientSession")
BASELINE = Subject(PLAIN, "plain", "", "import json")
N8N = Subject(
    "n8n",
    "n8n",
    "n8n",
    "",
    ("execution data",),
    {
        "N8N_DIAGNOSTICS_ENABLED": "false",
        "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
        "N8N_TEMPLATES_ENABLED": "false",
        "N8N_PERSONALIZATION_ENABLED": "false",
        "N8N_AI_ENABLED": "false",
    },
)
#: The order in which the page lists them.
ORDER = ("LangGraph", "AutoGen", "CrewAI", "n8n", "MCP", "Agent Framework")
#: Those that run steps; MCP is a protocol.
ORCHESTRATORS = tuple(name for name in ORDER if name != PROTOCOL.name)
