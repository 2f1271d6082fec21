"""Several events together, by group: the average abnormal return and every test of it."""

from collections.abc import Mapping

import pandas as pd

from coordination_gap.market.event_study import EventStudy
from coordination_gap.market.event_tests import TESTS

#: The tests as they are called in text.
TEST_NAMES = {
    "brown_warner_1980": "Brown\N{EN DASH}Warner 1980",
    "brown_warner_1985": "Brown\N{EN DASH}Warner 1985",
    "cross_sectional": "Cross-sectional t",
    "patell": "Patell",
    "bmp": "Boehmer\N{EN DASH}Musumeci\N{EN DASH}Poulsen",
    "kolari_pynnonen": "Kolari\N{EN DASH}Pynnönen",
    "sign": "Sign",
    "generalised_sign": "Generalised sign",
    "wilcoxon": "Wilcoxon signed rank",
    "corrado_rank": "Corrado rank",
}


def event_groups(events: pd.DataFrame) -> dict[str, list[str]]:
    """Return the events by group: all, by kind, and the departures with nothing else on record.

    Parameters
    ----------
    events
        ``event_id``, ``kind`` and ``confounded``, a row an event.

    Returns
    -------
    dict
        ``all events``, ``departures``, ``departures alone`` (not confounded), ``role changes``
        and ``returns``, each with its events in the order given; a group may be empty.
    """
    kinds = {"departures": "departure", "role changes": "role change", "returns": "return"}
    of_kind = {name: events.loc[events["kind"] == kind, "event_id"].to_list() for name, kind in kinds.items()}
    alone = events.loc[(events["kind"] == "departure") & ~events["confounded"], "event_id"].to_list()
    return {
        "all events": events["event_id"].to_list(),
        "departures": of_kind["departures"],
        "departures alone": alone,
        "role changes": of_kind["role changes"],
        "returns": of_kind["returns"],
    }


def pooled_tests(studies: Mapping[str, EventStudy], groups: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return every test across events, by window and group.

    Parameters
    ----------
    studies
        A name for each event window, and the study of it.
    groups
        A name for each group, and its events.

    Returns
    -------
    pandas.DataFrame
        A row for each window, group and test: ``window``, ``group``, ``events``, ``mean``,
        ``median`` (fractions), ``positive``, ``sd`` (of the CAR across events, with n − 1),
        ``test``, ``statistic`` and ``p``. NaN where a group has fewer than two events.
    """
    rows = []
    for window, study in studies.items():
        for group, events in groups.items():
            part = study.only(events)
            tests = part.car_tests
            about = {
                "window": window,
                "group": group,
                **{name: tests[name] for name in ("events", "mean", "median", "positive")},
                "sd": part.car.std(),
            }
            rows += [about | {"test": test, "statistic": tests[test], "p": tests[f"{test}_p"]} for test in TESTS]
    return pd.DataFrame(rows).astype({"events": int, "positive": int})
