"use strict";
const report = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

/** An element with attributes and children (texts or elements). */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
function makeSvg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// ---- numbers as text

const isNumber = (x) => typeof x === "number";
const significant = (x) => (isNumber(x) ? String(+x.toPrecision(6)) : "");
const fixed = (x, digits) => (isNumber(x) ? x.toFixed(digits) : "");
function bytes(x) {
  if (!isNumber(x)) return "";
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  while (x >= 1024 && unit < 3) { x /= 1024; ++unit; }
  return (unit ? x.toFixed(1) : x) + " " + units[unit];
}
const sqnr = (x) => (x === "exact" ? "exact" : fixed(x, 2));
const percent = (x) => (isNumber(x) ? (100 * x).toFixed(3) : "");
const shape = (sizes) => sizes.map((s) => (s < 0 ? "?" : s)).join("x");

// ---- the values

const values = report.values;
const index = new Map(values.map((value, i) => [value.name, i]));
const measured = (value) => value.measured || {};
const stateOf = (value) => (value.codes ? (value.moves_codes ? "moves" : "int8") : "float");
const decidedBy = (value) => {
  const d = value.decision;
  if (!d) return value.float_reason || "";
  return d.derived_from ? "follows from " + d.derived_from : d.fixed ? "fixed" : d.kind;
};

/** A column: title, text of a value, and the key it sorts by (undefined sorts last). */
const columns = [
  { title: "#", number: true, text: (v, i) => String(i), key: (v, i) => i },
  { title: "Value", key: (v) => v.name },
  { title: "Kind", text: (v) => v.kind, key: (v) => v.kind },
  { title: "Type", text: (v) => (v.codes ? v.codes.type : "f32"), key: (v) => (v.codes ? v.codes.type : "f32") },
  { title: "Scale", number: true, text: (v) => significant(v.codes && v.codes.scale), key: (v) => v.codes && v.codes.scale },
  { title: "Zero", number: true, text: (v) => (v.codes && isNumber(v.codes.zero_point) ? String(v.codes.zero_point) : ""), key: (v) => v.codes && v.codes.zero_point },
  { title: "Decided by", text: decidedBy, key: decidedBy },
  { title: "SQNR dB", number: true, text: (v) => sqnr(measured(v).sqnr_db), key: (v) => (measured(v).sqnr_db === "exact" ? Infinity : measured(v).sqnr_db) },
  { title: "Clipped %", number: true, text: (v) => percent(measured(v).clipped), key: (v) => measured(v).clipped },
  { title: "int8 ms", number: true, text: (v) => fixed(measured(v).int8_ms, 4), key: (v) => measured(v).int8_ms },
  { title: "Float ms", number: true, text: (v) => fixed(measured(v).float_ms, 4), key: (v) => measured(v).float_ms },
  { title: "Size", number: true, text: (v) => (v.bytes ? bytes(v.bytes) : ""), key: (v) => v.bytes || undefined },
  { title: "Float size", number: true, text: (v) => (v.float_bytes ? bytes(v.float_bytes) : ""), key: (v) => v.float_bytes || undefined },
].filter((column) => values.some((v, i) => (column.text ? column.text(v, i) : v.name) !== ""));

// ---- totals

function showTotals() {
  const t = report.totals;
  const about = [report.model];
  if (report.samples) about.push(report.samples + " samples of " + report.data);
  if (report.float_model) about.push("float model " + report.float_model);
  if (report.program) about.push("program " + report.program);
  byId("about").textContent = about.join(", ");
  document.title = "Quantization report: " + report.model;
  const cards = [["Layers on codes", t.int8_layers], ["Layers in float", t.float_layers], ["Values", t.values],
    ["Constants", bytes(t.bytes) + (t.float_bytes ? ", float " + bytes(t.float_bytes) : "")]];
  if (isNumber(t.int8_ms))
    cards.push(["Latency, " + t.isa + ", " + t.threads + (t.threads === 1 ? " thread" : " threads"),
      t.int8_ms.toFixed(3) + " ms" + (isNumber(t.float_ms) ? ", float " + t.float_ms.toFixed(3) + " ms" : "")]);
  if (t.worst_value) cards.push(["Least SQNR", t.worst_sqnr_db.toFixed(2) + " dB in " + t.worst_value]);
  for (const [title, text] of cards)
    byId("totals").append(make("div", {}, make("dt", {}, title), make("dd", {}, String(text))));
  const floats = values.filter((v) => v.float_reason);
  byId("floats-section").hidden = floats.length === 0;
  for (const v of floats) byId("floats").append(make("li", {}, link(v.name), " (" + v.kind + "): " + v.float_reason));
}

function link(name) {
  if (!index.has(name)) return name;
  const button = make("button", { type: "button", class: "name" }, name);
  button.addEventListener("click", () => choose(index.get(name)));
  return button;
}

// ---- the table

const rows = values.map((value, i) => {
  const row = make("tr");
  for (const column of columns) {
    const cell = make("td", { "data-label": column.title });
    if (column.number) cell.className = "number";
    if (column.title === "Type") cell.classList.add(stateOf(value));
    cell.append(column.text ? column.text(value, i) : link(value.name));
    row.append(cell);
  }
  return row;
});
const words = values.map((v) => [v.name, v.layer, v.kind, ...v.fused, v.activation, decidedBy(v),
  ...v.constants.map((c) => c.name)].join(" ").toLowerCase());

let sortColumn = 0;
let descending = false;

function sortRows() {
  const key = columns[sortColumn].key;
  const keys = values.map((v, i) => key(v, i));
  const order = values.map((v, i) => i).sort((a, b) => {
    const missing = (keys[a] == null) - (keys[b] == null);
    if (missing || keys[a] == null) return missing || a - b;
    const less = keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : 0;
    return (descending ? -less : less) || a - b;
  });
  byId("rows").append(...order.map((i) => rows[i]));
  for (const [i, th] of [...byId("head").children].entries()) {
    if (i === sortColumn) th.setAttribute("aria-sort", descending ? "descending" : "ascending");
    else th.removeAttribute("aria-sort");
  }
  byId("sort").value = String(sortColumn);
  byId("descending").checked = descending;
}

function filterRows() {
  const wanted = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const show = byId("show").value;
  let shown = 0;
  for (const [i, value] of values.entries()) {
    const state = stateOf(value);
    const fits = show === "all" || (show === "int8" && value.codes) || (show === "float" && !value.codes) ||
      (show === "layers" && state !== "moves" && !value.input);
    rows[i].hidden = !(fits && wanted.every((word) => words[i].includes(word)));
    shown += !rows[i].hidden;
  }
  byId("count").textContent = shown + " of " + values.length;
}

function buildTable() {
  for (const [i, column] of columns.entries()) {
    const button = make("button", { type: "button" }, column.title);
    button.addEventListener("click", () => {
      descending = sortColumn === i ? !descending : false;
      sortColumn = i;
      sortRows();
    });
    byId("head").append(make("th", { scope: "col", class: column.number ? "number" : "" }, button));
    byId("sort").append(make("option", { value: String(i) }, column.title === "#" ? "program order" : column.title));
  }
  byId("sort").addEventListener("change", () => { sortColumn = Number(byId("sort").value); sortRows(); });
  byId("descending").addEventListener("change", () => { descending = byId("descending").checked; sortRows(); });
  byId("search").addEventListener("input", filterRows);
  byId("show").addEventListener("change", filterRows);
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
  sortRows();
  filterRows();
}

// ---- one value

function histogram(counts, qmin) {
  const width = 320, height = 90, top = Math.max(...counts);
  const svg = makeSvg("svg", { viewBox: `0 0 ${width} ${height + 14}`, role: "img" });
  const used = counts.filter((c) => c > 0).length;
  svg.setAttribute("aria-label", `Histogram of codes: ${used} of ${counts.length} codes occur`);
  const step = width / counts.length;
  for (const [i, count] of counts.entries()) {
    if (!count) continue;
    const high = Math.max(1, height * Math.log1p(count) / Math.log1p(top)); // logarithmic, as tails matter
    svg.append(makeSvg("rect", { class: "bar", x: i * step, y: height - high, width: Math.max(step * 0.9, 0.5), height: high }));
  }
  svg.append(makeSvg("text", { class: "axis", x: 0, y: height + 12 }, String(qmin)),
    makeSvg("text", { class: "axis", x: width, y: height + 12, "text-anchor": "end" }, String(qmin + counts.length - 1)));
  return svg;
}

function codesLines(title, codes, decision) {
  const lines = [];
  const range = isNumber(codes.scale)
    ? `, scale ${significant(codes.scale)}, zero point ${codes.zero_point}, reaches ` +
      `${significant((codes.qmin - codes.zero_point) * codes.scale)} to ${significant((codes.qmax - codes.zero_point) * codes.scale)}`
    : "";
  lines.push([title, codes.type + range]);
  if (!decision) return lines;
  lines.push(["Rule", decision.rule || "none is recorded"]);
  lines.push(["Observer", decision.observer + ": " + (decision.fixed ? "fixed" : decision.kind) + ", " + decision.scheme + ", " + decision.granularity]);
  if (decision.derived_from) lines.push(["Follows from", decision.derived_from]);
  const seen = decision.observed;
  if (seen)
    lines.push(["Observed", `${significant(seen.min)} to ${significant(seen.max)} in ${seen.count} values` +
      (isNumber(seen.clipped) ? `, ${percent(seen.clipped)} % beyond the grid` : "")]);
  return lines;
}

function constantText(c) {
  return `${c.name}: ${c.type} ${shape(c.shape)}, ${bytes(c.bytes)} (float ${bytes(c.float_bytes)})` +
    (c.scales ? `, ${c.scales} scale${c.scales > 1 ? "s" : ""} ${significant(c.least_scale)} to ${significant(c.greatest_scale)}` : "");
}

function names(list) {
  return make("ul", {}, ...list.map((name) => make("li", {}, link(name))));
}

function detailLines(value) {
  const m = measured(value);
  let lines = [["Kind", value.kind + (value.activation ? " with " + value.activation : "") + (value.output ? ", an output" : "")]];
  if (value.layer) lines.push(["Layer", value.layer]);
  if (value.fused.length) lines.push(["Fused of", value.fused.join(", ")]);
  lines.push(["Sizes", shape(value.shape)]);
  lines = lines.concat(value.codes ? codesLines("Codes", value.codes, value.decision) : [["Float", value.float_reason || (value.float_result ? "the accumulator of a layer on codes (N6)" : "no layer on codes makes or reads it")]]);
  if (value.mid) lines = lines.concat(codesLines("Inside (mid)", value.mid, value.mid_decision));
  if (m.sqnr_db != null) lines.push(["SQNR", sqnr(m.sqnr_db) + (m.sqnr_db === "exact" ? "" : " dB against float")]);
  if (isNumber(m.clipped)) lines.push(["Clipped", percent(m.clipped) + " % of " + m.elements + " values"]);
  if (isNumber(m.int8_ms)) lines.push(["Time", fixed(m.int8_ms, 4) + " ms" + (isNumber(m.float_ms) ? ", float " + fixed(m.float_ms, 4) + " ms" : "")]);
  for (const c of value.constants) lines.push([c.role[0].toUpperCase() + c.role.slice(1), constantText(c)]);
  if (value.inputs.length) lines.push(["Reads", names(value.inputs)]);
  if (value.readers.length) lines.push(["Read by", names(value.readers)]);
  return lines;
}

let chosen = -1;

function choose(i) {
  for (const [at, on] of [[chosen, false], [i, true]]) {
    if (at < 0) continue;
    rows[at].setAttribute("aria-current", String(on));
    nodes[at].setAttribute("aria-pressed", String(on));
  }
  chosen = i;
  const value = values[i];
  byId("detail-title").textContent = value.name;
  const list = make("dl");
  for (const [title, text] of detailLines(value)) list.append(make("dt", {}, title), make("dd", {}, text));
  byId("detail-body").replaceChildren(list);
  const counts = measured(value).histogram;
  if (counts) byId("detail-body").append(histogram(counts, value.codes ? value.codes.qmin : 0));
  byId("detail").hidden = false;
  byId("detail").scrollTop = 0;
  byId("detail").focus({ preventScroll: true });
}

/** Back to where the value was chosen from. */
function closeDetail() {
  byId("detail").hidden = true;
  if (chosen >= 0) rows[chosen].querySelector(".name").focus({ preventScroll: true });
}
byId("close").addEventListener("click", closeDetail);
byId("detail").addEventListener("keydown", (event) => { if (event.key === "Escape") closeDetail(); });

// ---- the graph

const nodes = [];

function buildGraph() {
  const step = 30, left = 8, wide = 230, reach = 110;
  const svg = makeSvg("svg", { width: left + wide + reach, height: values.length * step + 8 });
  for (const [to, value] of values.entries())
    for (const name of value.inputs) {
      const from = index.get(name);
      if (from === undefined || from >= to) continue;
      const begin = from * step + 26, end = to * step + 4;
      if (to === from + 1) {
        svg.append(makeSvg("path", { d: `M ${left + 40} ${begin} V ${end}` }));
        continue;
      }
      const x = left + wide, out = x + Math.min(16 + 4 * (to - from), reach - 6);
      svg.append(makeSvg("path", { d: `M ${x} ${begin - 11} C ${out} ${begin}, ${out} ${end}, ${x} ${end + 11}` }));
    }
  for (const [i, value] of values.entries()) {
    const state = stateOf(value);
    const short = value.name.length > 26 ? "..." + value.name.slice(-24) : value.name;
    const node = makeSvg("g", { class: "node " + state, role: "button", tabindex: "0", "aria-pressed": "false",
      "aria-label": `${value.name}, ${value.kind}, ${value.codes ? value.codes.type : "float"}` },
    makeSvg("rect", { x: left, y: i * step + 4, width: wide, height: 22, rx: 3 }),
    makeSvg("text", { x: left + 6, y: i * step + 19 }, `${value.codes ? value.codes.type.split(" ")[0] : "f32"} ${short}`));
    node.addEventListener("click", () => choose(i));
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(i);
    });
    nodes.push(node);
    svg.append(node);
  }
  byId("graph").append(svg);
}

showTotals();
buildGraph();
buildTable();
