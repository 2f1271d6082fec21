"""Prices from Yahoo Finance, read with the library yfinance."""

import datetime as dt
import math
import tempfile
from typing import Any

from coordination_gap.live.sources import RefreshError


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
        import yfinance

        # The library writes its cookies and time zones to the home folder unless it is told otherwise.
        with tempfile.TemporaryDirectory(prefix="gapbook-yahoo-") as folder:
            yfinance.set_tz_cache_location(folder)
            hidden = yfinance.config.debug.hide_exceptions
            yfinance.config.debug.hide_exceptions = False
            try:
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
                    f"Yahoo's prices of {ticker} could not be had ({reason}): nothing was written; try again later"
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
