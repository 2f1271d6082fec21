/* Listens for builds while the book is previewed; not part of the published site. */
"use strict";
(() => {
  const fault = document.createElement("pre");
  fault.setAttribute("role", "alert");
  Object.assign(fault.style, {
    background: "#8c1d18", color: "#ffffff", margin: "0", padding: "1rem", whiteSpace: "pre-wrap",
    position: "sticky", top: "0", zIndex: "2000",
  });
  const title = document.title;
  const events = new EventSource("/-/events");
  let begun = false;
  events.addEventListener("building", () => {
    begun = true;
    document.title = `\u2026 ${title}`;
  });
  events.addEventListener("built", () => {
    if (begun) location.reload();
  });
  events.addEventListener("failed", (event) => {
    document.title = title;
    fault.textContent = event.data;
    document.body.prepend(fault);
  });
})();
