"""The words in which replies tell an order's status and days, whoever drafts them."""

from datetime import date

STATUS_WORDS = {
    "processing": "is being prepared",
    "shipped": "was shipped",
    "delivered": "was delivered",
    "cancelled": "was cancelled",
}
"""How a reply tells an order's status, after the words "the order"."""

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day_words(day: date) -> str:
    """Return a day as replies write it, such as ``20 June 2026``; the locale does not matter."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
