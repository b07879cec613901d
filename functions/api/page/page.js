// The drawing: strokes and pictures on the board, by hand, by key and from files; and when it is read.
// Lengths and positions are fractions of the board's height: it looks the same at any size.

import { offerCorrections, say, showAnswer, showModel, showNothing, showProblem } from "./answer.js";
import { describe, health, read, upload } from "./service.js";

const SENT_HEIGHT = 280; // px; the model sees a digit in 28, so this is ample
const AROUND = 0.25; // what is sent around the ink on its left and right
const PAUSE = 90; // ms without a change before the drawing is sent …
const PATIENCE = 300; // … and the longest that a hand in motion puts it off, ms

const $ = (id) => document.getElementById(id);
const board = $("board");
const blank = () => ({ strokes: [], picture: null });

let now = blank(); // {strokes: [[{x, y, w}, …], …], picture: {file, bitmap} or null}
let past = [];
let stroke = null; // the stroke that is being drawn
let pointer = null; // the id of the pointer that draws it; null for the keyboard
let seen = null; // the page that was read, and how its pixels lie on the board: {page, x, y, scale}
let looked = null; // the digit of it that is looked at
const pen = { x: 0.5, y: 0.5, shown: false }; // the keyboard's pen
const wide = () => board.width / board.height || 1;
const held = new Set(); // arrow keys

// ---- The drawing

function change(next) {
  past.push(now);
  now = next;
  stroke = null;
  forget();
  refresh();
}

function undo() {
  if (!past.length) return;
  now = past.pop();
  stroke = null;
  forget();
  refresh();
}

function clear() {
  if (!isBlank()) change(blank());
}

function isBlank() {
  return !now.picture && !now.strokes.length;
}

function refresh() {
  $("undo").disabled = !past.length;
  $("clear").disabled = isBlank();
  $("hint").hidden = !isBlank() && (!now.picture || now.picture.bitmap !== null);
  $("hint").querySelector("strong").textContent = now.picture ? now.picture.file.name : "Draw here";
  $("hint").querySelector("span").textContent = now.picture
    ? "no preview of this file here"
    : "or drop, paste or choose an image";
  repaint();
  if (isBlank()) showNothing();
  else askSoon();
}

function begin(x, y, width) {
  const fresh = [{ x, y, w: width }];
  if (now.picture) change({ strokes: [fresh], picture: null });
  else {
    past.push(now);
    now = { strokes: [...now.strokes, fresh], picture: null };
    refresh();
  }
  stroke = fresh;
}

function extend(x, y, width) {
  const last = stroke.at(-1);
  if (Math.hypot(x - last.x, y - last.y) < 0.003) return;
  stroke.push({ x, y, w: last.w + (width - last.w) * 0.3 }); // pressure jitters; width must not
  repaint();
  askSoon();
}

// ---- Painting

let painting = 0;

function repaint() {
  painting ||= requestAnimationFrame(() => {
    painting = 0;
    paint(board, null, getComputedStyle(board).color, 0);
    if (seen) paintBoxes();
    if (pen.shown) paintPen();
  });
}

// `left` is where the canvas begins on the board.
function paint(canvas, ground, ink, left) {
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (ground) {
    context.fillStyle = ground;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  if (now.picture?.bitmap) paintPicture(context, now.picture.bitmap, canvas);
  context.strokeStyle = ink;
  context.lineCap = context.lineJoin = "round";
  context.translate(-left * canvas.height, 0);
  for (const points of now.strokes) trace(context, points, canvas.height);
  context.setTransform(1, 0, 0, 1, 0, 0);
}

// Where a picture of this size stands on the board, in the board's pixels.
function fitted(width, height) {
  const scale = Math.min(board.width / width, board.height / height);
  return { x: (board.width - width * scale) / 2, y: (board.height - height * scale) / 2, scale };
}

function paintPicture(context, bitmap) {
  const { x, y, scale } = fitted(bitmap.width, bitmap.height);
  context.imageSmoothingEnabled = scale < 1;
  context.drawImage(bitmap, x, y, bitmap.width * scale, bitmap.height * scale);
}

// Quadratic curves through the midpoints: no corners where the pointer was sampled.
function trace(context, points, height) {
  let from = points[0];
  points.forEach((point, i) => {
    const next = points[i + 1] ?? point;
    const to = i + 1 < points.length ? { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 } : point;
    context.beginPath();
    context.lineWidth = point.w * height;
    context.moveTo(from.x * height, from.y * height);
    context.quadraticCurveTo(point.x * height, point.y * height, to.x * height, to.y * height);
    context.stroke();
    from = to;
  });
}

function paintPen() {
  const context = board.getContext("2d");
  const height = board.height;
  context.strokeStyle = accent();
  context.lineWidth = Math.max(2, height / 250);
  context.beginPath();
  context.arc(pen.x * height, pen.y * height, (penWidth() / 2 + 0.012) * height, 0, 2 * Math.PI);
  context.stroke();
}

function accent() {
  return getComputedStyle(document.documentElement).getPropertyValue("--accent");
}

function paintBoxes() {
  const context = board.getContext("2d");
  context.strokeStyle = accent();
  for (const digit of digitsSeen()) {
    const [x, y, width, height] = onBoard(digit);
    context.lineWidth = digit === looked ? 4 * devicePixelRatio : 1.5 * devicePixelRatio;
    context.strokeRect(x, y, width, height);
  }
}

function digitsSeen() {
  return seen.page.numbers.flatMap((number) => number.digits);
}

function onBoard({ box: [x, y, width, height] }) {
  const { scale } = seen;
  return [seen.x + x * scale, seen.y + y * scale, width * scale, height * scale];
}

// The digit whose box is under the pointer is looked at, as with the keyboard's focus.
board.addEventListener("pointermove", (event) => {
  if (!seen || stroke) return;
  const [x, y] = [event.offsetX * devicePixelRatio, event.offsetY * devicePixelRatio];
  const digit = digitsSeen().find((each) => {
    const [left, top, width, height] = onBoard(each);
    return x >= left && x <= left + width && y >= top && y <= top + height;
  });
  if ((digit ?? null) === looked) return;
  looked?.button?.dispatchEvent(new PointerEvent("pointerleave"));
  digit?.button?.dispatchEvent(new PointerEvent("pointerenter"));
});

board.addEventListener("pointerleave", () => looked?.button?.dispatchEvent(new PointerEvent("pointerleave")));

function penWidth() {
  return Number(document.querySelector("[name=pen]:checked").value);
}

// ---- Mouse, finger and pen

function place(event) {
  const box = board.getBoundingClientRect();
  const width = penWidth() * (event.pointerType === "pen" ? 0.5 + event.pressure : 1);
  return [(event.clientX - box.left) / box.height, (event.clientY - box.top) / box.height, width];
}

board.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button !== 0) return;
  board.setPointerCapture(event.pointerId);
  pointer = event.pointerId;
  pen.shown = false;
  begin(...place(event));
});

board.addEventListener("pointermove", (event) => {
  if (!stroke || event.pointerId !== pointer) return;
  const events = event.getCoalescedEvents?.() ?? [];
  for (const each of events.length ? events : [event]) extend(...place(each));
});

for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
  board.addEventListener(end, (event) => {
    if (event.pointerId !== pointer) return;
    stroke = pointer = null;
  });
}

// ---- Keyboard

board.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") putDownOrLift(event.repeat);
  else if (event.key.startsWith("Arrow")) movePen(event);
  else return;
  event.preventDefault();
});

board.addEventListener("keyup", (event) => held.delete(event.key));

board.addEventListener("blur", () => {
  held.clear();
  pen.shown = false;
  if (pointer === null) stroke = null;
  repaint();
});

function putDownOrLift(repeated) {
  if (repeated || pointer !== null) return;
  pen.shown = true;
  say(stroke ? "Pen up" : "Pen down");
  if (stroke) stroke = null;
  else begin(pen.x, pen.y, penWidth());
  repaint();
}

function movePen(event) {
  held.add(event.key);
  const step = event.shiftKey ? 0.005 : 0.02;
  const towards = (more, less) => step * (held.has(more) - held.has(less));
  pen.x = Math.min(wide(), Math.max(0, pen.x + towards("ArrowRight", "ArrowLeft")));
  pen.y = Math.min(1, Math.max(0, pen.y + towards("ArrowDown", "ArrowUp")));
  pen.shown = true;
  if (stroke && pointer === null) extend(pen.x, pen.y, penWidth());
  repaint();
}

addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  const command = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  if (command && key === "z") undo();
  else if (command && key === "o") $("file").click();
  else if (key === "escape") clear();
  else return;
  event.preventDefault();
});

// ---- Images

let newest = null;

async function take(file) {
  newest = file;
  try {
    await file.slice(0, 1).arrayBuffer(); // a folder, or a file that is gone, cannot be read
  } catch {
    showProblem("That cannot be read", "Choose an image file.");
    return;
  }
  const bitmap = await createImageBitmap(file).catch(() => null); // the server has the last word on a file
  if (newest === file) change({ strokes: [], picture: { file, bitmap } });
}

for (const input of [$("file"), $("photo")]) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) take(file);
    input.value = ""; // so that the same file can be chosen again
  });
}

addEventListener("paste", (event) => {
  const [file] = event.clipboardData?.files ?? [];
  if (!file) return;
  event.preventDefault();
  take(file);
});

addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});

addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dropping");
});

addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  const [file] = event.dataTransfer?.files ?? [];
  if (file) take(file);
  else showProblem("That was not a file", "Save the image, then drop the file here.");
});

// ---- Asking: one request at a time; while it is on its way, only the newest drawing waits

let timer = 0;
let changed = 0; // when the oldest change that was not sent happened, ms
let flight = null;

function askSoon() {
  seen = looked = null; // the boxes of what is no longer there
  const time = performance.now();
  changed ||= time;
  clearTimeout(timer);
  say(""); // so that the same answer is said again
  timer = setTimeout(ask, Math.max(0, Math.min(PAUSE, changed + PATIENCE - time)));
}

// The request on its way is about something that is no longer there.
function forget() {
  seen = looked = null;
  clearTimeout(timer);
  changed = 0;
  flight?.abort();
  flight = null;
}

async function ask() {
  if (flight) return; // its end asks again
  changed = 0;
  const mine = (flight = new AbortController());
  const waiting = setTimeout(() => ($("took").textContent = "waiting for the model …"), 600);
  try {
    const sent = await drawing();
    const answer = await read(sent.picture, !!now.picture, mine.signal);
    if (flight === mine) show(answer, sent);
  } catch (error) {
    if (flight === mine) showProblem(...describe(error));
  } finally {
    clearTimeout(waiting);
    if (flight === mine) {
      flight = null;
      if (changed) askSoon();
    }
  }
}

function show(answer, { left }) {
  look(null);
  showAnswer(answer, look);
  const isNumber = $("answer").dataset.state === "number";
  seen = isNumber ? { page: answer.page, left, ...placed(answer.page.size, left) } : null;
  repaint();
}

function look(digit) {
  looked = digit;
  for (const each of $("digits").querySelectorAll("button")) each.classList.toggle("looked", each === digit?.button);
  repaint();
}

// How the pixels of what was sent lie on the board.
function placed([width, height], left) {
  if (now.picture) return fitted(width, height);
  return { x: left * board.height, y: 0, scale: board.height / height };
}

// Black on white whatever the colors on screen, from left to right as far as there is ink; a file goes as it is.
async function drawing() {
  if (now.picture) return { picture: await upload(now.picture), left: 0 };
  const xs = now.strokes.flat().map((point) => point.x);
  const left = Math.max(0, Math.min(...xs) - AROUND);
  const right = Math.min(wide(), Math.max(...xs) + AROUND);
  const canvas = document.createElement("canvas");
  canvas.height = SENT_HEIGHT;
  canvas.width = Math.round((right - left) * SENT_HEIGHT);
  paint(canvas, "white", "black", left);
  return { picture: await new Promise((done) => canvas.toBlob(done, "image/png")), left };
}

$("retry").addEventListener("click", () => {
  board.focus();
  askSoon();
});
addEventListener("online", () => isBlank() || askSoon());

// ---- Start

$("undo").addEventListener("click", undo);
$("clear").addEventListener("click", clear);
$("choose").addEventListener("click", () => $("file").click());
$("camera").addEventListener("click", () => $("photo").click());

new ResizeObserver(() => {
  board.width = Math.round(board.clientWidth * devicePixelRatio);
  board.height = Math.round(board.clientHeight * devicePixelRatio);
  seen &&= { ...seen, ...placed(seen.page.size, seen.left) };
  repaint();
}).observe(board);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

refresh();

// Says which model answers, and wakes a sleeping function before the first stroke ends.
health()
  .then(({ model, feedback }) => {
    showModel(model);
    if (feedback) offerCorrections(async () => (await drawing()).picture);
  })
  .catch(() => {}); // the first stroke will say what is wrong
