/* What Sphinx's search says, in the book's words, and extracts in which cells and lines stay apart. */
"use strict";

Object.assign(Documentation.TRANSLATIONS, {
  "Search Results": "What was found",
  "Search finished, found ${resultCount} page(s) matching the search query.": "Pages with these words: ${resultCount}.",
  "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.":
    "No page has these words. A shorter word, or one alone, may be found.",
});

{
  const textOf = Search.htmlToText;
  const ends = /<\/(?:td|th|caption|li|p|dt|dd|h[1-6]|summary|pre|figcaption)[^>]*>/g;
  Search.htmlToText = (page, anchor) => textOf(page.replace(ends, "$& "), anchor).replace(/\s+/g, " ");
}
