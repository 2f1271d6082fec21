/* Marks in the contents the section that is being read. Without this script nothing is missing but the mark. */
(function () {
  "use strict";

  const links = new Map();
  for (const link of document.querySelectorAll(".contents li li a[href^='#']")) {
    const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (section) {
      links.set(section, link);
    }
  }
  if (!links.size) {
    return;
  }
  const seen = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        seen[isIntersecting ? "add" : "delete"](target);
      }
      const read = [...links.keys()].filter((section) => seen.has(section)).pop();
      for (const [section, link] of links) {
        link.toggleAttribute("data-in-sight", section === read);
      }
    },
    { rootMargin: "0px 0px -66% 0px" },
  );
  for (const section of links.keys()) {
    observer.observe(section);
  }
})();
