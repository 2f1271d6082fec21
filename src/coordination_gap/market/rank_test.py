r"""The rank test of Corrado (1989): where an event's session stands among all its days."""

import numpy as np
from scipy import stats

from coordination_gap.market.cross_section import Floats, enough, mean, normal_p


def corrado_rank(abnormal: Floats, residuals: Floats, *, cumulative: bool = False) -> tuple[Floats, Floats]:
    r"""Return the rank test of Corrado (1989), for each session or summed over the event window.

    Each event's residuals and abnormal returns are ranked together, over the :math:`M_i`
    days on which it has a value, ties by their mean. With
    :math:`U_{id} = \operatorname{rank}_{id} - (M_i + 1) / 2` and :math:`\bar U_d` its mean
    over the events present on day *d*,

    .. math:: z_t = \frac{\bar U_t}{S}, \qquad S^2 = \frac{1}{\bar M} \sum_d \bar U_d^2

    where *d* runs over the estimation and the event window, and :math:`\bar M` is the mean of
    :math:`M_i`. Days correspond by their place in the window. Over an event window of *L*
    sessions the statistic is :math:`\sum_t \bar U_t / (\sqrt{L} S)`, as in Cowan (1992).
    Standard normal.

    Parameters
    ----------
    abnormal, residuals
        Event × session of the event window, and event × day of the estimation window.
    cumulative
        Whether to sum over the event window; the result then has one element, and is NaN
        where an event has no value in some session.
    """
    values = np.concatenate([residuals, abnormal], axis=1)
    usable = np.isfinite(values)
    ranks = stats.rankdata(np.where(usable, values, np.nan), axis=1, nan_policy="omit")
    days = usable.sum(axis=1)
    centred = np.where(usable, ranks - (days[:, None] + 1) / 2, np.nan)
    means = mean(centred)
    counted = days[days > 0]
    spread = np.sqrt(np.nansum(means**2) / counted.mean()) if counted.size else np.nan
    window = means[residuals.shape[1] :]
    if cumulative:
        whole = np.array([len(counted) > 1 and bool(np.isfinite(window).all())])
        window = np.array([window.sum() / np.sqrt(len(window))])
    else:
        whole = enough(abnormal)
    statistic = np.where(whole & (spread > 0), window / (spread if spread > 0 else 1.0), np.nan)
    return statistic, normal_p(statistic)
