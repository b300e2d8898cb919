"use strict";
const report = JSON.parse(document.getElementById("report").textContent);
const byId = id => document.getElementById(id);
const NS = "http://www.w3.org/2000/svg";
const list = byId("functions"), names = byId("layers"), one = byId("one"), filter = byId("filter");
let layer = null, chosen = null, cross = null;

// Text is put in as text, never as markup.
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
function draw(tag, attributes = {}, text = null) {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== null) node.textContent = text;
  return node;
}
function number(value, digits = 3) {
  if (value === null) return "—";
  const size = Math.abs(value);
  const text = size === 0 ? "0" : size < 1e-3 || size >= 1e5 ? value.toExponential(digits - 1).replace(/\.?0+e/, "e") : String(Number(value.toPrecision(digits)));
  return text.replace("-", "−").replace("e-", "e−").replace("e+", "e");
}
const percent = share => `${number(share * 100)} %`;
const signed = value => (value > 0 ? "+" : "") + number(value);
const score = f => layer.by === "attribution" ? f.attribution : f.share;
const scoreText = f => layer.by === "attribution" ? `${number(f.attribution * 1000, 2)} mnat` : percent(f.share);
const count = value => value.toLocaleString("en-US");

// Ticks at 1, 2 or 5 times a power of ten.
function ticks(from, to, about) {
  const raw = (to - from) / about, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find(times => times * power >= raw * 0.999);
  const found = [];
  for (let at = Math.ceil(from / step); at * step <= to; at++) found.push(Number((at * step).toPrecision(12)));
  return found;
}

// A picture of a function, with its histogram below the curve; box holds its sizes.
function picture(f, box) {
  const { width, height, left, bottom, top, right } = box;
  const values = f.y.filter(value => value !== null);
  let low = Math.min(...values), high = Math.max(...values);
  const room = Math.max((high - low) * 0.07, Math.abs(high) * 1e-6, 1e-12);
  low -= room;
  high += room;
  const X = x => left + (x - f.from) / (f.to - f.from) * (width - left - right);
  const Y = y => height - bottom - (Math.min(high, Math.max(low, y)) - low) / (high - low) * (height - bottom - top);
  const at = i => f.from + (f.to - f.from) * i / (f.y.length - 1);
  const path = ys => {
    let data = "", pen = "M";
    ys.forEach((y, i) => {
      if (y === null) { pen = "M"; return; }
      data += `${pen}${X(at(i)).toFixed(1)} ${Y(y).toFixed(1)}`;
      pen = "L";
    });
    return data;
  };
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, class: box.big ? "big" : "small" });
  svg.append(draw("rect", { class: "field", x: left, y: top, width: width - left - right, height: height - top - bottom }));
  const most = Math.max(1, ...f.bins.counts);
  let bars = "";
  f.bins.counts.forEach((tall, bin) => {
    const from = Math.max(f.from, f.bins.low + bin * f.bins.width), to = Math.min(f.to, f.bins.low + (bin + 1) * f.bins.width);
    if (tall && to > from)
      bars += `M${X(from).toFixed(1)} ${height - bottom}v${(-tall / most * (height - top - bottom) * 0.55).toFixed(1)}H${X(to).toFixed(1)}V${height - bottom}z`;
  });
  svg.append(draw("path", { class: "bars", d: bars }));
  if (box.big) {
    for (const x of ticks(f.from, f.to, 7)) {
      svg.append(draw("line", { class: "rule", x1: X(x), x2: X(x), y1: top, y2: height - bottom }));
      svg.append(draw("text", { class: "mid", x: X(x), y: height - bottom + 17 }, number(x)));
    }
    for (const y of ticks(low, high, 5)) {
      svg.append(draw("line", { class: "rule", x1: left, x2: width - right, y1: Y(y), y2: Y(y) }));
      svg.append(draw("text", { class: "end", x: left - 7, y: Y(y) + 4 }, number(y)));
    }
    svg.append(draw("text", { class: "mid", x: (left + width - right) / 2, y: height - 4 }, layer.normed ? "x, behind the layer norm" : "x, what enters"));
  }
  if (low < 0 && high > 0) svg.append(draw("line", { class: "zero", x1: left, x2: width - right, y1: Y(0), y2: Y(0) }));
  (f.grid || []).forEach((end, which) => {
    if (end === null || end < f.from || end > f.to) return;
    svg.append(draw("line", { class: "ends", "data-end": which ? "high" : "low", x1: X(end), x2: X(end), y1: top, y2: height - bottom }));
    if (box.big) svg.append(draw("text", { class: which ? "end" : "", x: X(end) + (which ? -5 : 5), y: top + 14 }, which ? "grid ends" : "grid begins"));
  });
  svg.append(draw("path", { class: "curve", d: path(f.y) }));
  if (f.formula) svg.append(draw("path", { class: "fit", d: path(f.formula.y) }));
  return { svg, X, Y, at };
}

function large(f) {
  const narrow = one.clientWidth < 520;
  const box = { big: true, width: narrow ? 400 : 760, height: narrow ? 290 : 380, left: 58, right: 10, top: 8, bottom: 40 };
  const { svg, X, Y, at } = picture(f, box);
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `Curve of ${f.words} over what enters it; arrow keys read values`);
  const line = draw("line", { class: "cross", y1: box.top, y2: box.height - box.bottom, visibility: "hidden" });
  const spot = draw("circle", { class: "spot", r: 5, visibility: "hidden" });
  svg.append(line, spot);
  const hint = "Point at the curve to read its values; bars: what enters" + (f.grid ? ", dashed: the grid’s ends." : ".");
  const caption = make("figcaption", { id: "values" }, hint);
  let index = null;
  cross = i => {
    index = i;
    const y = i === null ? null : f.y[i];
    for (const mark of [line, spot]) mark.setAttribute("visibility", y === null ? "hidden" : "visible");
    if (y === null) { caption.textContent = hint; return; }
    const x = at(i), bin = Math.floor((x - f.bins.low) / f.bins.width), all = f.bins.counts.reduce((a, b) => a + b, 0);
    line.setAttribute("x1", X(x));
    line.setAttribute("x2", X(x));
    spot.setAttribute("cx", X(x));
    spot.setAttribute("cy", Y(y));
    caption.textContent = `x = ${number(x, 4)}, f(x) = ${number(y, 4)}` + (f.formula ? `, formula ${number(f.formula.y[i], 4)}` : "") + `; ${percent((f.bins.counts[bin] || 0) / Math.max(1, all))} of what enters is in this bin`;
  };
  const pointed = event => {
    const bounds = svg.getBoundingClientRect(), x = (event.clientX - bounds.left) / bounds.width * box.width;
    const i = Math.round((x - box.left) / (box.width - box.left - box.right) * (f.y.length - 1));
    cross(Math.min(f.y.length - 1, Math.max(0, i)));
  };
  svg.addEventListener("pointermove", pointed);
  svg.addEventListener("pointerdown", pointed);
  svg.addEventListener("pointerleave", () => { if (document.activeElement !== svg) cross(null); });
  svg.addEventListener("blur", () => cross(null));
  svg.addEventListener("keydown", event => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: 10, ArrowDown: -10 }[event.key];
    if (event.key === "Escape") cross(null);
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    cross(index === null ? Math.floor(f.y.length / 2) : Math.min(f.y.length - 1, Math.max(0, index + step)));
  });
  return make("figure", {}, svg, caption);
}

function numbers(f) {
  const dl = make("dl", { id: "numbers" });
  const tell = (name, value, id = null, wide = false) => {
    const dd = make("dd", { ...(id ? { id } : {}), ...(wide ? { class: "wide" } : {}) }, value);
    dl.append(make("dt", wide ? { class: "wide" } : {}, name), dd);
  };
  if (f.removal) {
    const error = f.removal.error === null ? "" : ` ± ${number(f.removal.error * 1000, 2)}`;
    tell("Loss without it", `${f.removal.loss.toFixed(5)}, ${signed(f.removal.rise * 1000)}${error} thousandths against ${report.sample.loss.toFixed(5)}`, "removal", true);
  } else tell("Loss without it", "not measured", "removal", true);
  if (f.formula) tell(make("span", {}, make("span", { class: "key f" }), `Formula, r² ${f.formula.r2.toFixed(4)}`), make("code", {}, f.formula.text), "formula", true);
  else tell("Formula", "none of the simple functions fits", "formula", true);
  tell("Rank", `${count(f.rank)} of ${count(layer.functions)}`, "rank");
  tell("Attribution", f.attribution === null ? "not measured" : `${number(f.attribution * 1000)} mnat`, "attribution");
  tell("Share of deviation", percent(f.share), "share");
  tell("Mean", number(f.mean));
  tell("Deviation", number(f.deviation));
  tell("Size of its numbers", number(f.magnitude));
  tell("By the basis", percent(f.spline));
  tell("Enters from", number(f.low));
  tell("to", number(f.high));
  tell("Grid", f.grid ? f.grid.map((end, i) => end === null ? (i ? "∞" : "−∞") : number(end)).join(" … ") : "none", "grid");
  if (f.grid) tell("Outside the grid", percent(f.outside), "outside");
  return dl;
}

function address(replace) {
  const hash = `#${encodeURIComponent(layer.name)}/${chosen.id}`;
  if (location.hash === hash) return;
  try { history[replace ? "replaceState" : "pushState"](null, "", hash); } catch { location.hash = hash; }
}

function choose(f, focus = false) {
  chosen = f;
  for (const node of list.children) {
    const on = node.dataset.id === f.id;
    node.setAttribute("aria-selected", on);
    node.tabIndex = on ? 0 : -1;
    if (on && focus) node.focus({ preventScroll: false });
  }
  const title = make("h2", { id: "one-title" }, `${f.words[0].toUpperCase()}${f.words.slice(1)}`);
  const where = make("p", { class: "faded" }, `${layer.name} · ${layer.kind}`);
  if (layer.normed && layer.edge && f.spline < 1)
    where.append(". The curve and the formula are the basis’ part: the base activation sees the input before the layer norm, and counts in the loss and the scores alone.");
  one.replaceChildren(title, where, large(f), numbers(f));
  address(true);
}

function show(next, id = null) {
  layer = next;
  for (const node of names.children) {
    const on = node.dataset.name === layer.name;
    node.setAttribute("aria-selected", on);
    node.tabIndex = on ? 0 : -1;
    if (on) node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  filter.value = "";
  list.replaceChildren(...layer.shown.map((f, i) => {
    const { svg } = picture(f, { width: 220, height: 130, left: 0, right: 0, top: 0, bottom: 0 });
    svg.setAttribute("aria-hidden", "true");
    const note = f.formula ? f.formula.function : "";
    const gone = f.removal ? `${f.removal.rise > 0 ? "+" : ""}${number(f.removal.rise * 1000, 2)} without` : "";
    const cut = i > 0 && f.rank > layer.shown[i - 1].rank + 1;
    const node = make("div", { class: cut ? "function cut" : "function", role: "option", "data-id": f.id, "aria-label": `${f.words}, rank ${f.rank}, ${scoreText(f)}${note ? ", fits " + note : ""}` },
      make("div", {}, make("b", {}, f.name), make("span", {}, scoreText(f))), svg, make("div", { class: "note" }, make("span", {}, gone), make("span", {}, note)));
    node.dataset.words = [f.name, f.words, f.id, f.formula ? `formula ${f.formula.function} ${f.formula.text}` : "", f.removal ? "without" : ""].join(" ").toLowerCase();
    node.addEventListener("click", () => choose(f, true));
    return node;
  }));
  choose(layer.shown.find(f => f.id === id) || layer.shown[0]);
  tell();
}

const visible = () => [...list.children].filter(node => !node.hidden);

function tell() {
  const seen = visible().length;
  const by = layer.by === "attribution" ? "by what the loss would rise without them (thousandths of a nat a token)" : "by their share of their output’s deviation";
  const which = seen < layer.shown.length ? `${seen} of the ${layer.shown.length} shown functions match` : layer.shown.length < layer.functions ? `${layer.shown.length} of ${count(layer.functions)} functions, the most and, behind a dashed line, the least important` : `All ${count(layer.functions)} functions`;
  byId("told").textContent = `${which}, ${by}.` + (layer.pruned ? ` ${count(layer.pruned)} edges are pruned.` : "") + ` ${percent(layer.outside)} of what enters is outside the grid.`;
  if (!layer.shown[0].grid) byId("told").textContent = byId("told").textContent.replace(/ [^ ]+ % of what enters is outside the grid\./, "");
}

function step(by) {
  const nodes = visible(), at = nodes.findIndex(node => node.dataset.id === chosen.id);
  if (!nodes.length) return;
  const to = at < 0 ? 0 : Math.min(nodes.length - 1, Math.max(0, at + by));
  choose(layer.shown.find(f => f.id === nodes[to].dataset.id), true);
}

function turn(by, focus = false) {
  const at = report.layers.indexOf(layer);
  show(report.layers[(at + by + report.layers.length) % report.layers.length]);
  if (focus) [...names.children].find(node => node.dataset.name === layer.name).focus();
}

filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().replaceAll("->", "→").split(/\s+/).filter(word => word && word !== "→");
  for (const node of list.children) node.hidden = !words.every(word => /^\d+$/.test(word) ? node.dataset.words.split(/[^\w.]+/).includes(word) : node.dataset.words.includes(word));
  tell();
});

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === filter) {
    if (event.key === "Escape") { filter.value = ""; filter.dispatchEvent(new Event("input")); filter.blur(); }
    if (event.key === "Enter" || event.key === "ArrowDown") { event.preventDefault(); step(0); }
    return;
  }
  const inLayers = names.contains(event.target), columns = getComputedStyle(list).gridTemplateColumns.split(" ").length;
  const act = {
    "/": () => filter.focus(),
    "[": () => turn(-1),
    "]": () => turn(1),
    ArrowUp: () => inLayers ? turn(-1, true) : step(-columns),
    ArrowDown: () => inLayers ? turn(1, true) : step(columns),
    ArrowLeft: () => inLayers ? turn(-1, true) : step(-1),
    ArrowRight: () => inLayers ? turn(1, true) : step(1),
    Home: () => step(-Infinity),
    End: () => step(Infinity),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

function open() {
  const [name, id] = location.hash.slice(1).split("/");
  let wanted = name;
  try { wanted = decodeURIComponent(name); } catch { }
  const found = report.layers.find(each => each.name === wanted) || report.layers.find(each => wanted && each.name.endsWith("." + wanted));
  show(found || report.layers[0], id);
}

function begin() {
  const scored = report.layers.filter(each => each.by === "attribution"), most = Math.max(1e-300, ...scored.map(each => each.score));
  byId("lead").textContent = `${report.layers.length} layers, ${count(report.layers.reduce((sum, each) => sum + each.functions, 0))} learned functions, read on ${count(report.tokens)} tokens.`;
  names.append(...report.layers.map(each => {
    const total = each.by === "attribution" ? `${number(each.score * 1000)} mnat` : "";
    const node = make("div", { class: "layer", role: "option", "data-name": each.name, "aria-label": `${each.name}, ${each.functions} functions${total ? ", in all " + total : ""}` },
      make("b", {}, each.name), make("small", {}, make("span", {}, `${count(each.functions)} functions`), make("span", {}, total)));
    if (total) {
      const bar = make("i");
      bar.style.setProperty("--share", `${(100 * each.score / most).toFixed(1)}%`);
      node.append(bar);
    }
    node.addEventListener("click", () => show(each));
    return node;
  }));
  window.addEventListener("hashchange", open);
  let width = innerWidth;
  window.addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; choose(chosen); } });
  open();
}

if (report.layers.length) begin();
