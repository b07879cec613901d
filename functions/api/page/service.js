// The service: what is asked of it, and in which form it takes a picture.

const TIMEOUT = 30_000; // ms; API Gateway gives up here too
const MAX_UPLOAD = 4_000_000; // bytes; 6 MB of request to a function is 4.5 MB before base64
const MAX_PIXELS = 12_000_000; // of a picture that goes as it is
const SHRUNK_SIDE = 2400; // px; a page of small digits is still legible

// `sam local` spoils binary bodies (aws-sam-cli 3110): there, all pictures go as base64 in JSON.
let binary = !sessionStorage.getItem("base64");
let reads = true; // until /read answers that it is not there

// The answers about a picture: {single, page, took}; `page` is null unless /read was asked.
export async function read(picture, isFile, signal) {
  const start = performance.now();
  const single = await post("predict?explain=true", picture, signal, "probabilities");
  const page = (isFile || !single.is_digit) && !isBlank(single) ? await readPage(picture, signal) : null;
  return { single, page, took: performance.now() - start };
}

export function isBlank(single) {
  return !single.is_digit && !!single.input && !single.input.flat().some(Boolean);
}

async function readPage(picture, signal) {
  if (!reads) return null;
  try {
    return await post("read?explain=true", picture, signal, "numbers");
  } catch (error) {
    if (error.response?.status === 404) reads = false;
    if (error.response && error.response.status < 500) return null; // the other answer stands
    throw error;
  }
}

export async function correct(picture, digit) {
  return send("feedback", JSON.stringify({ image: await dataUrl(picture), class: digit }), "application/json");
}

export async function health() {
  return (await fetch("health")).json();
}

async function post(path, picture, signal, member) {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), TIMEOUT);
  signal.addEventListener("abort", () => deadline.abort());
  try {
    let response = binary && (await send(path, picture, picture.type || "application/octet-stream", deadline.signal));
    if (!response || response.status === 502) {
      const body = JSON.stringify({ image: await dataUrl(picture) });
      const again = await send(path, body, "application/json", deadline.signal);
      if (binary && again.ok) {
        binary = false;
        sessionStorage.setItem("base64", "1");
      }
      response = again;
    }
    const answer = parse(await response.text());
    if (!response.ok || !answer?.[member]) throw { response, problem: answer };
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

function send(path, body, type, signal) {
  return fetch(path, { method: "POST", headers: { "Content-Type": type }, body, signal });
}

function dataUrl(blob) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(blob);
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// A file as it can be sent: whole, or shrunk where it has too many bytes or pixels.
export async function upload({ file, bitmap }) {
  if (!bitmap || (file.size <= MAX_UPLOAD && bitmap.width * bitmap.height <= MAX_PIXELS)) return file;
  const type = /jpe?g/.test(file.type) ? "image/jpeg" : "image/png"; // others may be transparent
  for (let side = SHRUNK_SIDE; ; side *= 0.7) {
    const smaller = await shrink(bitmap, side, type);
    if (smaller.size <= MAX_UPLOAD) return smaller;
  }
}

function shrink(bitmap, side, type) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width * scale;
  canvas.height = bitmap.height * scale;
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, type, 0.9));
}

// The title and the detail of what went wrong, and whether the same may go well another time.
export function describe({ name, response, problem }) {
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
