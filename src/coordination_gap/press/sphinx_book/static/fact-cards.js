/* A card beside each number that says where it comes from, and buttons that copy. Without this script a number is a link. */
(function () {
  "use strict";

  const OPEN_AFTER = 180; // milliseconds under the pointer
  const CLOSE_AFTER = 300; // time to move from the number to its card
  const GAP = 6; // pixels between them

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Only pages from a secure address, and with leave, have a clipboard.
      const area = element("textarea", { value: text, readOnly: true, className: "fact-copy-area" });
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (!done) throw new Error("copying is not allowed here");
    }
  }

  function copyButton(words, text) {
    const button = element("button", { type: "button", className: "fact-copy" }, words);
    const said = element("span", { className: "fact-copied" });
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      try {
        await copy(text);
        said.textContent = "Copied";
      } catch {
        said.textContent = "Not copied: select the text instead";
      }
      button.focus();
    });
    return [button, said];
  }

  function sources(list) {
    return list.map(([table, href, rows, more]) => {
      const line = element("li", {}, href ? element("a", { href }, table) : table, ": ");
      rows.forEach(([text, address], position) => {
        line.append(position ? ", " : "", address ? element("a", { href: address }, text) : text);
      });
      if (more) line.append(` and ${more} more`);
      return line;
    });
  }

  function cards(data) {
    const card = element("div", { className: "fact-card", id: "fact-card" });
    card.setAttribute("role", "group");
    const layered = "popover" in HTMLElement.prototype;
    if (layered) card.popover = "manual";
    let link = null;
    let timer = 0;
    let touched = false;

    function fill(id) {
      const fact = data.facts[id];
      const how = element("p", { id: "fact-card-how" }, fact.how);
      const lines = [element("p", { className: "fact-card-value" }, element("strong", {}, fact.value))];
      if (fact.interval) lines[0].append(" ", element("span", {}, fact.interval));
      lines.push(how, element("p", { className: "fact-card-day" }, `As of ${fact.as_of}, edition ${data.edition}. ${data.notice}`));
      if (fact.sources.length) lines.push(element("ul", {}, ...sources(fact.sources)));
      const more = element("a", { href: link.getAttribute("href") }, "All about this number");
      lines.push(element("p", { className: "fact-card-do" }, more, ...copyButton("Copy citation", fact.citation)));
      card.replaceChildren(...lines);
      card.setAttribute("aria-label", `About ${fact.value}`);
    }

    function place() {
      const lines = link.getClientRects();
      const at = lines[lines.length - 1] || link.getBoundingClientRect();
      const { offsetWidth: width, offsetHeight: height } = card;
      const room = document.documentElement.clientWidth;
      const below = at.bottom + GAP;
      const above = at.top - GAP - height;
      const top = below + height > innerHeight && above >= 0 ? above : below;
      const left = Math.max(GAP, Math.min(at.left, room - width - GAP));
      // Where there is no top layer, the card stands in what its number stands in.
      const origin = layered ? { left: -scrollX, top: -scrollY } : card.offsetParent.getBoundingClientRect();
      card.style.left = `${left - origin.left}px`;
      card.style.top = `${top - origin.top}px`;
    }

    function open(next) {
      clearTimeout(timer);
      if (link === next) return;
      close();
      link = next;
      fill(link.dataset.fact);
      link.after(card);
      link.setAttribute("aria-describedby", "fact-card-how");
      if (layered) card.showPopover();
      place();
    }

    function close() {
      clearTimeout(timer);
      if (!link) return;
      link.removeAttribute("aria-describedby");
      card.remove();
      link = null;
    }

    function later(act, milliseconds) {
      clearTimeout(timer);
      timer = setTimeout(act, milliseconds);
    }

    function numberAt(target) {
      const found = target.closest?.("a.fact[data-fact]");
      return found && Object.hasOwn(data.facts, found.dataset.fact) ? found : null;
    }

    function belongs(target) {
      return Boolean(link && target && (link.contains(target) || card.contains(target)));
    }

    document.addEventListener("pointerover", (event) => {
      if (event.pointerType === "touch") return;
      const number = numberAt(event.target);
      if (number && number !== link) later(() => open(number), OPEN_AFTER);
      else if (belongs(event.target)) clearTimeout(timer);
    });
    document.addEventListener("pointerout", (event) => {
      if (event.pointerType === "touch" || belongs(event.relatedTarget)) return;
      if (belongs(document.activeElement) && document.activeElement.matches(":focus-visible")) clearTimeout(timer);
      else if (numberAt(event.target) || belongs(event.target)) later(close, CLOSE_AFTER);
    });
    document.addEventListener("focusin", (event) => {
      const number = numberAt(event.target);
      if (number && number.matches(":focus-visible")) open(number);
      else if (link && !belongs(event.target)) close();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !link) return;
      const number = link;
      const inside = card.contains(document.activeElement);
      close();
      if (inside) {
        number.focus();
        close();
      }
    });
    document.addEventListener("pointerdown", (event) => {
      touched = event.pointerType === "touch";
      if (link && !belongs(event.target)) close();
    });
    document.addEventListener("click", (event) => {
      const number = numberAt(event.target);
      // The first touch opens the card, the second one follows the link.
      if (touched && number && number !== link) {
        event.preventDefault();
        open(number);
      }
    });
    addEventListener("resize", () => link && place());
    document.addEventListener("scroll", () => link && place(), { capture: true, passive: true });
  }

  document.querySelectorAll("[data-copy]").forEach((place) => {
    place.after(element("p", { className: "fact-copy-line" }, ...copyButton("Copy", place.textContent)));
  });
  const block = document.getElementById("fact-cards");
  if (block) cards(JSON.parse(block.textContent));
})();
