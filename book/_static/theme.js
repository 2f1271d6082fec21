/* Light or dark: what the reader chose, else what the system says. Loaded first, so that no page flashes.
   It also asks for the fonts at once, so that no text is set twice. */
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

  // A page opened from a folder may not load anything ahead.
  if (location.protocol !== "file:") {
    for (const font of ["400-normal", "600-normal"]) {
      const link = document.createElement("link");
      Object.assign(link, { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "anonymous" });
      link.href = new URL(`fonts/source-serif-4-latin-${font}.woff2`, document.currentScript.src).href;
      document.head.append(link);
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
