"""The tests across events a second time: one loop a sum, one event and one day at a time, from the papers' formulas."""

import math
from itertools import combinations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def average(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def deviation(values: list[float]) -> float:
    """Return the standard deviation with n - 1."""
    centre = average(values)
    return math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1))


def seen(row: Floats) -> list[float]:
    return [float(value) for value in row if not math.isnan(value)]


def line(asset: list[float], market: list[float]) -> tuple[float, float]:
    """Return intercept and slope of the least-squares line."""
    centre = average(market)
    slope = math.fsum((x - centre) * y for x, y in zip(market, asset, strict=True)) / math.fsum(
        (x - centre) ** 2 for x in market
    )
    return average(asset) - slope * centre, slope


class Study:
    """One control for all events: returns event × day, the control by event × day, NaN where missing."""

    def __init__(self, asset: Floats, market: Floats, estimated: int, freedom: int) -> None:
        self.residuals: list[list[float]] = []
        self.abnormal: list[list[float]] = []
        self.error: list[list[float]] = []
        self.counts: list[int] = []
        for returns, control in zip(asset, market, strict=True):
            pairs = [
                (y, x)
                for y, x in zip(returns[:estimated], control[:estimated], strict=True)
                if not math.isnan(y) and not math.isnan(x)
            ]
            ys, xs = [y for y, _ in pairs], [x for _, x in pairs]
            alpha, beta = line(ys, xs)
            left = [y - alpha - beta * x for y, x in zip(returns, control, strict=True)]
            n = len(ys)
            rss = math.fsum((y - alpha - beta * x) ** 2 for y, x in pairs)
            s = math.sqrt(rss / (n - freedom))
            centre = average(xs)
            around = math.fsum((x - centre) ** 2 for x in xs)
            self.counts.append(n)
            self.residuals.append(left[:estimated])
            self.abnormal.append(left[estimated:])
            self.error.append([s * math.sqrt(1 + 1 / n + (x - centre) ** 2 / around) for x in control[estimated:]])

    def on(self, day: int) -> list[int]:
        return [event for event, row in enumerate(self.abnormal) if not math.isnan(row[day])]

    def brown_warner_1980(self, day: int) -> float:
        events = self.on(day)
        variance = math.fsum(deviation(seen(np.array(self.residuals[event]))) ** 2 for event in events)
        mean = average([self.abnormal[event][day] for event in events])
        return mean / (math.sqrt(variance) / len(events))

    def brown_warner_1985(self, day: int) -> float:
        portfolio = []
        for past in range(len(self.residuals[0])):
            values = [row[past] for row in self.residuals if not math.isnan(row[past])]
            if values:
                portfolio.append(average(values))
        return average([self.abnormal[event][day] for event in self.on(day)]) / deviation(portfolio)

    def cross_sectional(self, day: int) -> float:
        values = [self.abnormal[event][day] for event in self.on(day)]
        return average(values) / (deviation(values) / math.sqrt(len(values)))

    def standardised(self, day: int) -> list[float]:
        return [self.abnormal[event][day] / self.error[event][day] for event in self.on(day)]

    def patell(self, day: int) -> float:
        variance = math.fsum((self.counts[event] - 2) / (self.counts[event] - 4) for event in self.on(day))
        return math.fsum(self.standardised(day)) / math.sqrt(variance)

    def bmp(self, day: int) -> float:
        values = self.standardised(day)
        return average(values) * math.sqrt(len(values)) / deviation(values)

    def kolari_pynnonen(self, day: int) -> float:
        events = self.on(day)
        correlations = []
        for one, other in combinations(events, 2):
            pairs = [
                (x, y)
                for x, y in zip(self.residuals[one], self.residuals[other], strict=True)
                if not math.isnan(x) and not math.isnan(y)
            ]
            xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
            covariance = math.fsum((x - average(xs)) * (y - average(ys)) for x, y in pairs) / (len(pairs) - 1)
            correlations.append(covariance / deviation(xs) / deviation(ys))
        r = average(correlations)
        return self.bmp(day) * math.sqrt((1 - r) / (1 + (len(events) - 1) * r))

    def sign(self, day: int) -> float:
        events = self.on(day)
        share = sum(self.abnormal[event][day] > 0 for event in events) / len(events)
        return (share - 0.5) * math.sqrt(len(events)) / 0.5

    def generalised_sign(self, day: int) -> float:
        events = self.on(day)
        p = average([sum(r > 0 for r in self.residuals[e]) / len(seen(np.array(self.residuals[e]))) for e in events])
        positive = sum(self.abnormal[event][day] > 0 for event in events)
        return (positive - len(events) * p) / math.sqrt(len(events) * p * (1 - p))

    def wilcoxon(self, day: int) -> float:
        values = [self.abnormal[event][day] for event in self.on(day)]
        return float(sum(sum(abs(other) <= value for other in values) for value in values if value > 0))

    def corrado_rank(self, day: int) -> float:
        days = len(self.residuals[0]) + len(self.abnormal[0])
        centred: list[list[float]] = [[] for _ in range(days)]
        lengths = []
        for before, after in zip(self.residuals, self.abnormal, strict=True):
            values = [*before, *after]
            known = [value for value in values if not math.isnan(value)]
            lengths.append(len(known))
            for place, value in enumerate(values):
                if not math.isnan(value):
                    rank = sum(other <= value for other in known)
                    centred[place].append(rank - (len(known) + 1) / 2)
        means = [average(values) if values else 0.0 for values in centred]
        spread = math.sqrt(math.fsum(mean**2 for mean in means) / average([float(length) for length in lengths]))
        return means[len(self.residuals[0]) + day] / spread
