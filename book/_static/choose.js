/* Tables whose rows can be searched, chosen by column and sorted. Without this script the whole table stands there.
   Tables whose rows a narrow screen shows as blocks also get the roles that some browsers forget over it. */
(function () {
  "use strict";

  let numbered = 0;

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function text(row, column) {
    return row.cells[column].textContent.trim();
  }

  function chooser(rows, column, title) {
    const counts = new Map();
    for (const row of rows) {
      counts.set(text(row, column), (counts.get(text(row, column)) || 0) + 1);
    }
    const select = element("select", {}, element("option", { value: "" }, "all"));
    for (const [value, count] of counts) {
      select.append(element("option", { value: value || " " }, `${value || "none"} (${count})`));
    }
    return { column, select, label: element("label", {}, `${title} `, select) };
  }

  /* One order for the buttons in the heads and for the list beside the choosers, which blocks of rows need. */
  function sorter(headings, body, rows, order) {
    const select = element("select", {}, element("option", { value: "" }, order));
    const shown = headings.filter((heading) => !heading.hidden);
    for (const heading of shown) {
      const title = heading.textContent;
      for (const [direction, words] of [["ascending", "rising"], ["descending", "falling"]]) {
        select.append(element("option", { value: `${headings.indexOf(heading)} ${direction}` }, `${title}, ${words}`));
      }
    }

    function sort(column, direction) {
      for (const heading of headings) {
        heading.removeAttribute("aria-sort");
      }
      const order = [...rows];
      if (direction) {
        headings[column].setAttribute("aria-sort", direction);
        const sign = direction === "ascending" ? 1 : -1;
        order.sort((a, b) => sign * text(a, column).localeCompare(text(b, column), "en", { numeric: true }));
      }
      body.append(...order);
      select.value = direction ? `${column} ${direction}` : "";
    }

    for (const heading of shown) {
      const column = headings.indexOf(heading);
      const button = element("button", { type: "button" }, ...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const before = heading.getAttribute("aria-sort");
        sort(column, { ascending: "descending", descending: "" }[before] ?? "ascending");
      });
    }
    select.addEventListener("change", () => {
      const [column, direction] = select.value.split(" ");
      sort(Number(column), direction || "");
    });
    select.id = `sort-${++numbered}`;
    return element("span", {}, element("label", { htmlFor: select.id }, "Sort by "), select);
  }

  function enhance(table) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const headings = [...table.tHead.rows[0].cells];
    const search = element("input", { type: "search" });
    const shown = element("output", {});
    const choosers = headings
      .map((heading, column) => [heading, column])
      .filter(([heading]) => heading.hasAttribute("data-filter"))
      .map(([heading, column]) => chooser(rows, column, heading.textContent));
    const sortBy = sorter(headings, body, rows, table.dataset.order || "as in the article");

    function choose() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const row of rows) {
        const said = row.textContent.toLowerCase();
        const fits =
          words.every((word) => said.includes(word)) &&
          choosers.every(({ column, select }) => !select.value || text(row, column) === select.value.trim());
        row.hidden = !fits;
        count += fits;
      }
      shown.value = `${count} of ${rows.length} rows`;
    }

    const controls = element("form", { className: "choose" });
    controls.setAttribute("role", "search");
    controls.setAttribute("aria-label", `Choose rows of: ${table.caption.textContent}`);
    controls.append(
      element("label", {}, "Find in the rows ", search),
      ...choosers.map(({ label }) => label),
      sortBy,
      shown,
    );
    shown.setAttribute("aria-live", "polite");
    controls.addEventListener("input", choose);
    controls.addEventListener("submit", (event) => event.preventDefault());
    (table.closest(".table-scroll") || table).before(controls);
    choose();
  }

  function keepRoles(table) {
    const roles = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell" };
    for (const part of [table, ...table.querySelectorAll("thead, tbody, tr, td")]) {
      part.setAttribute("role", roles[part.localName]);
    }
    for (const heading of table.querySelectorAll("th")) {
      heading.setAttribute("role", heading.scope === "row" ? "rowheader" : "columnheader");
    }
  }

  function start() {
    document.querySelectorAll("table.stacked").forEach(keepRoles);
    document.querySelectorAll("table.chooseable").forEach(enhance);
    // The rows have moved down by now: go again to the one that the address names.
    const named = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (named && named.closest("table.chooseable")) {
      named.scrollIntoView();
    }
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
