"""The search for the limit finds it though probes mislead it, says how sure it is, and does not drive systems far."""

from __future__ import annotations

import math

import numpy as np
import pytest

from verification.capacity.search import Limit, Probe, finished, limit, next_load


def _search(true: float, *, noise: float, seed: int, budget: int = 14, within: float = 0.2) -> list[Probe]:
    """Search with probes whose own limit scatters around the true one by the factor `noise` (one sigma)."""
    rng = np.random.default_rng(seed)
    probes: list[Probe] = []
    while not finished(probes, within=within, budget=budget):
        load = next_load(probes)
        here = true * math.exp(rng.normal(0, math.log(noise)))
        probes.append(Probe(load=load, answer="KEPT" if load < here else "BROKEN"))
    return probes


@pytest.mark.parametrize("true", [0.2, 1.0, 7.3, 300.0])
def test_without_noise_the_limit_is_found_within_five_percent_and_lies_in_its_interval(true: float) -> None:
    """Doubling from the scenario's own volume and then halving what is uncertain takes few probes."""
    probes = _search(true, noise=1.0 + 1e-9, seed=1, budget=20)
    found = limit(probes)
    assert abs(found.load / true - 1) < 0.05
    assert found.low <= true <= found.high
    assert len(probes) <= 16


@pytest.mark.parametrize("noise", [1.05, 1.08])
def test_two_searches_agree_within_ten_percent_though_probes_scatter_by_five_or_eight(noise: float) -> None:
    """As `tinhmau capacity` searches by default; with an interval of 0.2 only three pairs in four would at eight."""
    found = [limit(_search(7.3, noise=noise, seed=seed, budget=24, within=0.12)).load for seed in range(80)]
    pairs = [max(a, b) / min(a, b) for a, b in zip(found[::2], found[1::2], strict=True)]
    assert np.mean([pair <= 1.1 for pair in pairs]) >= 0.9


def test_the_interval_holds_the_limit_as_often_as_it_says_or_nearly() -> None:
    """Nine in ten are promised; eight in ten over forty searches is within chance of that."""
    limits = [limit(_search(7.3, noise=1.04, seed=seed)) for seed in range(40)]
    assert np.mean([one.low <= 7.3 <= one.high for one in limits]) >= 0.8


def test_no_probe_asks_for_more_than_about_twice_the_limit() -> None:
    """An overloaded system takes long to settle, and what it does far beyond its limit says nothing about the limit."""
    highest = {
        (true, seed): max(probe.load for probe in _search(true, noise=1.05, seed=seed)) / true
        for true in (5.0, 31.0, 33.0)
        for seed in range(20)
    }
    assert {which: times for which, times in highest.items() if times > 2.3} == {}


def test_a_probe_that_could_not_be_relied_upon_teaches_nothing_and_two_of_them_end_the_search() -> None:
    """UNKNOWN is no answer in either direction; a generator that cannot keep up will not do so the next time."""
    told = [Probe(load=1.0, answer="KEPT"), Probe(load=2.0, answer="UNKNOWN")]
    assert next_load(told) == 2.0
    assert finished(told, within=0.2, budget=9) is None
    again = Probe(load=2.0, answer="UNKNOWN")
    assert finished([*told, again], within=0.2, budget=9) is None
    assert finished([*told, again, again], within=0.2, budget=9) == "unknown"


def test_a_system_that_fails_under_next_to_nothing_ends_the_search_as_too_low() -> None:
    """Otherwise the search would halve for ever."""
    probes: list[Probe] = []
    while not (why := finished(probes, within=0.2, budget=30)):
        probes.append(Probe(load=next_load(probes), answer="BROKEN"))
    assert why == "too low"


@pytest.mark.parametrize("slow", [1.0, 1.1, 1.3])
def test_a_search_in_a_slow_hour_finds_the_limit_that_one_in_a_quick_hour_finds(slow: float) -> None:
    """A probe counts for the load that would have been as hard at full pace; without that they would be 30 % apart."""
    probes: list[Probe] = []
    while not finished(probes, within=0.2, budget=20):
        load = next_load(probes)
        probes.append(Probe(load=load, answer="KEPT" if load * slow < 31.0 else "BROKEN", slow=slow))

    assert abs(limit(probes).load / 31.0 - 1) < 0.05
    assert abs(probes[-1].load * slow / 31.0 - 1) < 0.1, "tried where the limit is in this hour"


def test_a_pace_that_changes_in_the_middle_of_a_search_does_not_lead_it_astray() -> None:
    """Every other probe met a machine a quarter slower."""
    probes: list[Probe] = []
    while not finished(probes, within=0.2, budget=24):
        load, slow = next_load(probes), 1.25 if len(probes) % 2 else 1.0
        probes.append(Probe(load=load, answer="KEPT" if load * slow < 31.0 else "BROKEN", slow=slow))

    assert abs(limit(probes).load / 31.0 - 1) < 0.06


def test_an_interval_is_told_relative_to_the_limit() -> None:
    """One number says when to stop, whatever the size of the province."""
    assert Limit(load=10.0, low=9.0, high=11.0).width == pytest.approx(0.2)
