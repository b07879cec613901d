// The answer beside the drawing: one digit, a number, nothing, or what went wrong; and its correction.

import { correct, isBlank } from "./service.js";

const SETTLED = 700; // ms without news before a screen reader says the answer
const UNDO = 5_000; // ms until a correction is sent

const $ = (id) => document.getElementById(id);

for (let digit = 0; digit < 10; digit++) {
  const row = document.createElement("li");
  row.append(String(digit), document.createElement("i"), document.createElement("b"));
  $("bars").append(row);
}

function percent(share) {
  if (share > 0.9995) return "> 99.9%";
  return share < 0.0005 ? "0%" : `${(100 * share).toFixed(1)}%`;
}

// Show what came; `pick` is told which digit of a number is looked at, or null.
export function showAnswer({ single, page, took }, pick) {
  const digits = page?.numbers.flatMap((number) => number.digits) ?? [];
  if (digits.length > 1) showNumbers(page, pick);
  else showSingle(single);
  showModel(single.model);
  $("took").textContent = `${Math.round(took)} ms`;
  $("problem").hidden = true;
}

function showSingle(single) {
  const percentage = percent(single.probability);
  const blank = isBlank(single);
  const sure = single.is_digit;
  enter(blank ? "blank" : sure ? "sure" : "unsure");
  $("digit").textContent = blank ? "–" : single.prediction;
  if (blank) $("caption").textContent = "Nothing is written here";
  else if (sure) $("caption").textContent = `${percentage} sure`;
  else $("caption").textContent = `Doesn’t look like a digit. Best guess: ${single.prediction}`;
  showBars(blank ? Array(10).fill(0) : single.probabilities);
  showInput($("saw"), single.input);
  showWays(blank ? [] : single.candidates ?? []);
  saySettled(sure ? `${single.prediction}, ${percentage} sure` : $("caption").textContent);
}

function showNumbers(page, pick) {
  enter("number");
  const least = Math.min(...page.numbers.map((number) => number.probability));
  const many = page.numbers.length > 1 ? `${page.numbers.length} numbers, the least sure ` : "";
  $("text").textContent = page.text;
  $("text").style.setProperty("--length", Math.max(...page.text.split("\n").map((line) => line.length)));
  $("sure").textContent = `${many}${percent(least)} sure`;
  $("digits").replaceChildren(...page.numbers.map((number) => item(number, pick)));
  showBars(Array(10).fill(0));
  saySettled(`${page.text}, ${$("sure").textContent}`);
}

function item(number, pick) {
  const row = document.createElement("li");
  row.ariaLabel = `${number.text}, ${percent(number.probability)} sure`;
  for (const digit of number.digits) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = digit.class;
    button.ariaLabel = `${digit.class}, ${percent(digit.probability)} sure${alternative(digit)}`;
    const look = () => {
      showBars(digit.probabilities ?? only(digit));
      pick(digit);
    };
    const leave = () => {
      showBars(Array(10).fill(0));
      pick(null);
    };
    button.addEventListener("focus", look);
    button.addEventListener("blur", leave);
    button.addEventListener("pointerenter", look);
    button.addEventListener("pointerleave", leave);
    digit.button = button;
    row.append(button);
  }
  return row;
}

const only = (digit) => Array.from({ length: 10 }, (_, each) => (each === digit.class ? digit.probability : 0));

function alternative(digit) {
  const [, next] = [...(digit.probabilities ?? [])].map((share, each) => [share, each]).sort((a, b) => b[0] - a[0]);
  return next && next[0] >= 0.005 ? `, else ${next[1]}, ${percent(next[0])}` : "";
}

function showBars(shares) {
  const best = shares.indexOf(Math.max(...shares));
  [...$("bars").children].forEach((row, digit) => {
    row.style.setProperty("--share", shares[digit]);
    row.classList.toggle("best", digit === best && shares[best] > 0);
    row.querySelector("b").textContent = percent(shares[digit]);
  });
}

function showInput(canvas, rows) {
  const pixels = new ImageData(28, 28);
  rows?.flat().forEach((value, i) => pixels.data.set([value, value, value, 255], 4 * i));
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

// Each way in which the picture was seen, where there was more than one.
function showWays(ways) {
  $("ways").hidden = ways.length < 2;
  $("ways").querySelector("ol").replaceChildren(
    ...ways.map((way) => {
      const row = document.createElement("li");
      const canvas = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
      showInput(canvas, way.input);
      row.append(canvas, `${way.prediction}: ${percent(way.digit_score)} a digit`);
      return row;
    }),
  );
}

export function showModel(version) {
  $("model").textContent = version ? `model ${version}` : "";
}

export function showNothing(caption = "Nothing to read yet") {
  enter("blank");
  $("digit").textContent = "–";
  $("caption").textContent = caption;
  showBars(Array(10).fill(0));
  showInput($("saw"));
  showWays([]);
  $("took").textContent = "";
  $("problem").hidden = true;
  say("");
}

export function showProblem(title, detail, again = false) {
  showNothing();
  enter("problem");
  $("problem-title").textContent = title;
  $("problem-detail").textContent = detail;
  $("retry").hidden = !again;
  $("problem").hidden = false;
}

function enter(state) {
  $("answer").dataset.state = state;
  $("number").hidden = state !== "number";
  if (!sending) $("wrong").hidden = !collects || !["sure", "unsure"].includes(state);
  $("rights").hidden = true;
}

// A screen reader hears the answer once the hand rests, not at every stroke's every turn.
let speaking = 0;

export function say(words) {
  clearTimeout(speaking);
  $("spoken").textContent = words;
}

function saySettled(words) {
  clearTimeout(speaking);
  speaking = setTimeout(say, SETTLED, words);
}

$("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText($("text").textContent);
  say("Copied");
  $("copy").textContent = "Copied";
  setTimeout(() => ($("copy").textContent = "Copy"), 1500);
});

// ---- Corrections, where the service collects them

let collects = false;
let sending = 0; // the timer of a correction that can still be undone

export function offerCorrections(picture) {
  collects = true;
  for (const digit of [..."0123456789", null]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = digit ?? "Not a digit";
    button.addEventListener("click", async () => sendSoon(await picture(), digit === null ? null : Number(digit)));
    $("rights").append(button);
  }
  $("correct").addEventListener("click", () => {
    $("consent").hidden = !!localStorage.getItem("consent");
    $("rights").hidden = false;
    $("rights").querySelector("button").focus();
  });
  $("take-back").addEventListener("click", () => finish("Not sent"));
}

function sendSoon(picture, digit) {
  localStorage.setItem("consent", "1");
  $("rights").hidden = $("correct").hidden = true;
  $("thanks").hidden = false;
  say("Thanks. Undo within five seconds.");
  sending = setTimeout(async () => {
    const sent = await correct(picture, digit).catch(() => null);
    finish(sent?.ok ? "" : "The correction was not taken");
  }, UNDO);
}

function finish(words) {
  clearTimeout(sending);
  sending = 0;
  $("thanks").hidden = true;
  $("correct").hidden = false;
  if (words) say(words);
}
