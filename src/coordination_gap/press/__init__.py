"""The press: run the notebooks of an edition, collect their facts, and print the site.

It knows nothing of what the notebooks say.
"""


class PressError(Exception):
    """Something a person has to mend; the message names the place, the value and the mend."""


#: The edition that the notebooks' defaults give, and that others are compared with.
BASE = "base"
#: Where a book under replaced values is published.
WHAT_IF = "what-if"
