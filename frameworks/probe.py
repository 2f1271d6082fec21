"""Run one probe of one framework in its own environment and write the result as JSON.

``python probe.py FOLDER PROBE OUT [ARGUMENT …]``: the framework's folder, the probe's name, the file to write.
Standard library only, apart from what the framework's own ``flow.py`` imports.
"""

import gc
import importlib.util
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

import common


def resident_bytes() -> int:
    """Return the memory that this process holds now, in bytes (the peak where /proc is missing)."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def load_flow(folder: Path) -> ModuleType:
    """Import ``flow.py`` of a framework's folder, whose name may be that of the package it uses."""
    spec = importlib.util.spec_from_file_location("order_flow", folder / "flow.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["order_flow"] = module
    spec.loader.exec_module(module)
    return module


def probe_import(_folder: Path, statement: str) -> dict:
    """Time an import statement and see how much memory it takes."""
    before, start, processor = resident_bytes(), time.perf_counter(), time.process_time()
    exec(statement, {})  # noqa: S102 - the statement is one of our own import lines
    return {
        "import_seconds": time.perf_counter() - start,
        "import_processor_seconds": time.process_time() - processor,
        "bytes_before": before,
        "bytes_after": resident_bytes(),
    }


def probe_run(folder: Path) -> dict:
    """Run the order flow on each message."""
    flow = load_flow(folder)
    results = {}
    with tempfile.TemporaryDirectory() as place:
        for number, (case, message) in enumerate(common.MESSAGES.items()):
            journal = common.Journal(Path(place) / f"{number}.jsonl")
            state = flow.order_flow(message, journal)
            results[case] = {"steps": journal.read(), "decision": state["decision"], "text": state["text"]}
    return {"cases": results, "bytes_after_run": resident_bytes()}


def probe_handoff(folder: Path, short: str, long: str, repeats: str) -> dict:
    """Time flows of two lengths whose steps do nothing, in turns."""
    flow = load_flow(folder)
    builders = {name: flow.empty_flow(int(name)) for name in (short, long)}
    for build in builders.values():
        for _ in range(3):
            build()()
    wall: dict[str, list[float]] = {short: [], long: []}
    processor: dict[str, list[float]] = {short: [], long: []}
    for _ in range(int(repeats)):
        for name, build in builders.items():
            run = build()
            gc.collect()
            start, processor_start = time.perf_counter(), time.process_time()
            run()
            wall[name].append(time.perf_counter() - start)
            processor[name].append(time.process_time() - processor_start)
    return {"wall": wall, "processor": processor}


def probe_failure(folder: Path, error: str) -> dict:
    """Let the second of three steps fail once; count its calls and see what the third step got."""
    flow = load_flow(folder)
    step, seen = common.FailsOnce(common.error_of(error)), []
    raised = _error_text(lambda: flow.failing_flow(step, seen))
    return {"calls": step.calls, "raised": raised, "handed_on": seen}


def probe_wrong_key(folder: Path, case: str) -> dict:
    """Let a step write a misspelt key and see what the next step is handed."""
    flow = load_flow(folder)
    handed: dict = {}
    raised = _error_text(lambda: handed.update(flow.wrong_key(case)))
    return {"raised": raised, "handed_on": {key: value for key, value in handed.items() if value not in ("", {}, None)}}


def probe_kill(folder: Path, store: str, place: str) -> dict:
    """Run the order flow once over a journal that outlives the process."""
    flow = load_flow(folder)
    journal = common.Journal(Path(place) / "journal.jsonl")
    named = None if store == "none" else store
    state = flow.order_flow(common.MESSAGES["late"], journal, named, Path(place))
    return {"steps": journal.read(), "decision": state["decision"]}


def probe_trace(folder: Path) -> dict:
    """Run the order flow with a local OpenTelemetry SDK and list the spans that it was given."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    flow = load_flow(folder)
    package = flow.instrument(provider)
    with tempfile.TemporaryDirectory() as place:
        journal = common.Journal(Path(place) / "journal.jsonl")
        flow.order_flow(common.MESSAGES["late"], journal)
    return {"spans": [span.name for span in exporter.get_finished_spans()], "package": package}


def probe_tool_calls(folder: Path, repeats: str) -> dict:
    """Time calls of a tool in one session."""
    return {"seconds": load_flow(folder).tool_calls(int(repeats)), "bytes_after_run": resident_bytes()}


def probe_failing_tool(folder: Path, error: str) -> dict:
    """Let a tool fail once; see what the caller is handed."""
    return load_flow(folder).failing_tool(error)


def probe_wrong_argument(folder: Path, case: str) -> dict:
    """Call a tool with a misspelt argument; see what the caller is handed."""
    return load_flow(folder).wrong_argument(case)


def _error_text(call) -> str:
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:300]
    return ""


PROBES = {name.removeprefix("probe_"): value for name, value in list(globals().items()) if name.startswith("probe_")}


def main() -> None:
    """Run the probe that the command line names."""
    folder, probe, out, *arguments = sys.argv[1:]
    result = PROBES[probe](Path(folder), *arguments)
    Path(out).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
