// The sliders of what-if: the effect of the newest values is asked for, and older answers are dropped.
import { make } from "./page.js";

const frame = document.getElementById("whatif");
const told = document.getElementById("effect-told");
const effect = document.getElementById("effect");
const save = document.getElementById("save");
let asked = new AbortController();
let waiting = 0;
let clock = 0;
let before = null; // seconds that the answer before took
const pairs = `${Number(frame.dataset.pairs).toLocaleString("en")} pairs`;

function settings() {
  const found = [];
  for (const field of document.querySelectorAll(".field")) {
    const value = field.querySelector("input[type=number], select").value;
    const recorded = field.dataset.before;
    const numbers = value !== "" && recorded !== "" && !Number.isNaN(Number(value));
    const same = numbers ? Number(value) === Number(recorded) : value === recorded;
    field.classList.toggle("changed", !same);
    if (!same) found.push(`${field.dataset.key}=${value}`);
  }
  return found;
}

function withSettings(path) {
  const made = new URL(path, location.href);
  made.searchParams.delete("set");
  for (const setting of settings()) made.searchParams.append("set", setting);
  return made.pathname + made.search;
}

async function ask() {
  asked.abort();
  const mine = (asked = new AbortController());
  const started = performance.now();
  history.replaceState(null, "", withSettings(location.href));
  save.href = withSettings(frame.dataset.file);
  clearInterval(clock);
  effect.setAttribute("aria-busy", "true");
  told.textContent = `Deciding ${pairs} again …`;
  clock = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1000);
    told.textContent = `Deciding ${pairs} again: ${seconds} s${before === null ? "" : ` of about ${Math.ceil(before)}`} …`;
  }, 1000);
  try {
    const answer = await fetch(withSettings(frame.dataset.partOf), { signal: mine.signal });
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine.signal.aborted) return;
    effect.replaceChildren(...parsed.body.childNodes);
    const seconds = (performance.now() - started) / 1000;
    if (answer.ok) before = seconds;
    told.textContent = answer.ok ? `Decided ${pairs} in ${seconds.toFixed(1)} s.` : "These values do not go together.";
  } catch (error) {
    if (error.name === "AbortError") return;
    effect.replaceChildren(make("div", { class: "findings", role: "alert" }, "The server did not answer: is planstore ui still running?"));
    told.textContent = "";
  }
  if (mine !== asked) return;
  clearInterval(clock);
  effect.setAttribute("aria-busy", "false");
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(ask, 250);
}

document.getElementById("fields").addEventListener("input", (event) => {
  const field = event.target.closest(".field");
  const [number, range] = [field.querySelector("input[type=number]"), field.querySelector("input[type=range]")];
  if (event.target === range) number.value = range.value;
  else if (range) range.value = number.value;
  soon();
});
document.getElementById("fields").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("reset").addEventListener("click", () => {
  for (const field of document.querySelectorAll(".field")) {
    for (const input of field.querySelectorAll("input, select")) input.value = field.dataset.before;
  }
  ask();
});
ask();
