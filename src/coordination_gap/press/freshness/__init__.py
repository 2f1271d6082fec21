"""Freshness: what runs again, and whether anything is done at all, is decided by content.

``recorder`` writes down in a notebook's kernel what a run reads. ``inputs`` turns that
into a key, the SHA-256 of all that the run depended on. ``store`` keeps runs under their
keys. ``published`` knows what the site in ``_build/html`` was made from.
"""
