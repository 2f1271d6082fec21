"""CSV files, files that cannot be read, and arguments that are refused, and in which words."""

from pathlib import Path

import pandas as pd
import pytest

from coordination_gap.reliability.traces import TraceError, check_attempts, read_csv, read_otlp, read_traces, write_csv
from tests.reliability.trace_files import CASES, HEADER, ROW, saved, sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty: give a header line"),
        (HEADER, "there is no attempt below the header"),
        (f"{HEADER.replace(',cost', '')}\nr1,find,1,good,1", "line 1: column 'cost' is missing"),
        (f"{HEADER},tokens\n{ROW},5", "line 1: column 'tokens' is unknown: keep only run, step"),
        (f"{HEADER},runoutcome\n{ROW},", "line 1: column 'runoutcome' is unknown: write 'run_outcome'"),
        (
            f"{HEADER.replace(',cost', '')}\nr1,find,1,good,1",
            "the columns are 'run', 'step', 'attempt', 'outcome', 'seconds': give the columns run, step",
        ),
        (
            f"{HEADER}\n{ROW}".replace(",", ";"),
            "the columns are 'run;step;attempt;outcome;seconds;cost': part the columns",
        ),
        (f"{HEADER}\n{ROW}".replace(",", ";"), "with commas, not with semicolons"),
        (f"{HEADER}\n{ROW}".replace(",", "\t"), "with commas, not with tabs"),
        (f"Run,Step{HEADER[8:]}\n{ROW}", "line 1: column 'run' is missing, the columns are 'Run', 'Step', 'attempt'"),
        (f"Run,Step{HEADER[8:]}\n{ROW}", ": write 'run' for 'Run'"),
        (f"run, step{HEADER[8:]}\n{ROW}", "column 'step' is missing, the columns are 'run', ' step', "),
        (f"run, step{HEADER[8:]}\n{ROW}", ": write 'step' for ' step'"),
        (f"{HEADER.replace('outcome', 'outcom')}\n{ROW}", ": write 'outcome' for 'outcom'"),
        (f"{'x' * 300}\n{ROW}", f"the columns are '{'x' * 199} …: give"),
        (f'{HEADER}\n{ROW}\nr2,"a\nb",1,good,1,', "line 3: step is 'a\\nb': give a name without line breaks and other"),
        (f"{HEADER}\n{ROW}\nr2,a\x1b[0m,1,good,1,", "line 3: step is 'a\\x1b[0m': give a name without line breaks"),
        (f"{HEADER}\n{ROW}\nr2,find,1,,1,", "line 3: outcome is '': give one of good, silent"),
        (
            f"{HEADER}\n{ROW}\nr2,find,2,good,,\nr3,find,1,good,,\nr2,find,1,loud,,",
            "line 5: run 'r2', step 'find': attempt 1 comes after attempt 2 (",
        ),
        (
            f"{HEADER}\n{ROW}\nr2,find,2,good,,\nr3,find,1,good,,\nr2,find,1,loud,,",
            "line 3): let the attempts of a step stand in the order in which they happened",
        ),
        (f"{HEADER},run\n{ROW},r1", "line 1: column 'run' is there twice"),
        (f"{HEADER}\n{ROW},", "line 2: there are 7 fields under 6 columns"),
        (f"{HEADER}\n{ROW}\nr2,find,1,good,1", "line 3: there are 5 fields under 6 columns"),
        (f'{HEADER}\n{ROW}\n\n"r2",find,1', "line 4: there are 3 fields under 6 columns"),
        (f'{HEADER}\n{ROW}\n"r2', "line 3: this is not CSV"),
        (f"{HEADER}\n{ROW}\n ,find,1,good,1,", "line 3: run is ' ': give a text that is not blank"),
        (f"{HEADER}\n{ROW}\nr2,,1,good,1,", "line 3: step is '': give a text that is not blank"),
        (f"{HEADER}\n{ROW}\nr2,find,1,Good,1,", "line 3: outcome is 'Good': give one of good, silent, loud"),
        (f"{HEADER}\n{ROW}\nr2,find,0,good,1,", "line 3: attempt is '0': give a whole number"),
        (f"{HEADER}\n{ROW}\nr2,find,1.0,good,1,", "line 3: attempt is '1.0': give a whole number"),
        (f"{HEADER}\n{ROW}\nr2,find,1,good,-1,", "line 3: seconds is '-1': give a number of seconds, 0 or more"),
        (f"{HEADER}\n{ROW}\nr2,find,1,good,nan,", "line 3: seconds is 'nan'"),
        (f"{HEADER}\n{ROW}\nr2,find,1,good,1_0,", "line 3: seconds is '1_0'"),
        (f"{HEADER}\n{ROW}\nr2,find,1,good,,free", "line 3: cost is 'free': give a number of US dollars"),
        (f'{HEADER}\n"r\n1",find,1,good,1,\n"r2",find,1,good,1,inf', "line 4: cost is 'inf'"),
        (f"{HEADER}\n{ROW}\nr1,find,1,good,1,", "line 3: run 'r1', step 'find': attempt 1 stands there twice"),
        (
            f"{HEADER}\n{ROW}\nr2,find,2,good,1,",
            "line 3: run 'r2', step 'find': attempt is 2, but there is no attempt 1",
        ),
        (
            f"{HEADER}\nr1,find,1,loud,,\nr1,find,3,good,,",
            "line 3: run 'r1', step 'find': attempt is 3, but there is no",
        ),
        (f"{HEADER}\n{ROW}\nr1,find,2,good,1,", "line 2: run 'r1', step 'find': outcome of attempt 1 is 'good', which"),
        (f"{HEADER},run_outcome\n{ROW},failed", "line 2: run_outcome is 'failed': give one of success, silent_failure"),
        (
            f"{HEADER},run_outcome\n{ROW},success\nr1,b,1,good,,,",
            "line 3: run_outcome is '', but 'success' on the first",
        ),
    ],
)
def test_csv_that_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = saved(tmp_path, text, "trace.csv")
    with pytest.raises(TraceError) as error:
        read_traces(path)
    assert words in sentence(error, path)


@pytest.mark.parametrize("name", ["trace.csv", "trace.json"])
def test_files_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(TraceError, match="the file cannot be read"):
        read_traces(path)
    for ends in (b"\n", b"\r\n"):
        # The second file has a quote, so that it is read with care, and a long text before the fault.
        for before in (b"run", b'"' + b"x" * 20_000 + b'"' + ends + b"run"):
            path.write_bytes(before + ends + b"r1,\xff\n")
            line = before.count(b"\n") + 2
            with pytest.raises(TraceError, match=f", line {line}: byte 4 of the line, 0xff, is not UTF-8: save the"):
                read_traces(path)


def test_arguments_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"the name ends in '\.txt': give a file \.csv, \.json or \.jsonl"):
        read_traces("trace.txt")
    for reader in (read_traces, read_otlp):
        with pytest.raises(TraceError, match="incomplete is 'skip': give 'refuse' or 'drop'"):
            reader(tmp_path / "trace.json", incomplete="skip")
    with pytest.raises(TraceError, match="attempts is a list: give the frame that read_traces returns"):
        check_attempts([])  # type: ignore[arg-type]
    frame = read_csv(CASES / "support.csv")
    with pytest.raises(TraceError, match="attempts: column 'cost' is missing"):
        check_attempts(frame.drop(columns="cost"))
    with pytest.raises(TraceError, match="attempts has no row"):
        check_attempts(frame.iloc[:0])
    with pytest.raises(TraceError, match="attempts, row 3: seconds is -1"):
        check_attempts(frame.assign(seconds=[1.0] * 3 + [-1.0] * 24))
    assert len(check_attempts(frame.iloc[::-1])) == 27  # with a template, the order of the rows says nothing
    with pytest.raises(TraceError, match=r"attempts, row \d+: run .* attempt 1 comes after attempt 2 \(attempts, row"):
        write_csv(frame.iloc[::-1], tmp_path / "never.csv")
    assert not (tmp_path / "never.csv").exists()
    with pytest.raises(TraceError, match="attempts, row 0: run is missing"):
        check_attempts(frame.assign(run=pd.Series([None] * 27, dtype=object)))
