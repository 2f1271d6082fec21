/* Light or dark: what the reader chose, else what the system says. Loaded first, so that no page flashes. */
(function () {
  "use strict";

  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let button;

  /* A browser may refuse to keep anything, for a page opened from a folder for example. */
  function chosen() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  }

  function keep(theme) {
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // The choice holds for this page, then.
    }
  }

  function show(theme) {
    const kept = theme || chosen();
    root.dataset.theme = kept === "light" || kept === "dark" ? kept : dark.matches ? "dark" : "light";
    if (button) {
      const other = root.dataset.theme === "dark" ? "light" : "dark";
      button.dataset.themeNow = root.dataset.theme;
      button.title = button.ariaLabel = `Show the book in ${other} colours`;
    }
  }

  show();
  dark.addEventListener("change", () => show());
  document.addEventListener("DOMContentLoaded", () => {
    button = document.querySelector(".theme-switch");
    if (button) {
      button.addEventListener("click", () => {
        const other = root.dataset.theme === "dark" ? "light" : "dark";
        keep(other);
        show(other);
      });
      button.hidden = false;
      show();
    }
  });
})();
