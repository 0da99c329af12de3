// The shell: runs a query, shows its rows as a table and a chart, and proposes words.
import { address, make, read } from "./page.js";

const form = document.getElementById("shell");
const query = document.getElementById("query");
const told = document.getElementById("shell-told");
const rows = document.getElementById("rows");
const proposals = document.getElementById("words");
const MOST_BARS = 40;
let words = null;
let running = false;

function shown(value) {
  if (value === null) return "null";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const isNumber = (type) => /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL)/.test(type);

function table(found) {
  const right = found.columns.map((column) => isNumber(column.type));
  const head = make("tr", {}, ...found.columns.map((column, place) => make("th", { scope: "col", class: right[place] ? "right" : "", title: column.type }, make("bdi", {}, column.name))));
  const body = found.rows.map((row) => make("tr", {}, ...found.columns.map((column, place) => {
    const value = row[column.name];
    return make("td", { class: value === null ? "quiet" : right[place] ? "right" : "" }, make("bdi", { class: "name" }, shown(value)));
  })));
  const made = make("table", { class: "plain list" }, make("thead", {}, head), make("tbody", {}, ...body));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Rows of the query" }, made);
}

// the first text names a bar, the first number is its length
function chart(found) {
  const number = found.columns.find((column) => isNumber(column.type) && column.name !== "commit_id");
  const name = found.columns.find((column) => column.type === "VARCHAR");
  const bars = found.rows.slice(0, MOST_BARS).filter((row) => number && row[number.name] !== null);
  const most = Math.max(...bars.map((row) => Number(row[number.name])));
  if (!number || !name || bars.length < 2 || !(most > 0) || bars.some((row) => Number(row[number.name]) < 0)) return null;
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const put = (tag, attributes, text = "") => {
    const element = document.createElementNS(space, tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    svg.append(element);
  };
  svg.setAttribute("viewBox", `0 0 820 ${bars.length * 20 + 4}`);
  svg.setAttribute("class", "bars");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${number.name} by ${name.name}; the table has the numbers`);
  bars.forEach((row, place) => {
    const label = found.columns.filter((column) => column.type === "VARCHAR").map((column) => shown(row[column.name])).join(" ");
    put("text", { x: 300, y: place * 20 + 15, class: "tick end" }, label.length > 38 ? `${label.slice(0, 37)}…` : label);
    put("rect", { x: 308, y: place * 20 + 3, width: Math.max(1, (430 * Number(row[number.name])) / most), height: 14, class: "bar-C" });
    put("text", { x: 314 + (430 * Number(row[number.name])) / most, y: place * 20 + 15, class: "tick" }, Number(row[number.name]).toLocaleString("en"));
  });
  return make("details", {}, make("summary", {}, `Chart of ${number.name}`), make("div", { class: "chart", tabindex: "0" }, svg));
}

function links() {
  for (const form_ of ["csv", "parquet"]) document.getElementById(form_).href = address(form.dataset.source, { query: query.value, format: form_ });
}

async function run() {
  if (running) return;
  running = true;
  form.querySelector("button[type=submit]").disabled = true;
  told.textContent = "Running …";
  history.replaceState(null, "", address(location.href, { query: query.value }));
  try {
    const found = await read(address(form.dataset.source, { query: query.value }));
    const number = found.rows.length.toLocaleString("en");
    told.textContent = found.more ? `The first ${number} rows, in ${found.seconds} s. A file has more.` : `${number} rows in ${found.seconds} s`;
    const drawn = found.rows.length ? chart(found) : null;
    rows.replaceChildren(...(drawn ? [drawn] : []), found.rows.length ? table(found) : make("p", { class: "quiet" }, "The query has no row."));
  } catch (error) {
    told.textContent = "";
    rows.replaceChildren(make("div", { class: "findings", role: "alert" }, error.message));
  }
  running = false;
  form.querySelector("button[type=submit]").disabled = false;
}

function current() {
  const before = query.value.slice(0, query.selectionStart);
  return (before.match(/[A-Za-z_]\w*$/) || [""])[0];
}

function take(word) {
  const end = query.selectionStart, start = end - current().length;
  query.setRangeText(`${word} `, start, end, "end");
  query.focus();
  propose();
}

async function propose() {
  links();
  const part = current().toLowerCase();
  if (part.length < 2) { proposals.replaceChildren(); return; }
  words = words || (await read(address("/api/v1/words", {})).catch(() => []));
  const found = [...new Set(words.filter((one) => one.word.toLowerCase().startsWith(part) && one.word.toLowerCase() !== part).map((one) => one.word))].slice(0, 8);
  proposals.replaceChildren(...found.map((word) => {
    const button = make("button", { type: "button" }, word);
    button.addEventListener("click", () => take(word));
    return button;
  }));
}

query.addEventListener("input", propose);
query.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
  if (event.key === " " && event.ctrlKey && proposals.firstChild) { event.preventDefault(); take(proposals.firstChild.textContent); }
});
form.addEventListener("submit", (event) => { event.preventDefault(); run(); });
links();
