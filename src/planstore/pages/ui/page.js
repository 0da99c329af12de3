// What all pages do: load their parts, follow new commits, propose names, and tell the commit of the slider.
const POLL = 3000;
const page = document.body;

export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function address(path, values) {
  const made = new URL(path, location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined || value === "") made.searchParams.delete(name);
    else made.searchParams.set(name, value);
  }
  return made.pathname + made.search;
}

export async function read(path, signal) {
  const answer = await fetch(path, { signal, headers: { accept: "application/json" } });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error || `the server answered ${answer.status}`);
  return found;
}

function problem(text) {
  return make("div", { class: "findings", role: "alert" }, text);
}

async function load(place, path) {
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(path);
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...parsed.body.childNodes);
    for (const frame of place.querySelectorAll("[data-from-end]")) frame.scrollLeft = frame.scrollWidth;
  } catch {
    const again = make("button", { type: "button" }, "Try again");
    again.addEventListener("click", () => load(place, path));
    place.replaceChildren(problem("The server did not answer: is planstore ui still running? "), again);
  }
  place.setAttribute("aria-busy", "false");
}

export async function loadParts(root) {
  await Promise.all([...root.querySelectorAll("[data-part]")].map((place) => load(place, place.dataset.part)));
}

// a page of a table is shown in the place of the one before it, and has an address of its own
document.addEventListener("click", async (event) => {
  const link = event.target.closest && event.target.closest(".deferred .pager a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const place = link.closest(".deferred");
  await load(place, link.dataset.source);
  const number = new URL(link.href).searchParams.get("page");
  history.replaceState(null, "", address(location.href, { page: number }));
  const region = place.querySelector("[role=region]");
  if (region) region.focus();
});

// follow new commits: a live page shows them, any other says that there are some
async function refresh() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = parsed.getElementById("content");
  await loadParts(fresh);
  document.getElementById("content").replaceChildren(...fresh.childNodes);
  const [before, now] = [document, parsed].map((one) => one.querySelector(".time"));
  if (now && !(before && before.open)) {
    if (before) before.replaceWith(now);
    else document.querySelector("header.site").append(now);
    tellCommit();
  }
  page.dataset.commit = parsed.body.dataset.commit;
}

async function follow() {
  const news = document.getElementById("news");
  let wait = POLL;
  if (!document.hidden) {
    try {
      const { commit_id: newest } = await read("/api/v1/head");
      const more = newest - Number(page.dataset.commit);
      // because a reader who is in the middle of a page would lose the place
      const isLive = document.querySelector("[data-live]") && !document.querySelector("#content :focus");
      if (more > 0 && isLive) await refresh();
      else if (more > 0) {
        const link = make("a", { href: location.href }, "Show them");
        link.addEventListener("click", (event) => { event.preventDefault(); location.reload(); });
        news.replaceChildren(`${more.toLocaleString("en")} new commit${more === 1 ? "" : "s"} since this page was read. `, link);
      }
      news.hidden = more <= 0 || Boolean(isLive);
    } catch {
      news.replaceChildren("The server does not answer: start planstore ui again to go on.");
      news.hidden = false;
      wait = 5 * POLL;
    }
  }
  setTimeout(follow, wait);
}

function proposeNames() {
  const input = document.getElementById("find");
  const list = document.getElementById("found");
  let waiting = 0;
  let asked = new AbortController();
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    asked.abort();
    if (!input.value) return;
    waiting = setTimeout(async () => {
      asked = new AbortController();
      try {
        const names = await read(address("/api/v1/names", { part: input.value }), asked.signal);
        list.replaceChildren(...names.map((found) => make("option", { value: found.name }, found.kind)));
      } catch (error) {
        if (error.name !== "AbortError") list.replaceChildren();
      }
    }, 150);
  });
}

function tellCommit() {
  const slider = document.getElementById("as-of");
  if (!slider) return;
  const output = document.getElementById("as-of-text");
  let waiting = 0;
  const tell = () => {
    output.textContent = `commit ${Number(slider.value).toLocaleString("en")}`;
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const wanted = slider.value;
      const commit = await read(address("/api/v1/commit", { id: wanted })).catch(() => null);
      if (commit && slider.value === wanted) {
        const run = commit.run_id ? ` ${commit.run_id}` : "";
        output.textContent = `commit ${Number(wanted).toLocaleString("en")}: ${commit.kind}${run}, ${commit.recorded_at.slice(0, 16).replace("T", " ")} UTC`;
      }
    }, 120);
  };
  slider.addEventListener("input", tell);
  slider.closest("details").addEventListener("toggle", tell, { once: true });
  if (slider.closest("details").open) tell();
}

loadParts(document);
proposeNames();
tellCommit();
if ("follows" in page.dataset) setTimeout(follow, POLL);
