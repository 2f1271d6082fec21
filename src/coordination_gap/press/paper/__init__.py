"""The book on paper: published pages as Word, PDF and EPUB.

What is printed is what the site shows. :mod:`.article` takes the text out of a published page,
:mod:`.footnotes` gives its numbers their addresses, and :mod:`.writers` has pandoc and Typst write it.
"""
