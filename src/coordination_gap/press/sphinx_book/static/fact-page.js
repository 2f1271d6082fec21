/* The reader's choice of light or dark, before a page without the theme is shown. */
(function () {
  "use strict";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = localStorage.getItem("mode");
  } catch {
    // Storage may be forbidden: then the system's choice holds.
  }
  function choose() {
    document.documentElement.dataset.theme = chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
  }
  dark.addEventListener("change", choose);
  choose();
})();
