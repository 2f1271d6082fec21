"""Write the workflows that n8n runs: the order flow, and small ones for the probes.

``python build_workflows.py`` writes ``workflow.json`` again; the probes' workflows are built when they are needed.
Standard library only.
"""

import json
from pathlib import Path

STEP = "n8n-nodes-base.set"


def node(name: str, kind: str, parameters: dict, column: int, version: float = 1, **more: object) -> dict:
    """Return one node."""
    return {
        "id": name.lower().replace(" ", "-"),
        "name": name,
        "type": kind,
        "typeVersion": version,
        "position": [200 * column, 0],
        "parameters": parameters,
        **more,
    }


def field(name: str, value: str) -> dict:
    """Return one assignment of a Set node."""
    return {"id": name, "name": name, "value": value, "type": "string"}


def set_node(name: str, column: int, **values: str) -> dict:
    """Return a Set node that adds fields to what it is handed."""
    fields = {"assignments": {"assignments": [field(key, value) for key, value in values.items()]}}
    return node(name, STEP, {**fields, "includeOtherFields": True, "options": {}}, column, 3.4)


def workflow(name: str, nodes: list[dict], links: dict[str, list[list[str]]]) -> dict:
    """Return a workflow; `links` names, for each node, the targets of each of its outputs."""
    connections = {
        source: {"main": [[{"node": target, "type": "main", "index": 0} for target in output] for output in outputs]}
        for source, outputs in links.items()
    }
    return {
        "id": name,
        "name": name,
        "nodes": nodes,
        "connections": connections,
        "settings": {"executionOrder": "v1"},
        "active": False,
    }


def literal(value: dict) -> str:
    """Return a dictionary as JavaScript; two closing braces in a row would end n8n's expression."""
    return json.dumps(value).replace("}}", "} }")


def start() -> dict:
    """Return the node from which the command line starts a workflow."""
    return node("Start", "n8n-nodes-base.manualTrigger", {}, 0)


def order_workflow(message: str, model: dict[str, dict[str, str]], orders: dict, shop_day: str) -> dict:
    """Return the four-step flow; the stub model and the orders stand in expressions."""
    look_up = f"={{{{ JSON.stringify(({literal(orders)})[$json.order_id] || {{}}) }}}}"
    answer = f"({literal(model)})[$json.message]"
    decide = (
        "={{ $json.intent === 'order_status' && JSON.parse($json.order).promised_on >= '"
        + shop_day
        + "' ? 'reply' : 'escalate' }}"
    )
    condition = {
        "conditions": {
            "options": {"caseSensitive": True, "leftValue": "", "typeValidation": "strict", "version": 2},
            "conditions": [
                {
                    "id": "is-reply",
                    "leftValue": "={{ $json.decision }}",
                    "rightValue": "reply",
                    "operator": {"type": "string", "operation": "equals"},
                }
            ],
            "combinator": "and",
        },
        "options": {},
    }
    nodes = [
        start(),
        set_node("message", 1, message=message),
        set_node("classify", 2, intent=f"={{{{ {answer}.intent }}}}", order_id=f"={{{{ {answer}.order_id }}}}"),
        set_node("look_up", 3, order=look_up),
        set_node("decide", 4, decision=decide),
        node("which", "n8n-nodes-base.if", condition, 5, 2.2),
        set_node("reply", 6, text="=Your {{ JSON.parse($json.order).item }} is on its way."),
        set_node("escalate", 6, text="A person will look at this and write to you."),
    ]
    links = {
        "Start": [["message"]],
        "message": [["classify"]],
        "classify": [["look_up"]],
        "look_up": [["decide"]],
        "decide": [["which"]],
        "which": [["reply"], ["escalate"]],
    }
    return workflow("order", nodes, links)


def empty_workflow(steps: int) -> dict:
    """Return a workflow of Set nodes that add one field."""
    names = [f"step_{number}" for number in range(steps)]
    nodes = [start(), *(set_node(name, number + 1, text="x") for number, name in enumerate(names))]
    links = {before: [[after]] for before, after in zip(["Start", *names], names, strict=False)}
    return workflow(f"empty{steps}", nodes, links)


def failing_workflow() -> dict:
    """Return a workflow of which the second step stops with an error."""
    error = node("second", "n8n-nodes-base.stopAndError", {"errorMessage": "made-up fault"}, 2)
    nodes = [start(), set_node("first", 1, text="x"), error, set_node("third", 3, text="y")]
    return workflow("failing", nodes, {"Start": [["first"]], "first": [["second"]], "second": [["third"]]})


def misspelt_workflow() -> dict:
    """Return a workflow whose second step reads a key that the first misspelt."""
    nodes = [start(), set_node("writes", 1, decison="reply"), set_node("reads", 2, seen="=got {{ $json.decision }}")]
    return workflow("misspelt", nodes, {"Start": [["writes"]], "writes": [["reads"]]})


if __name__ == "__main__":
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import common

    flow = order_workflow(common.MESSAGES["late"], common.STUB_MODEL, common.ORDERS, common.SHOP_DAY)
    Path(__file__).with_name("workflow.json").write_text(json.dumps(flow, indent=2) + "\n", encoding="utf-8")
