// The map of routes: a canvas of any number of pairs, with zoom, order, pointer and keyboard.
import { address, make, read } from "./page.js";

const frame = document.getElementById("map");
const canvas = document.getElementById("map-canvas");
const context = canvas.getContext("2d");
const told = document.getElementById("map-cell");
const LARGEST = 34;
const NAMED = 12; // cells from this size have names beside them
const LETTERED = 13;

let data = null;
let rows = [];
let cell = 20;
let left = 0; // the first column and row in view, in cells
let top_ = 0;
let chosen = null;
let pixels = null;
let colours = {};
let dragged = null;

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const gutter = () => (cell >= NAMED ? Math.min(210, canvas.clientWidth * 0.32) : 0);
const head = () => (cell >= NAMED ? 66 : 0);

function readColours() {
  colours = {};
  for (const chip of frame.querySelectorAll(".legend .chip:not(.flip)")) {
    const drawn = getComputedStyle(chip);
    colours[chip.textContent] = [drawn.backgroundColor, drawn.color];
  }
}

function channels(colour) {
  return (colour.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
}

// a picture with a pixel for each pair, which the canvas scales
function paint() {
  const width = Math.max(1, data.symbols.length), height = Math.max(1, rows.length);
  const image = new ImageData(width, height);
  const ink = Object.fromEntries(Object.entries(colours).map(([letter, pair]) => [letter, channels(pair[0])]));
  rows.forEach((row, y) => {
    const letters = data.routes[row];
    for (let x = 0; x < letters.length; x += 1) {
      const colour = ink[letters[x]];
      if (colour) image.data.set([colour[0], colour[1], colour[2], 255], (y * width + x) * 4);
    }
  });
  pixels = document.createElement("canvas");
  pixels.width = width;
  pixels.height = height;
  pixels.getContext("2d").putImageData(image, 0, 0);
}

function isFlipped(row, column) {
  const now = data.routes[row][column];
  return data.other_run_id !== null && now !== " " && now !== "." && data.previous[row][column] !== now;
}

function shorten(text, width) {
  if (context.measureText(text).width <= width) return text;
  let low = 0, high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}

function draw() {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = style("--paper");
  context.fillRect(0, 0, width, height);
  const x0 = gutter(), y0 = head();
  const columns = Math.min(data.symbols.length - left, (width - x0) / cell);
  const lines = Math.min(rows.length - top_, (height - y0) / cell);
  if (columns <= 0 || lines <= 0) return;
  context.imageSmoothingEnabled = cell < 1;
  context.drawImage(pixels, left, top_, columns, lines, x0, y0, columns * cell, lines * cell);
  if (cell >= 4) drawCells(x0, y0, columns, lines);
  if (cell >= NAMED) drawNames(x0, y0, columns, lines);
  if (chosen) drawChosen(x0, y0);
}

function drawCells(x0, y0, columns, lines) {
  const flip = style("--flip"), paper = style("--paper");
  context.font = `600 ${Math.min(13, cell * 0.55)}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let y = Math.floor(top_); y < top_ + lines; y += 1) {
    for (let x = Math.floor(left); x < left + columns; x += 1) {
      const letter = data.routes[rows[y]][x];
      const at = x0 + (x - left) * cell, line = y0 + (y - top_) * cell;
      context.strokeStyle = paper;
      context.lineWidth = cell >= 9 ? 2 : 0.5;
      context.strokeRect(at, line, cell, cell);
      if (cell >= LETTERED && colours[letter]) {
        context.fillStyle = colours[letter][1];
        context.fillText(letter, at + cell / 2, line + cell / 2 + 0.5);
      }
      if (isFlipped(rows[y], x)) {
        const size = Math.max(3, cell * 0.32);
        context.fillStyle = flip;
        context.beginPath();
        context.moveTo(at + cell - 1, line + 1);
        context.lineTo(at + cell - 1 - size, line + 1);
        context.lineTo(at + cell - 1, line + 1 + size);
        context.fill();
      }
    }
  }
}

function drawNames(x0, y0, columns, lines) {
  context.fillStyle = style("--paper");
  context.fillRect(0, 0, x0, canvas.clientHeight);
  context.fillRect(0, 0, canvas.clientWidth, y0);
  context.fillStyle = style("--ink");
  context.font = `${Math.min(12, cell)}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  for (let y = Math.ceil(top_); y < top_ + lines; y += 1) {
    context.fillText(shorten(data.targets[rows[y]], x0 - 14), 6, y0 + (y - top_ + 0.5) * cell);
  }
  for (let x = Math.ceil(left); x < left + columns; x += 1) {
    context.save();
    context.translate(x0 + (x - left + 0.5) * cell, y0 - 5);
    context.rotate(-Math.PI / 2);
    context.fillText(shorten(data.symbols[x], y0 - 8), 0, 0);
    context.restore();
  }
}

function drawChosen(x0, y0) {
  const place = rows.indexOf(chosen.row);
  const size = Math.max(cell, 5);
  context.strokeStyle = style("--ink");
  context.lineWidth = 2;
  context.strokeRect(x0 + (chosen.column - left) * cell, y0 + (place - top_) * cell, size, size);
}

function clamp() {
  const columns = (canvas.clientWidth - gutter()) / cell, lines = (canvas.clientHeight - head()) / cell;
  left = Math.max(0, Math.min(left, data.symbols.length - columns));
  top_ = Math.max(0, Math.min(top_, rows.length - lines));
}

function fit() {
  const wide = canvas.clientWidth / Math.max(1, data.symbols.length);
  const named = (canvas.clientWidth - Math.min(210, canvas.clientWidth * 0.32)) / Math.max(1, data.symbols.length);
  cell = Math.min(LARGEST, named >= NAMED ? named : Math.min(wide, NAMED - 0.5));
  const tallest = Math.max(480, Math.min(900, window.innerHeight * 0.85));
  const height = Math.max(160, Math.min(tallest, rows.length * cell + (cell >= NAMED ? 66 : 0) + 2));
  canvas.style.height = `${height}px`;
  if (cell < NAMED) cell = Math.min(cell, height / Math.max(1, rows.length));
  left = top_ = 0;
  draw();
}

function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const column = left + (x - gutter()) / cell, line = top_ + (y - head()) / cell;
  cell = Math.max(0.2, Math.min(LARGEST, cell * factor));
  left = column - (x - gutter()) / cell;
  top_ = line - (y - head()) / cell;
  clamp();
  draw();
}

function at(event) {
  const column = Math.floor(left + (event.offsetX - gutter()) / cell);
  const place = Math.floor(top_ + (event.offsetY - head()) / cell);
  if (event.offsetX < gutter() || event.offsetY < head() || column < 0 || column >= data.symbols.length || place < 0 || place >= rows.length) return null;
  return { row: rows[place], column };
}

function nameOf(letter) {
  return data.letters[letter] ? data.letters[letter].name : letter === "." ? "outside of the filter" : "no decision";
}

function pairOf(found) {
  return address(frame.dataset.pair, { target: data.targets[found.row], symbol: data.symbols[found.column] });
}

function tell(found) {
  if (!found) return;
  const now = data.routes[found.row][found.column];
  const flipped = isFlipped(found.row, found.column) ? `, before: ${nameOf(data.previous[found.row][found.column])}` : "";
  told.replaceChildren(
    make("bdi", {}, data.targets[found.row]), " on ", make("bdi", {}, data.symbols[found.column]), `: ${nameOf(now)}${flipped}. `,
    make("a", { href: pairOf(found) }, "Why?"));
}

function choose(found) {
  chosen = found;
  const place = rows.indexOf(found.row);
  const columns = (canvas.clientWidth - gutter()) / cell, lines = (canvas.clientHeight - head()) / cell;
  if (found.column < left) left = found.column;
  if (found.column >= left + columns - 1) left = found.column - columns + 1;
  if (place < top_) top_ = place;
  if (place >= top_ + lines - 1) top_ = place - lines + 1;
  clamp();
  tell(found);
  draw();
}

function order(name) {
  const by = { flips: (row) => -data.flips[row], score: (row) => -(data.score[row] ?? -Infinity), name: (row) => row }[name];
  rows = data.targets.map((_, row) => row).filter((row) => data.fittings[row] || !data.routes[row].includes(".")).sort((a, b) => by(a) - by(b) || a - b);
  paint();
}

canvas.addEventListener("pointerdown", (event) => { dragged = { x: event.clientX, y: event.clientY, left, top: top_, moved: false }; canvas.setPointerCapture(event.pointerId); });
canvas.addEventListener("pointermove", (event) => {
  if (!data) return;
  if (!dragged) { tell(at(event)); return; }
  const x = event.clientX - dragged.x, y = event.clientY - dragged.y;
  if (Math.abs(x) + Math.abs(y) > 5) dragged.moved = true;
  left = dragged.left - x / cell;
  top_ = dragged.top - y / cell;
  clamp();
  draw();
});
canvas.addEventListener("pointerup", (event) => {
  const found = data && dragged && !dragged.moved ? at(event) : null;
  dragged = null;
  if (!found) return;
  choose(found);
  if (event.pointerType === "mouse" && data.routes[found.row][found.column] !== " ") location.assign(pairOf(found));
});
canvas.addEventListener("wheel", (event) => {
  if (!data || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  zoom(event.deltaY < 0 ? 1.25 : 0.8, event.offsetX, event.offsetY);
}, { passive: false });
canvas.addEventListener("keydown", (event) => {
  if (!data || !rows.length || !data.symbols.length) return;
  const now = chosen || { row: rows[0], column: 0 };
  const place = rows.indexOf(now.row);
  const steps = {
    ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0], PageDown: [10, 0], PageUp: [-10, 0],
    Home: [0, -now.column], End: [0, data.symbols.length - 1 - now.column],
  };
  if (event.key === "Enter" && chosen) location.assign(pairOf(chosen));
  else if (event.key === "+" || event.key === "=") zoom(1.4);
  else if (event.key === "-") zoom(1 / 1.4);
  else if (steps[event.key]) {
    const [down, right] = chosen ? steps[event.key] : [0, 0];
    choose({
      row: rows[Math.max(0, Math.min(rows.length - 1, place + down))],
      column: Math.max(0, Math.min(data.symbols.length - 1, now.column + right)),
    });
  } else return;
  event.preventDefault();
});
document.getElementById("map-in").addEventListener("click", () => zoom(1.5));
document.getElementById("map-out").addEventListener("click", () => zoom(1 / 1.5));
document.getElementById("map-fit").addEventListener("click", fit);
document.getElementById("map-order").addEventListener("change", (event) => { order(event.target.value); draw(); });
window.addEventListener("resize", () => { if (data) { clamp(); draw(); } });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (data) { readColours(); paint(); draw(); } });

frame.hidden = false;
frame.setAttribute("aria-busy", "true");
const state = document.getElementById("map-told");
state.textContent = "Reading the map …";
try {
  data = await read(frame.dataset.source);
  readColours();
  order("name");
  fit();
  const fitting = data.fittings.reduce((sum, count) => sum + count, 0);
  state.textContent = fitting ? `${fitting.toLocaleString("en")} pairs shown` : "No pair fits the filter";
  performance.mark("map");
} catch (error) {
  state.textContent = `The map cannot be shown: ${error.message}`;
}
frame.setAttribute("aria-busy", "false");
