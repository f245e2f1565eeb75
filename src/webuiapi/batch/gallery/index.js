// The pictures, their parameters, and what is chosen of them. Nothing here touches the page.
"use strict";

const pictures = [];
const columns = new Map(); // a parameter's name: its values with how many pictures have each, and whether they are numbers

const ABOUT = ["job", "server", "seconds", "ended"]; // beside the parameters

function valueOf(picture, name) {
  const own = picture.parameters;
  return Object.hasOwn(own, name) ? own[name] : ABOUT.includes(name) ? picture[name] : undefined;
}

function addPictures(more) {
  for (const picture of more) {
    picture.place = pictures.length;
    pictures.push(picture);
    for (const name of ABOUT) if (picture[name] !== null && picture[name] !== undefined) addValue(name, picture[name]);
    for (const name of Object.keys(picture.parameters)) addValue(name, picture.parameters[name]);
  }
}

function addValue(name, value) {
  let column = columns.get(name);
  if (!column) columns.set(name, column = {name, values: new Map(), count: 0, numbers: true});
  column.values.set(value, (column.values.get(value) || 0) + 1);
  column.count += 1;
  column.numbers = column.numbers && typeof value === "number";
}

// Those that are not the same everywhere.
function varying() {
  return [...columns.values()].filter((column) => column.values.size > 1 || column.count < pictures.length);
}

function sortedValues(column) {
  return [...column.values.keys()].sort(compare);
}

function compare(a, b) {
  if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), undefined, {numeric: true});
}

function written(value, name) {
  if (value === undefined || value === null) return "–";
  if (name === "ended") return new Date(value * 1000).toLocaleString();
  if (typeof value === "number" && !Number.isInteger(value)) return String(Math.round(value * 1e6) / 1e6);
  return String(value);
}

// -- what is chosen: kept in the address, so that a view can be bookmarked and survives reloading

const state = {view: "grid", sort: "", down: false, search: "", size: 208, x: "", y: "", z: "", open: "", where: new Map()};

function readState(hash) {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  state.view = said.get("view") === "xyz" ? "xyz" : "grid";
  state.sort = said.get("sort") || "";
  state.down = said.get("down") === "1";
  state.search = said.get("search") || "";
  state.size = Math.min(480, Math.max(96, Number(said.get("size")) || 208));
  for (const name of ["x", "y", "z", "open"]) state[name] = said.get(name) || "";
  state.where.clear();
  for (const [name, text] of said) {
    if (!name.startsWith("where.")) continue;
    try {
      const rule = JSON.parse(text);
      if (rule && typeof rule === "object") state.where.set(name.slice(6), rule);
    } catch {
      console.warn(`the address says something odd about ${name}: ${text}`);
    }
  }
}

function writeState() {
  const said = new URLSearchParams();
  if (state.view !== "grid") said.set("view", state.view);
  for (const name of ["sort", "search", "x", "y", "z", "open"]) if (state[name]) said.set(name, state[name]);
  if (state.down) said.set("down", "1");
  if (state.size !== 208) said.set("size", state.size);
  for (const [name, rule] of state.where) said.set(`where.${name}`, JSON.stringify(rule));
  return said.toString();
}

// A rule is {in: [values]}, {from, to} or {has: "text"}.
function fits(value, rule) {
  if (rule.in) return rule.in.includes(value === undefined ? null : value);
  if (rule.has !== undefined) return value !== undefined && String(value).toLowerCase().includes(rule.has.toLowerCase());
  return typeof value === "number" && value >= (rule.from ?? -Infinity) && value <= (rule.to ?? Infinity);
}

function chosen() {
  const rules = [...state.where];
  const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = pictures.filter((picture) =>
    rules.every(([name, rule]) => fits(valueOf(picture, name), rule)) &&
    words.every((word) => searched(picture).includes(word)));
  if (state.sort) found.sort((a, b) => compare(valueOf(a, state.sort), valueOf(b, state.sort)) || a.place - b.place);
  return state.down ? found.reverse() : found;
}

function searched(picture) {
  if (picture.text === undefined) {
    const values = Object.values(picture.parameters);
    picture.text = [picture.file, picture.job, picture.infotext, ...values].join("\n").toLowerCase();
  }
  return picture.text;
}
