// The filters beside the pictures: one for each parameter that varies, in the form that suits its values.
"use strict";

const LISTED = 24; // values that are listed with boxes; of more, a range or a text is asked for
const HIDDEN = new Set(["ended"]);

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = text;
  return element;
}

function showFilters(place, changed) {
  place.replaceChildren();
  const moving = varying().filter((column) => !HIDDEN.has(column.name));
  for (const column of moving) place.append(filterOf(column, changed));
  const fixed = [...columns.values()].filter((column) => !moving.includes(column) && !HIDDEN.has(column.name));
  if (!fixed.length) return;
  const box = make("details");
  const list = make("dl");
  for (const column of fixed) list.append(make("dt", "", column.name), make("dd", "", written(sortedValues(column)[0], column.name)));
  box.append(make("summary", "", "The same in all"), list);
  place.append(box);
}

function filterOf(column, changed) {
  const rule = state.where.get(column.name);
  const box = make("details", rule ? "set" : "");
  box.open = Boolean(rule) || (column.values.size <= 8 && columns.size <= 40);
  box.append(make("summary", "", column.name));
  const set = (next) => {
    if (next) state.where.set(column.name, next);
    else state.where.delete(column.name);
    box.className = next ? "set" : "";
    changed();
  };
  if (column.values.size <= LISTED) box.append(...boxes(column, rule, set));
  else if (column.numbers) box.append(range(column, rule, set));
  else box.append(contains(rule, set));
  return box;
}

function boxes(column, rule, set) {
  const picked = new Set(rule && rule.in);
  const entries = sortedValues(column).map((value) => [value, column.values.get(value)]);
  if (column.count < pictures.length) entries.push([null, pictures.length - column.count]);
  return entries.map(([value, count]) => {
    const label = make("label");
    const input = make("input");
    input.type = "checkbox";
    input.checked = picked.has(value);
    input.addEventListener("change", () => {
      if (input.checked) picked.add(value);
      else picked.delete(value);
      set(picked.size ? {in: [...picked]} : null);
    });
    label.append(input, make("span", "", value === null ? "(not said)" : written(value, column.name)), make("small", "", count));
    return label;
  });
}

function range(column, rule, set) {
  const values = sortedValues(column);
  const line = make("div", "range");
  const inputs = [["from", values[0]], ["to", values.at(-1)]].map(([name, limit]) => {
    const input = make("input");
    input.type = "number";
    input.step = "any";
    input.placeholder = written(limit, column.name);
    input.value = rule && rule[name] !== undefined ? rule[name] : "";
    input.ariaLabel = `${column.name} ${name}`;
    input.addEventListener("input", () => {
      const next = {};
      if (inputs[0].value !== "") next.from = Number(inputs[0].value);
      if (inputs[1].value !== "") next.to = Number(inputs[1].value);
      set(Object.keys(next).length ? next : null);
    });
    return input;
  });
  line.append(inputs[0], "–", inputs[1]);
  return line;
}

function contains(rule, set) {
  const input = make("input", "has");
  input.type = "search";
  input.placeholder = "contains";
  input.value = (rule && rule.has) || "";
  input.addEventListener("input", () => set(input.value ? {has: input.value} : null));
  return input;
}
