// Lengths and positions of the drawing are fractions of the canvas's side: it looks the same at any size.

const SENT_SIDE = 280; // px; the model sees 28, so this is ample
const PAUSE = 90; // ms without a change before the drawing is sent …
const PATIENCE = 300; // … and the longest that a hand in motion puts it off, ms
const TIMEOUT = 30_000; // ms; API Gateway gives up here too
const SETTLED = 700; // ms without news before a screen reader says the answer
const MAX_UPLOAD = 4_000_000; // bytes; 6 MB of request to a function is 4.5 MB before base64
const SHRUNK_SIDE = 1400; // px

const $ = (id) => document.getElementById(id);
const board = $("board");
const blank = () => ({ strokes: [], picture: null });

let now = blank(); // {strokes: [[{x, y, w}, …], …], picture: {file, bitmap} or null}
let past = [];
let stroke = null; // the stroke that is being drawn
let pointer = null; // the id of the pointer that draws it; null for the keyboard
const pen = { x: 0.5, y: 0.5, shown: false }; // the keyboard's pen
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
    paint(board, null, getComputedStyle(board).color);
    if (pen.shown) paintPen();
  });
}

function paint(canvas, ground, ink) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (ground) {
    context.fillStyle = ground;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  if (now.picture?.bitmap) paintPicture(context, now.picture.bitmap, canvas.width);
  context.strokeStyle = ink;
  context.lineCap = context.lineJoin = "round";
  for (const points of now.strokes) trace(context, points, canvas.width);
}

function paintPicture(context, bitmap, side) {
  const scale = side / Math.max(bitmap.width, bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  context.imageSmoothingEnabled = scale < 1;
  context.drawImage(bitmap, (side - width) / 2, (side - height) / 2, width, height);
}

// Quadratic curves through the midpoints: no corners where the pointer was sampled.
function trace(context, points, side) {
  let from = points[0];
  points.forEach((point, i) => {
    const next = points[i + 1] ?? point;
    const to = i + 1 < points.length ? { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 } : point;
    context.beginPath();
    context.lineWidth = point.w * side;
    context.moveTo(from.x * side, from.y * side);
    context.quadraticCurveTo(point.x * side, point.y * side, to.x * side, to.y * side);
    context.stroke();
    from = to;
  });
}

function paintPen() {
  const context = board.getContext("2d");
  const side = board.width;
  context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent");
  context.lineWidth = Math.max(2, side / 250);
  context.beginPath();
  context.arc(pen.x * side, pen.y * side, (penWidth() / 2 + 0.012) * side, 0, 2 * Math.PI);
  context.stroke();
}

function penWidth() {
  return Number(document.querySelector("[name=pen]:checked").value);
}

// ---- Mouse, finger and pen

function place(event) {
  const box = board.getBoundingClientRect();
  const width = penWidth() * (event.pointerType === "pen" ? 0.5 + event.pressure : 1);
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, width];
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
  pen.x = Math.min(1, Math.max(0, pen.x + towards("ArrowRight", "ArrowLeft")));
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

$("file").addEventListener("change", () => {
  const [file] = $("file").files;
  if (file) take(file);
  $("file").value = ""; // so that the same file can be chosen again
});

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
  const time = performance.now();
  changed ||= time;
  clearTimeout(timer);
  say(""); // so that the same answer is said again
  timer = setTimeout(ask, Math.max(0, Math.min(PAUSE, changed + PATIENCE - time)));
}

// The request on its way is about something that is no longer there.
function forget() {
  clearTimeout(timer);
  changed = 0;
  flight?.abort();
  flight = null;
}

async function ask() {
  if (flight) return; // its end asks again
  changed = 0;
  const mine = (flight = new AbortController());
  const deadline = setTimeout(() => mine.abort(), TIMEOUT);
  const waiting = setTimeout(() => ($("took").textContent = "waiting for the model …"), 600);
  try {
    const [answer, took] = await predict(await drawing(), mine.signal);
    if (flight === mine) showAnswer(answer, took);
  } catch (error) {
    if (flight === mine) showProblem(...describe(error));
  } finally {
    clearTimeout(deadline);
    clearTimeout(waiting);
    if (flight === mine) {
      flight = null;
      if (changed) askSoon();
    }
  }
}

async function predict(body, signal) {
  const start = performance.now();
  const headers = { "Content-Type": body.type || "application/octet-stream" };
  const response = await fetch("predict?explain=true", { method: "POST", headers, body, signal });
  const text = await response.text();
  const took = performance.now() - start;
  const answer = parse(text);
  if (!response.ok || !answer?.probabilities) throw { response, problem: answer };
  return [answer, took];
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// Black on white whatever the colours on screen; a file goes as it is.
function drawing() {
  if (now.picture) return upload(now.picture);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SENT_SIDE;
  paint(canvas, "white", "black");
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function upload({ file, bitmap }) {
  if (file.size <= MAX_UPLOAD || !bitmap) return file;
  const scale = Math.min(1, SHRUNK_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width * scale;
  canvas.height = bitmap.height * scale;
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const type = file.type === "image/jpeg" ? "image/jpeg" : "image/png"; // others may be transparent
  return new Promise((done) => canvas.toBlob(done, type, 0.9));
}

// The title and the detail of what went wrong, and whether the same may go well another time.
function describe({ name, response, problem }) {
  if (response) {
    const title = problem?.title ?? `The service answered ${response.status}, in words unknown to this page`;
    const reference = response.status >= 500 && problem?.instance ? `Reference: ${problem.instance}` : "";
    const detail = problem?.detail ?? problem?.message ?? "";
    return [title, [detail, reference].filter(Boolean).join(" "), response.status >= 500 || response.status === 429];
  }
  if (name === "AbortError") return ["The service took too long", "The next stroke tries again.", true];
  const cause = navigator.onLine ? "It cannot be reached just now." : "You seem to be offline.";
  return ["No answer from the service", `${cause} The next stroke tries again.`, true];
}

$("retry").addEventListener("click", () => {
  board.focus();
  askSoon();
});
addEventListener("online", () => isBlank() || askSoon());

// ---- Answers

for (let digit = 0; digit < 10; digit++) {
  const row = document.createElement("li");
  row.append(String(digit), document.createElement("i"), document.createElement("b"));
  $("bars").append(row);
}

function percent(share) {
  if (share > 0.9995) return "> 99.9%";
  return share < 0.0005 ? "0%" : `${(100 * share).toFixed(1)}%`;
}

function showAnswer(answer, took) {
  const sure = answer.is_digit;
  const percentage = percent(answer.probability);
  $("answer").dataset.state = sure ? "sure" : "unsure";
  $("digit").textContent = answer.prediction;
  $("caption").textContent = sure ? `${percentage} sure` : `Doesn’t look like a digit. Best guess: ${answer.prediction}`;
  showBars(answer.probabilities);
  showInput(answer.input);
  showModel(answer.model);
  $("took").textContent = `${Math.round(took)} ms`;
  $("problem").hidden = true;
  saySettled(sure ? `${answer.prediction}, ${percentage} sure` : $("caption").textContent);
}

function showBars(shares) {
  const best = shares.indexOf(Math.max(...shares));
  [...$("bars").children].forEach((row, digit) => {
    row.style.setProperty("--share", shares[digit]);
    row.classList.toggle("best", digit === best && shares[best] > 0);
    row.querySelector("b").textContent = percent(shares[digit]);
  });
}

function showInput(rows) {
  const pixels = new ImageData(28, 28);
  rows?.flat().forEach((value, i) => pixels.data.set([value, value, value, 255], 4 * i));
  $("saw").getContext("2d").putImageData(pixels, 0, 0);
}

function showModel(version) {
  $("model").textContent = version ? `model ${version}` : "";
}

function showNothing() {
  $("answer").dataset.state = "blank";
  $("digit").textContent = "–";
  $("caption").textContent = "Nothing to read yet";
  showBars(Array(10).fill(0));
  showInput();
  $("took").textContent = "";
  $("problem").hidden = true;
  say("");
}

function showProblem(title, detail, again = false) {
  showNothing();
  $("answer").dataset.state = "problem";
  $("problem-title").textContent = title;
  $("problem-detail").textContent = detail;
  $("retry").hidden = !again;
  $("problem").hidden = false;
}

// A screen reader hears the answer once the hand rests, not at every stroke's every turn.
let speaking = 0;

function say(words) {
  clearTimeout(speaking);
  $("spoken").textContent = words;
}

function saySettled(words) {
  clearTimeout(speaking);
  speaking = setTimeout(say, SETTLED, words);
}

// ---- Start

$("undo").addEventListener("click", undo);
$("clear").addEventListener("click", clear);
$("choose").addEventListener("click", () => $("file").click());

new ResizeObserver(() => {
  board.width = board.height = Math.round(board.clientWidth * devicePixelRatio);
  repaint();
}).observe(board);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

refresh();

// Says which model answers, and wakes a sleeping function before the first stroke ends.
fetch("health")
  .then((response) => response.json())
  .then(({ model }) => showModel(model))
  .catch(() => {}); // the first stroke will say what is wrong
