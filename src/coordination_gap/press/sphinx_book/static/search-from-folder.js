/* A page opened from a folder may not read other pages: results then come without an extract. */
"use strict";

if (location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
