"""Organisations and the loss of a person: by hand, on published graphs, by brute force, and what must always hold."""

from itertools import pairwise, permutations, product

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap.organisation import (
    FAMILIES,
    Organisation,
    chain,
    chain_ways_lost,
    loss_by_backup,
    loss_by_span,
    people_graph,
    people_table,
    random_organisation,
)

STEPS = ["a", "b", "c", "d", "e"]
FIVE = chain(STEPS, ["K"])


def people(*names: str) -> frozenset[str]:
    return frozenset(names)


def test_a_chain_with_one_connector_by_hand() -> None:
    assert FIVE.connectors == ["K"]
    assert len(FIVE.ways) == 10
    connector = FIVE.without("K")
    assert connector.uncovered_hand_offs == set(pairwise(STEPS))
    assert (connector.undone_steps, connector.ways_lost, connector.delivers) == (frozenset(), 1.0, False)
    middle = FIVE.without("c, worker")
    # Of the ten pairs, only a-b and d-e do not pass through the third step.
    assert middle.undone_steps == {"c"}
    assert middle.ways_lost == pytest.approx(0.8)
    assert not middle.delivers
    assert FIVE.without("a, worker").ways_lost == pytest.approx(0.4)


def test_a_second_owner_leaves_nothing_uncovered() -> None:
    loss = chain(STEPS, ["K", "L"]).without("K")
    assert (loss.uncovered_hand_offs, loss.ways_lost, loss.delivers) == (frozenset(), 0.0, True)
    both = chain(STEPS, ["K", "L"]).without_all(["K", "L"])
    assert both.ways_lost == 1.0


def test_a_way_around() -> None:
    diamond = Organisation(
        {step: people(step.upper()) for step in "abcd"},
        {("a", "b"): people("K"), ("a", "c"): people("L"), ("b", "d"): people("K"), ("c", "d"): people("L")},
    )
    loss = diamond.without("K")
    assert loss.uncovered_hand_offs == {("a", "b"), ("b", "d")}
    assert loss.delivers
    assert loss.ways_lost == pytest.approx(2 / 5)
    assert not diamond.without("A").delivers


def test_one_step_has_no_way_to_lose() -> None:
    alone = chain(["a"], [])
    assert alone.without("a, worker").ways_lost == 0.0
    assert not alone.without("a, worker").delivers


def test_the_star_of_the_articles_stack() -> None:
    table = people_table(FIVE)
    assert table.loc["K", "betweenness"] == 1.0
    assert table.index[table["articulation_point"]].to_list() == ["K"]
    assert [table.loc["K", column] for column in ("role", "steps", "hand_offs")] == ["connector", 0, 4]
    assert table["betweenness"].drop("K").eq(0).all()


def test_handing_on_oneself_makes_a_path() -> None:
    path = Organisation(
        {step: people(step.upper()) for step in STEPS},
        {(before, after): people(before.upper()) for before, after in pairwise(STEPS)},
    )
    table = people_table(path)
    assert table.index[table["articulation_point"]].to_list() == ["B", "C", "D"]
    # On a path of n the k-th node lies between (k - 1)(n - k) of the (n - 1)(n - 2)/2 pairs.
    np.testing.assert_allclose(table["betweenness"], [0, 3 / 6, 4 / 6, 3 / 6, 0])


def test_the_library_against_published_networks() -> None:
    # Krackhardt's kite: node 7 has the highest betweenness (Krackhardt 1990, Administrative Science Quarterly 35).
    kite = nx.krackhardt_kite_graph()
    between = dict(nx.betweenness_centrality(kite, normalized=False))
    assert max(between.items(), key=lambda pair: pair[1]) == (7, pytest.approx(14))
    assert set(nx.articulation_points(kite)) == {7, 8}
    # Zachary's karate club: the instructor, node 0, is the only articulation point.
    assert set(nx.articulation_points(nx.karate_club_graph())) == {0}


@st.composite
def organisations(draw: st.DrawFn) -> Organisation:
    return random_organisation(
        np.random.default_rng(draw(st.integers(0, 10_000))),
        draw(st.sampled_from(sorted(FAMILIES))),
        draw(st.integers(2, 7)),
        draw(st.integers(1, 7)),
        draw(st.sampled_from([0.0, 0.3, 0.7, 1.0])),
    )


def ways_by_brute_force(organisation: Organisation, gone: str) -> set[tuple[str, str]]:
    """Try every order of every set of steps as a way."""
    steps = [step for step, staff in organisation.workers.items() if staff - {gone}]
    covered = {hand_off for hand_off, staff in organisation.owners.items() if staff - {gone}}
    return {
        (way[0], way[-1])
        for length in range(2, len(steps) + 1)
        for way in permutations(steps, length)
        if all(pair in covered for pair in pairwise(way))
    }


@settings(max_examples=25, deadline=None)
@given(organisation=organisations().filter(lambda each: len(each.workers) <= 6))
def test_ways_against_brute_force(organisation: Organisation) -> None:
    before = ways_by_brute_force(organisation, "nobody")
    assert organisation.ways == before
    for person in organisation.people:
        left = ways_by_brute_force(organisation, person)
        assert organisation.without(person).ways_lost == pytest.approx(1 - len(left) / len(before))


@settings(max_examples=40, deadline=None)
@given(organisation=organisations())
def test_articulation_points_against_taking_each_person_out(organisation: Organisation) -> None:
    graph = people_graph(organisation)
    whole = nx.number_connected_components(graph)
    for person, row in people_table(organisation).iterrows():
        rest = graph.copy()
        rest.remove_node(person)
        assert bool(row["articulation_point"]) == (nx.number_connected_components(rest) > whole)


@settings(max_examples=40, deadline=None)
@given(organisation=organisations(), which=st.integers(0, 100))
def test_one_more_owner_never_makes_a_loss_worse(organisation: Organisation, which: int) -> None:
    hand_offs = list(organisation.owners)
    chosen = hand_offs[which % len(hand_offs)]
    helped = Organisation(
        organisation.workers, {**organisation.owners, chosen: organisation.owners[chosen] | people("newcomer")}
    )
    for person in organisation.people:
        before, after = organisation.without(person), helped.without(person)
        assert after.uncovered_hand_offs <= before.uncovered_hand_offs
        assert after.ways_lost <= before.ways_lost
        assert after.delivers >= before.delivers


@settings(max_examples=30, deadline=None)
@given(organisation=organisations())
def test_names_change_nothing(organisation: Organisation) -> None:
    def other(name: str) -> str:
        return f"{name}, called otherwise"

    renamed = Organisation(
        {other(step): frozenset(map(other, staff)) for step, staff in organisation.workers.items()},
        {(other(a), other(b)): frozenset(map(other, staff)) for (a, b), staff in organisation.owners.items()},
    )
    left, right = people_table(organisation), people_table(renamed)
    pd.testing.assert_frame_equal(left.rename(index=other), right, check_index_type=False)


@settings(max_examples=40, deadline=None)
@given(organisation=organisations())
def test_several_losses_are_at_least_as_bad_as_each(organisation: Organisation) -> None:
    some = organisation.people[:2]
    assert organisation.without_all(some).ways_lost >= max(organisation.without(person).ways_lost for person in some)
    assert organisation.without_all([]).ways_lost == 0
    assert organisation.without_all(organisation.people).ways_lost == 1


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000), family=st.sampled_from(sorted(FAMILIES)), steps=st.integers(2, 9), some=st.integers(1, 9)
)
def test_hand_offs_are_dealt_out_evenly(seed: int, family: str, steps: int, some: int) -> None:
    drawn = random_organisation(np.random.default_rng(seed), family, steps, some)
    table = people_table(drawn)
    owned = table.loc[table["role"] == "connector", "hand_offs"]
    assert owned.sum() == len(drawn.owners)
    assert len(owned) == min(some, len(drawn.owners))
    assert owned.max() - owned.min() <= 1
    assert len(drawn.owners) >= steps - 1
    assert (table.loc[table["role"] == "specialist", "steps"] == 1).all()


def shares(found: pd.DataFrame, column: str, **where: object) -> "pd.Series[float]":
    """Return one column of the rows where other columns have the given values."""
    for name, value in where.items():
        found = found[found[name] == value]
    return found[column].astype(float)


def test_losses_over_many_draws() -> None:
    found = loss_by_span(5, draws=300, seed=3)
    assert (shares(found, "ways_lost", connectors=1, role="connector") == 1).all()
    for end in ("ways_lost", "low", "high"):
        # In a chain of five, the mean over who leaves is known: (0.4 + 0.7 + 0.8 + 0.7 + 0.4) / 5.
        np.testing.assert_allclose(shares(found, end, family="chain", role="specialist"), 0.6)
        # One connector to a hand-off: (0.4 + 0.6 + 0.6 + 0.4) / 4.
        np.testing.assert_allclose(shares(found, end, family="chain", role="connector", connectors=4), 0.5)
    # Two connectors, two hand-offs each, dealt as 12|34, 13|24 or 14|23: of the ten ways, the loss of one
    # or the other costs 7 and 7, 8 and 8, or 7 and 8.
    low, high = (shares(found, end, family="chain", role="connector", connectors=2) for end in ("low", "high"))
    assert low.item() < (0.7 + 0.8 + 0.75) / 3 < high.item()
    assert (shares(found, "delivers", family="chain") == 0).all()
    pd.testing.assert_frame_equal(found, loss_by_span(5, draws=300, seed=3))


@pytest.mark.parametrize("steps", range(2, 10))
def test_the_exact_means_of_a_chain(steps: int) -> None:
    names = [f"step {number}" for number in range(steps)]
    by_hand = people_table(chain(names, ["K"])).groupby("role")["ways_lost"].mean()
    assert chain_ways_lost(steps) == pytest.approx(by_hand.to_dict())
    found = loss_by_span(steps, draws=2, seed=0)
    each_its_own = shares(found, "ways_lost", family="chain", role="connector", connectors=steps - 1)
    np.testing.assert_allclose(each_its_own, (steps + 1) / (3 * (steps - 1)))


def test_the_exact_means_of_the_page() -> None:
    assert chain_ways_lost(6)["specialist"] == pytest.approx(5 / 9)
    found = loss_by_span(6, draws=2, seed=0)
    assert shares(found, "ways_lost", family="chain", role="connector", connectors=5).item() == pytest.approx(7 / 15)


def test_the_exact_mean_of_a_tree() -> None:
    # Each of the 2 x 3 = 6 trees of four steps is as likely as another.
    lost = []
    for givers in product("a", "ab", "abc"):
        pairs = list(zip(givers, "bcd", strict=True))
        tree = Organisation(
            {step: people(step.upper()) for step in "abcd"}, {pair: people(str(pair)) for pair in pairs}
        )
        lost.append(people_table(tree).groupby("role")["ways_lost"].mean())
    exact = pd.DataFrame(lost).mean()
    found = loss_by_span(4, draws=400, seed=5, confidence=0.999)
    for role in ("connector", "specialist"):
        low, high = (shares(found, end, family="tree", role=role, connectors=3).item() for end in ("low", "high"))
        assert low < exact[role] < high


@pytest.mark.parametrize("backup", [0.25, 0.5, 0.75])
def test_the_exact_means_of_a_chain_covered_in_part(backup: float) -> None:
    # Every way of covering the three hand-offs and four steps, each by its chance.
    exact = {"connector": 0.0, "specialist": 0.0}
    for covered in product([False, True], repeat=7):
        chance = float(np.prod([backup if second else 1 - backup for second in covered]))
        hand_offs, steps = covered[:3], covered[3:]
        kept = sum(all(hand_offs[first:last]) for first in range(4) for last in range(first + 1, 4))
        exact["connector"] += chance * (1 - kept / 6)
        cost = [0 if second else (3 + place * (3 - place)) / 6 for place, second in enumerate(steps)]
        exact["specialist"] += chance * sum(cost) / 4
    assert chain_ways_lost(4, backup) == pytest.approx(exact)
    found = loss_by_backup(4, 1, [backup], draws=300, seed=2, confidence=0.999)
    for role, value in exact.items():
        low, high = (shares(found, end, family="chain", role=role).item() for end in ("low", "high"))
        assert low < value < high


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), family=st.sampled_from(sorted(FAMILIES)), steps=st.integers(2, 7))
def test_a_lost_step_never_costs_less_than_a_hand_off_at_it(seed: int, family: str, steps: int) -> None:
    drawn = random_organisation(np.random.default_rng(seed), family, steps, connectors=steps * steps)
    for hand_off, owners in drawn.owners.items():
        alone = drawn.without_all(owners)
        for step in hand_off:
            assert drawn.without(f"{step}, worker").ways_lost >= alone.ways_lost


def test_cover_by_a_second_person() -> None:
    found = loss_by_backup(5, 1, [0.0, 0.5, 1.0], draws=200, seed=3)
    for family in FAMILIES:
        for role in ("connector", "specialist"):
            none, half, all_of_it = shares(found, "ways_lost", family=family, role=role)
            assert none > half > all_of_it == 0


def bad(workers: dict[str, frozenset[str]], owners: dict[tuple[str, str], frozenset[str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Organisation(workers, owners)


def test_what_is_no_organisation() -> None:
    bad({}, {}, "workers is empty: give at least one step")
    two = {"a": people("A"), "b": people("B")}
    bad(two, {("a", "c"): people("K")}, "owners joins 'c', which is no step: the steps are a, b")
    bad(two, {("a", "b"): people()}, r"\('a', 'b'\) has nobody: give at least one person")
    bad({"a": people()}, {}, "'a' has nobody")
    bad(two, {("a", "b"): people("K"), ("b", "a"): people("K")}, "owners runs in a circle")
    bad(two, {("a", "a"): people("K")}, "owners runs in a circle")


def test_bad_arguments_are_named() -> None:
    random = np.random.default_rng(0)
    with pytest.raises(ValueError, match="person is 'X': the people are K, a, worker"):
        FIVE.without("X")
    with pytest.raises(ValueError, match="family is 'ring': it is one of chain, tree, mesh"):
        random_organisation(random, "ring", 4, 1)
    with pytest.raises(ValueError, match="steps is 1: it must be at least 2"):
        random_organisation(random, "chain", 1, 1)
    with pytest.raises(ValueError, match="connectors is 0: it must be at least 1"):
        random_organisation(random, "chain", 3, 0)
    with pytest.raises(ValueError, match=r"backup is 1.5: it must lie between 0 and 1"):
        random_organisation(random, "chain", 3, 1, 1.5)
    with pytest.raises(ValueError, match="draws is 1: at least 2"):
        loss_by_span(4, 1, 0)
    with pytest.raises(ValueError, match="steps is 1: it must be at least 2"):
        chain_ways_lost(1)
    with pytest.raises(ValueError, match=r"backup is -0.1: it must lie between 0 and 1"):
        chain_ways_lost(3, -0.1)
    with pytest.raises(ValueError, match="confidence is 1: it must lie between"):
        loss_by_span(4, 10, 0, 1)
