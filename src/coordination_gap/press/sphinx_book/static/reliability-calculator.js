/* The reliability calculator: equal steps in series, computed and drawn in the reader's browser.
 *
 * The page brings the controls, their limits and the results at its own setting; this script
 * computes other settings by the same model as coordination_gap.reliability, whose package
 * documentation defines it, and keeps the setting in the address as #calculator?n=6&p=0.97&…
 * It asks for nothing from anywhere.
 */
"use strict";

(() => {
  // The model. A setting is {n, p, rs, a, l, ra, d, f, c, s}: steps, success, correlation of steps,
  // attempts, loud share, correlation of attempts, detection and false alarm (0 without a gate),
  // cost and seconds of an attempt (null where they are not given).

  /** Return how a step ends within 1, 2, … `most` attempts, each [good, bad, halted, attempts].
   *
   * Pólya's urn takes the beta-binomial law one attempt at a time: weight[i] is the probability
   * that all t attempts so far were seen to fail, i of them being good outputs that were rejected.
   */
  function stepLaws({ p, ra, l, d, f }, most) {
    const laws = [];
    let weight = [1];
    let good = 0, bad = 0, attempts = 0;
    for (let t = 0; t < most; t += 1) {
      const next = new Array(t + 2).fill(0);
      weight.forEach((share, i) => {
        const success = t === 0 ? p : (p * (1 - ra) + ra * i) / (1 - ra + ra * t);
        const failure = share * (1 - success);
        attempts += share;
        good += share * success * (1 - f);
        bad += failure * (1 - l) * (1 - d);
        next[i + 1] += share * success * f;
        next[i] += failure * (l + (1 - l) * d);
      });
      weight = next;
      laws.push([good, bad, weight.reduce((sum, share) => sum + share, 0), attempts]);
    }
    return laws;
  }

  /** Return pairs [weight, success] that stand for a step's success over all runs: beta distributed
   * around p, with correlation rs.
   *
   * The trapezoid rule over t, where the logit of the success is logit(p) + width·sinh(t): there the
   * density falls off doubly exponentially at both ends, so the rule is right to about 1e-10.
   */
  function luck(p, rs) {
    if (rs === 0 || p === 0 || p === 1) return [[1, p]];
    if (rs === 1) return [[p, 1], [1 - p, 0]];
    const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    const size = (1 - rs) / rs;
    const middle = Math.log(p) - Math.log1p(-p);
    const width = Math.min(1, 1 / Math.sqrt(size * p * (1 - p)));
    const logWeight = (t) => {
      const x = middle + width * Math.sinh(t);
      return Math.log(Math.cosh(t)) - size * (p * softplus(-x) + (1 - p) * softplus(x));
    };
    const start = logWeight(0);
    const nodes = [];
    for (const side of [1, -1]) {
      let highest = start;
      for (let k = side === 1 ? 0 : 1; ; k += 1) {
        const t = (side * k) / 32;
        const height = logWeight(t);
        highest = Math.max(highest, height);
        if (height < highest - 45) break;
        nodes.push([Math.exp(height - start), 1 / (1 + Math.exp(-middle - width * Math.sinh(t)))]);
      }
    }
    const total = nodes.reduce((sum, [weight]) => sum + weight, 0);
    return nodes.map(([weight, success]) => [weight / total, success]);
  }

  /** Return a function (n, attempts) → outcome of `n` steps, for up to `most` attempts. */
  function chain(setting, most) {
    const kinds = luck(setting.p, setting.rs).map(([weight, p]) => [weight, stepLaws({ ...setting, p }, most)]);
    return (n, tries) => {
      const ends = { success: 0, silent_failure: 0, halted: 0, attempts: 0 };
      for (const [weight, laws] of kinds) {
        const [good, , halted, attempts] = laws[tries - 1];
        const success = good ** n;
        // From the smaller of what halts and what passes, so that neither loses its digits.
        const stopped = halted < 1 ? -Math.expm1(n * Math.log1p(-halted)) : 1;
        ends.success += weight * success;
        ends.silent_failure += weight * Math.max(0, 1 - stopped - success);
        ends.halted += weight * stopped;
        ends.attempts += weight * attempts * (halted > 0 ? stopped / halted : n);
      }
      return ends;
    };
  }

  /** Return the outcomes of the three columns and the curves of a setting. */
  function evaluate(setting) {
    const { n, a, c: cost, s: seconds } = setting;
    const most = Math.max(10, a);
    const own = chain(setting, most);
    const alone = chain({ ...setting, rs: 0, ra: 0 }, most);
    const bare = chain({ ...setting, rs: 0, ra: 0, d: 0, f: 0 }, 1);
    const columns = { setting: own(n, a), independent: alone(n, a), bare: bare(n, 1) };
    for (const outcome of Object.values(columns)) {
      outcome.effort = outcome.attempts / columns.bare.attempts;
      outcome.cost = cost === null ? null : outcome.attempts * cost;
      outcome.seconds = seconds === null ? null : outcome.attempts * seconds;
    }
    const last = Math.max(30, n);
    const places = Math.min(last, 60);
    const axis = Array.from({ length: places }, (_, i) => Math.round(1 + (i * (last - 1)) / (places - 1)));
    const steps = [...new Set([...axis, n])].sort((one, other) => one - other);
    const tries = Array.from({ length: most }, (_, i) => i + 1);
    const correlated = setting.rs > 0 || setting.ra > 0;
    const points = (xs, at) => xs.map((x) => ({ x, ...at(x) }));
    return {
      columns,
      curves: {
        steps: {
          at: n, one: "step", many: "steps",
          own: points(steps, (x) => own(x, a)), alone: correlated ? points(steps, (x) => alone(x, a)) : [],
        },
        attempts: {
          at: a, one: "attempt", many: "attempts",
          own: points(tries, (x) => own(n, x)), alone: correlated ? points(tries, (x) => alone(n, x)) : [],
        },
      },
    };
  }

  // Numbers as the book writes them.

  const grouped = (value, decimals) =>
    value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

  /** Return the decimals that show two digits of what is small, 8 at most. */
  const telling = (value, least) => {
    const decimals = value > 0 ? 1 - Math.floor(Math.log10(value)) : least;
    return decimals <= 8 ? Math.max(least, decimals) : least;
  };
  const percent = (share) => `${(100 * share).toFixed(telling(100 * Math.min(share, 1 - share), 1))}%`;
  const WRITTEN = {
    success: percent,
    silent_failure: percent,
    halted: percent,
    attempts: (value) => grouped(value, 2),
    effort: (value) => `${grouped(value, 2)}×`,
    cost: (value) => `$${grouped(value, telling(value, 2))}`,
    seconds: (value) => grouped(value, telling(value, 2)),
  };

  // Fields hold per cent and the address holds fractions: the decimal point is moved in the
  // text, since multiplying by 100 would add digits that nobody gave.
  const shifted = (number, places) => {
    const [digits, exponent = "0"] = String(number).split("e");
    return Number(`${digits}e${Number(exponent) + places}`);
  };
  const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

  // The slider for a step's success gives each further nine a third of its length:
  // whole per cent up to 90, tenths up to 99, hundredths up to 99.9, and 100.
  const fromNines = (place) =>
    place > 270 ? 100
      : place > 180 ? 99 + (place - 180) / 100
        : place > 90 ? 90 + (place - 90) / 10
          : place;
  const toNines = (value) =>
    Math.round(value <= 90 ? value
      : value <= 99 ? 90 + (value - 90) * 10
        : value <= 99.9 ? 180 + (value - 99) * 100
          : value < 99.95 ? 270 : 271);

  const SVG = "http://www.w3.org/2000/svg";
  const element = (parent, name, attributes, text = "") => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return parent.appendChild(made);
  };
  const OUTCOMES = { success: "success", silent_failure: "silent failure", halted: "halted" };

  /** Draw one chart of the three outcomes into `svg`, at the width that it has. */
  function draw(svg, { own, alone, at, one, many }) {
    const width = Math.max(240, svg.parentNode.clientWidth);
    const height = 230;
    const [left, right, top, bottom] = [42, width - 104, 10, height - 40];
    const last = own[own.length - 1].x;
    const x = (value) => left + ((value - 1) / (last - 1)) * (right - left);
    const y = (share) => bottom - share * (bottom - top);
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      element(svg, "line", { class: "grid", x1: left, x2: right, y1: y(share), y2: y(share) });
      element(svg, "text", { x: left - 6, y: y(share) + 4, "text-anchor": "end" }, `${100 * share}%`);
    }
    const stride = [1, 2, 5, 10, 20, 50, 100, 200].find((step) => last / step <= 6);
    for (let tick = stride; tick <= last; tick += stride) {
      element(svg, "text", { x: x(tick), y: bottom + 17, "text-anchor": "middle" }, String(tick));
    }
    if (x(stride) - x(1) > 14) element(svg, "text", { x: x(1), y: bottom + 17, "text-anchor": "middle" }, "1");
    element(svg, "text", { x: (left + right) / 2, y: height - 4, "text-anchor": "middle" }, many);
    element(svg, "line", { class: "here", x1: x(at), x2: x(at), y1: top, y2: bottom });
    const labels = [];
    const curve = (points, key, name, label) => {
      const path = points.map((point) => `${x(point.x).toFixed(1)},${y(point[key]).toFixed(1)}`).join(" ");
      element(svg, "polyline", { class: `curve ${name}`, points: path });
      labels.push({ name, label, y: y(points[points.length - 1][key]) });
    };
    if (alone.length) curve(alone, "success", "independent", "if independent");
    for (const [key, label] of Object.entries(OUTCOMES)) curve(own, key, key, label);
    const here = own.find((point) => point.x === at);
    for (const key of Object.keys(OUTCOMES)) element(svg, "circle", { class: key, cx: x(at), cy: y(here[key]), r: 4 });
    // Labels stand beside the ends of their curves, moved apart where those meet.
    labels.sort((a, b) => b.y - a.y);
    labels.forEach((label, i) => { label.y = Math.min(label.y, i ? labels[i - 1].y - 15 : bottom); });
    labels.reverse().forEach((label, i) => { label.y = Math.max(label.y, i ? labels[i - 1].y + 15 : top); });
    for (const { name, label, y: place } of labels) {
      element(svg, "text", { class: `label ${name}`, x: right + 8, y: place + 4 }, label);
    }
    const [first, end] = [own[0], own[own.length - 1]];
    const told = Object.entries(OUTCOMES).map(
      ([key, label]) => `${label} ${percent(first[key])}, ${percent(here[key])} and ${percent(end[key])}`);
    if (alone.length) {
      const shares = [alone[0], alone.find((point) => point.x === at), alone[alone.length - 1]];
      told.push(`if independent, success ${shares.map((point) => percent(point.success)).join(", ")}`);
    }
    svg.setAttribute("aria-label", `Line chart of how runs end, over 1 to ${last} ${many}. `
      + `At 1 ${one}, at this setting's ${at} and at ${last}: ${told.join("; ")}.`);
  }

  // The page.

  const PREFIX = "#calculator?";
  const cut = (text) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

  function start(root) {
    const find = (selector) => root.querySelector(selector);
    const status = find("[role=status]");
    const waits = find(".calculator-waits");
    const note = find(".calculator-note");
    const copy = find("[data-action=copy]");
    const link = find(".calculator-link");
    const gate = find("[data-key=g]");
    const fields = [...root.querySelectorAll("input[data-kind]")].map((input) => ({
      input,
      key: input.dataset.key,
      kind: input.dataset.kind,
      label: find(`label[for="${input.id}"]`).textContent,
      slider: find(`[data-slider-of="${input.id}"]`),
      message: find(`#${input.id}-message`),
      ofGate: "ofGate" in input.dataset,
      given: null, // what the address has, where it is no number
    }));
    let curves = null;
    let waiting = 0;
    let speaking = 0;

    const scale = (field) => (field.slider.dataset.scale === "nines" ? [fromNines, toNines] : [Number, Number]);

    /** Return a field's number (null for none given) or, if it is wrong, undefined; and say so beside it. */
    function read(field) {
      const { input, kind, message } = field;
      const value = Number(input.value);
      const missing = input.value === "" || input.validity.badInput;
      const allowed = kind === "amount" && input.value === "" && !input.validity.badInput && field.given === null;
      const fits = !missing && Number.isFinite(value) && value >= Number(input.min)
        && (input.max === "" || value <= Number(input.max)) && (kind !== "count" || Number.isInteger(value));
      const right = fits || allowed;
      // Nothing depends on the fields of a gate that is off.
      const silent = right || input.disabled;
      input.setAttribute("aria-invalid", String(!silent));
      const said = field.given === null ? "" : `The address says “${cut(field.given)}”. `;
      message.textContent = silent ? "" : `${said}Give ${input.dataset.rule}.`;
      if (!right) return undefined;
      if (field.slider) {
        field.slider.value = String(scale(field)[1](value));
        field.slider.setAttribute("aria-valuetext", `${input.value}${kind === "percent" ? "%" : ""}`);
      }
      return allowed ? null : kind === "percent" ? shifted(input.value, -2) : value;
    }

    function show(columns) {
      for (const cell of root.querySelectorAll("[data-output]")) {
        const { output, column } = cell.dataset;
        const value = columns === null ? null : columns[column][output];
        cell.textContent = value === null ? "–" : WRITTEN[output](value);
        if (value === null) delete cell.dataset.value;
        else cell.dataset.value = String(value);
        if (columns !== null && (output === "cost" || output === "seconds")) cell.parentNode.hidden = value === null;
      }
    }

    function drawAll() {
      for (const svg of root.querySelectorAll("[data-chart]")) {
        if (curves !== null) {
          draw(svg, curves[svg.dataset.chart]);
        } else {
          svg.replaceChildren();
          svg.setAttribute("aria-label", waits.textContent);
        }
      }
    }

    /** Read every field, then show the results, or what they wait for. */
    function update(speaks = true) {
      for (const field of fields) {
        if (!field.ofGate) continue;
        field.input.disabled = !gate.checked;
        field.slider.disabled = !gate.checked;
      }
      const values = new Map(fields.map((field) => [field, read(field)]));
      const wrong = fields.filter((field) => values.get(field) === undefined && !field.input.disabled);
      const setting = Object.fromEntries(fields.map((field) =>
        [field.key, field.ofGate && !gate.checked ? 0 : values.get(field)]));
      const result = wrong.length ? null : evaluate(setting);
      curves = result && result.curves;
      show(result && result.columns);
      copy.disabled = wrong.length > 0;
      waits.textContent = wrong.length ? `The results wait for: ${wrong.map((field) => field.label).join(", ")}.` : "";
      drawAll();
      const ends = result && result.columns.setting;
      const said = ends === null
        ? `${waits.textContent} ${wrong.map((field) => field.message.textContent).join(" ")}`
        : `Success ${percent(ends.success)}, silent failure ${percent(ends.silent_failure)}, `
          + `halted ${percent(ends.halted)}.`;
      // Said once the reader pauses, so that a moving slider is not read out place by place.
      clearTimeout(speaking);
      if (speaks) speaking = setTimeout(() => { status.textContent = said; }, 500);
      return { values, whole: wrong.length === 0 };
    }

    /** Put the setting into the address; the page stays where it is, and so does the way back. */
    function remember({ values, whole }) {
      clearTimeout(waiting);
      if (!whole) return;
      const parts = [["g", gate.checked ? "1" : "0"]];
      for (const [field, value] of values) {
        if (value !== undefined && value !== null) parts.push([field.key, String(value)]);
      }
      replaceHash(`${PREFIX}${parts.map((part) => part.join("=")).join("&")}`);
    }

    function replaceHash(hash) {
      try {
        history.replaceState(history.state, "", hash || location.pathname + location.search);
      } catch {
        // Some browsers refuse it for a page opened from a folder: the setting then is not in the address.
      }
    }

    function edited() {
      note.textContent = "";
      link.hidden = true;
      const now = update();
      clearTimeout(waiting);
      waiting = setTimeout(() => remember(now), 250);
    }

    function reset() {
      for (const field of fields) {
        field.input.value = field.input.defaultValue;
        field.given = null;
      }
      gate.checked = gate.defaultChecked;
    }

    /** Take the setting from the address, if it holds one; what it leaves out is as the page has it. */
    function load() {
      // The reader has gone elsewhere: the address is not to be put back.
      clearTimeout(waiting);
      if (!location.hash.startsWith(PREFIX)) return false;
      reset();
      const given = new URLSearchParams(location.hash.slice(PREFIX.length));
      const unknown = [];
      for (const key of new Set(given.keys())) {
        const text = given.getAll(key).join(" and ").trim();
        const field = fields.find((one) => one.key === key);
        if (field) {
          const value = NUMBER.test(text) ? Number(text) : NaN;
          const readable = Number.isFinite(value);
          field.input.value = !readable ? "" : field.kind === "percent" ? String(shifted(value, 2)) : String(value);
          field.given = readable ? null : text;
        } else if (key === "g" && ["0", "1"].includes(text)) {
          gate.checked = text === "1";
        } else {
          unknown.push(`${key}=${text}`);
        }
      }
      note.textContent = unknown.length
        ? `Not taken from the address, since no setting is called or written so: ${unknown.map(cut).join(", ")}.` : "";
      const more = find("details");
      more.open = more.open || [...more.querySelectorAll("input")].some((input) => given.has(input.dataset.key));
      update();
      root.scrollIntoView();
      return true;
    }

    for (const field of fields) {
      field.input.addEventListener("input", () => {
        field.given = null;
        edited();
      });
      if (field.slider) {
        field.slider.addEventListener("input", () => {
          field.given = null;
          field.input.value = String(scale(field)[0](Number(field.slider.value)));
          edited();
        });
      }
    }
    gate.addEventListener("change", edited);
    find("[data-action=reset]").addEventListener("click", () => {
      reset();
      edited();
      clearTimeout(waiting);
      if (location.hash.startsWith(PREFIX)) replaceHash("");
      note.textContent = "The page's own setting again.";
    });
    copy.addEventListener("click", async () => {
      remember(update());
      try {
        await navigator.clipboard.writeText(location.href);
        note.textContent = "The link to this setting is copied.";
      } catch {
        link.hidden = false;
        link.value = location.href;
        link.select();
        note.textContent = "The browser does not let this page copy: copy the link from the field.";
      }
    });
    window.addEventListener("hashchange", load);

    for (const hidden of root.querySelectorAll("[data-needs-script]")) hidden.hidden = false;
    new ResizeObserver(drawAll).observe(find(".calculator-charts"));
    if (!load()) update(false);
  }

  document.querySelectorAll(".reliability-calculator").forEach(start);
})();
