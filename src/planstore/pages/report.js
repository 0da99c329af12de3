"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const map = document.getElementById("map");
  const panel = document.getElementById("why");
  const text = document.getElementById("why-text");
  const places = new Map(data.cells.map((cell, n) => [placeOf(cell), n]));
  let openButton = null;

  // a name from outside is text, never markup: elements are made one by one
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  function placeOf(cell) {
    return cell.s === null ? `why-${cell.t}` : `why-${cell.t}-${cell.s}`;
  }

  function nameOf(cell) {
    return cell.s === null ? `${data.targets[cell.t]}, all symbols` : `${data.targets[cell.t]} on ${data.symbols[cell.s]}`;
  }

  function route(name) {
    const known = name === null ? ["–", "no decision"] : data.routes[name] || ["?", name];
    return make("span", {}, make("span", { class: `chip r-${known[0]}`, "aria-hidden": "true" }, known[0]), ` ${known[1]}`);
  }

  function shown(value) {
    if (value === null) return "none";
    if (typeof value === "number") return Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(6)));
    return String(value);
  }

  function threshold(check, value) {
    if (value === null) return "not asked for";
    if (typeof value !== "number") return value;
    return data.upper_limits.includes(check) ? `at most ${shown(value)}` : `at least ${shown(value)}`;
  }

  function checksOf(title, checks) {
    if (!checks.length) return null;
    const body = make("tbody");
    for (const [, check, source, observed, asked, passed] of checks) {
      const mark = asked === null ? ["unasked", "–"] : passed ? ["passed", "✓ passed"] : ["failed-check", "✗ failed"];
      body.append(
        make("tr", {},
          make("td", {}, data.texts[check].toLowerCase().replaceAll("_", " ")),
          make("td", {}, shown(observed)),
          make("td", {}, threshold(data.texts[check], asked)),
          make("td", { class: `mark ${mark[0]}` }, mark[1])),
        make("tr", { class: "source" }, make("td", { colspan: "4" }, data.texts[source])));
    }
    const head = make("thead", {}, make("tr", {}, ...["check", "observed", "threshold", ""].map((name) => make("th", { scope: "col" }, name))));
    return make("div", {}, make("h3", {}, title), make("table", {}, head, body));
  }

  function jobOf(job) {
    const name = job.n === null ? make("bdi", {}, job.id) : make("a", { href: `#job-${job.n}` }, make("bdi", {}, job.id));
    const told = [job.families.join(", ") || "no family", ...Object.entries(job.metrics).map(([metric, value]) => `${metric} ${shown(value)}`)];
    if (job.artifacts) told.push(`${job.artifacts} artifacts`);
    if (job.error) told.push(job.error);
    if (job.left_out) told.push(`left out: ${job.left_out}`);
    return make("li", {}, name, " ", make("span", { class: `status s-${job.status}` }, job.status), make("span", { class: "quiet block" }, told.join(" · ")));
  }

  function side(key, state) {
    return make("tr", {}, make("td", {}, data.sides[key]), make("td", {}, make("b", {}, state === null ? "none" : state)));
  }

  function explanation(cell) {
    const target = cell.s === null ? cell : data.cells[places.get(`why-${cell.t}`)];
    const own = cell.s === null ? [] : cell.checks;
    const pooled = ["ROUTE_CROSS_SECTIONAL", "ROUTE_BOTH"].includes(cell.route) && target && target !== cell ? target.jobs : [];
    const jobs = [...pooled, ...cell.jobs];
    const named = (checks, name) => checks.filter((check) => data.texts[check[0]] === name);
    const rows = [side("cross_sectional", cell.states[0])];
    if (cell.s !== null) rows.push(side("symbol", cell.states[1]));
    const title = cell.s === null
      ? [make("bdi", {}, data.targets[cell.t]), make("span", { class: "quiet block" }, "the target itself, on all symbols")]
      : [make("bdi", {}, data.targets[cell.t]), " on ", make("bdi", {}, data.symbols[cell.s])];
    const parts = [
      make("h2", { id: "why-title" }, ...title),
      make("p", {}, route(cell.route), ` by rule ${cell.rule}`),
      "was" in cell ? make("p", { class: "tell" }, "Before, it was ", route(cell.was), ".") : null,
      make("ul", { class: "reasons" }, ...cell.reasons.map((reason) => make("li", {}, reason))),
      make("h3", {}, "Signal states"),
      make("table", { class: "states" }, make("tbody", {}, ...rows)),
      ...nearest(cell),
      checksOf(`Checks: ${data.sides.symbol}`, named(own, "symbol")),
      checksOf(`Checks: ${data.sides.pair}`, named(own, "pair")),
      checksOf(`Checks: ${data.sides.cross_sectional}`, target ? named(target.checks, "cross_sectional") : []),
      data.derived ? null : make("p", { class: "tell" }, "The checks cannot be derived again; the records are shown above."),
      jobs.length ? make("h3", {}, "What it led to") : null,
      jobs.length ? make("ul", { class: "led-to" }, ...jobs.map(jobOf)) : null,
    ];
    return parts.filter((part) => part !== null);
  }

  function nearest(cell) {
    if (!data.derived) return [];
    const title = make("h3", {}, "The nearest change that would have flipped it");
    if (!data.tried) {
      const rest = cell.s === null ? "" : ` ${data.symbols[cell.s]}`;
      const command = make("code", {}, `planstore why ${data.targets[cell.t]}${rest}`);
      return [title, make("p", { class: "tell" }, "The run is too large to try every change on every pair; ", command, " tries them on this one.")];
    }
    const told = ["evidence", "policy"].map((what, place) =>
      make("li", {}, make("b", {}, `${what}: `), cell.nearest[place] || "no single change would"));
    return [title, make("ul", { class: "nearest" }, ...told)];
  }

  function open(n, moveFocus) {
    const cell = data.cells[n];
    if (openButton) openButton.classList.remove("open");
    openButton = map.querySelector(`button[data-n="${n}"]`);
    openButton.classList.add("open");
    current(openButton);
    text.replaceChildren(...explanation(cell));
    panel.hidden = false;
    panel.scrollTop = 0;
    document.body.classList.add("reading");
    if (location.hash !== `#${placeOf(cell)}`) history.replaceState(null, "", `#${placeOf(cell)}`);
    if (moveFocus) panel.focus({ preventScroll: true });
  }

  function close() {
    if (panel.hidden) return;
    panel.hidden = true;
    document.body.classList.remove("reading");
    openButton.classList.remove("open");
    openButton.focus();
    history.replaceState(null, "", location.pathname + location.search);
  }

  // one cell is in the order of Tab; the arrow keys go from it to the others
  function current(button) {
    for (const other of map.querySelectorAll('button[tabindex="0"]')) other.tabIndex = -1;
    button.tabIndex = 0;
  }

  function neighbour(button, key) {
    const td = button.parentElement;
    const row = td.parentElement;
    const cells = [...row.cells];
    const steps = {
      ArrowRight: () => td.nextElementSibling, ArrowLeft: () => td.previousElementSibling,
      ArrowDown: () => row.nextElementSibling && row.nextElementSibling.cells[td.cellIndex],
      ArrowUp: () => row.previousElementSibling && row.previousElementSibling.cells[td.cellIndex],
      Home: () => cells[1], End: () => cells[cells.length - 1],
    };
    const found = steps[key] && steps[key]();
    return found ? found.querySelector("button") : null;
  }

  function label(event) {
    const button = event.target.closest && event.target.closest("button[data-n]");
    if (!button || button.title) return;
    const cell = data.cells[button.dataset.n];
    const words = (data.routes[cell.route] || ["", cell.route])[1];
    button.title = `${nameOf(cell)}: ${words}${"was" in cell ? " (flipped)" : ""}`;
    button.setAttribute("aria-label", button.title);
  }

  map.addEventListener("mouseover", label);
  map.addEventListener("focusin", label);
  map.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-n]");
    if (button) open(Number(button.dataset.n), event.detail === 0);
  });
  map.addEventListener("keydown", (event) => {
    const button = event.target.closest("button[data-n]");
    const next = button && neighbour(button, event.key);
    if (!next) return;
    event.preventDefault();
    current(next);
    next.focus();
    if (!panel.hidden) open(Number(next.dataset.n), false);
  });
  document.getElementById("legend").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const pressed = button.getAttribute("aria-pressed") === "true";
    for (const other of event.currentTarget.querySelectorAll("button")) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", String(!pressed));
    const letter = button.dataset.letter;
    const wanted = letter === "flip" ? "flip" : `r-${letter}`;
    map.classList.toggle("only", !pressed);
    for (const cell of map.querySelectorAll("button[data-n]")) cell.classList.toggle("match", !pressed && cell.classList.contains(wanted));
  });
  document.getElementById("why-close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  function follow() {
    const place = location.hash.slice(1);
    if (places.has(place)) {
      open(places.get(place), true);
      openButton.scrollIntoView({ block: "center", inline: "center" });
    } else if (place.startsWith("job-")) {
      document.getElementById("job-list").open = true;
      const row = document.getElementById(place);
      if (row) row.scrollIntoView({ block: "center" });
    }
  }
  window.addEventListener("hashchange", follow);
  const first = map.querySelector("button[data-n]");
  if (first) first.tabIndex = 0;
  follow();
})();
