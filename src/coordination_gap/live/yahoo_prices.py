"""Prices from Yahoo Finance, read with the library yfinance."""

import atexit
import datetime as dt
import functools
import logging
import math
import shutil
import tempfile
import warnings
from typing import Any

from coordination_gap.live.sources import RefreshError


@functools.cache
def _keep_caches_apart() -> None:
    """Let the library keep its cookies and time zones out of the home folder, until the process ends."""
    import yfinance

    folder = tempfile.mkdtemp(prefix="gapbook-yahoo-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # The library opens its files there once, so that one folder has to serve all requests of a process.
    yfinance.set_tz_cache_location(folder)


class YahooPrices:
    """Daily closes of Yahoo Finance, adjusted for splits and dividends.

    Parameters
    ----------
    session
        A ``requests`` or ``curl_cffi`` session that answers in place of the library's own.
    """

    name = "Yahoo Finance"

    def __init__(self, session: Any = None) -> None:
        self._session = session

    def closes(self, ticker: str, first: dt.date, last: dt.date) -> dict[dt.date, float]:
        """Return the adjusted close in USD of each session from `first` to `last` that Yahoo has."""
        _keep_caches_apart()
        import yfinance
        import yfinance.data

        yfinance.data.YfData.cache_get.cache_clear()  # an answer kept from before would be a stale one
        logging.getLogger("yfinance").setLevel(logging.CRITICAL)  # what it reports is in the error below
        hidden = yfinance.config.debug.hide_exceptions
        yfinance.config.debug.hide_exceptions = False
        # A short answer can come to any error in the library: to the reader each is an answer that cannot be used.
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                share = yfinance.Ticker(ticker, session=self._session)
                frame = share.history(
                    start=first.isoformat(),
                    end=(last + dt.timedelta(days=1)).isoformat(),
                    interval="1d",
                    auto_adjust=True,
                    actions=False,
                    timeout=30,
                )
                currency = share.history_metadata.get("currency")
        except Exception as error:
            reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
            raise RefreshError(
                f"Yahoo's prices of {ticker} could not be had ({reason}): nothing was written; check the network and "
                "try again later"
            ) from error
        finally:
            yfinance.config.debug.hide_exceptions = hidden
        if frame.empty or "Close" not in frame.columns:
            raise RefreshError(f"Yahoo has no row of {ticker} from {first} to {last}: nothing was written")
        if currency != "USD":
            raise RefreshError(f"Yahoo gives {ticker} in {currency}, not in USD: nothing was written")
        days = [stamp.date() for stamp in frame.index]
        closes = dict(zip(days, frame["Close"].astype(float), strict=True))
        if len(closes) != len(days):
            raise RefreshError(f"Yahoo gives {ticker} twice for one day: nothing was written")
        return {day: close for day, close in closes.items() if not math.isnan(close)}
