// The two ways of looking at the pictures, and one picture with all about it.
"use strict";

const CAPTION = 20;
const CELLS = 4000; // of an X/Y/Z table at most
const VIDEOS = /\.(mp4|webm)$/i;

function address(path) {
  return path.split("/").map(encodeURIComponent).join("/");
}

function figureOf(picture, caption, size, list) {
  const figure = make("figure");
  figure.tabIndex = 0;
  figure.title = written(picture.parameters.prompt);
  if (picture.thumbnail) {
    const image = make("img");
    image.loading = "lazy";
    image.alt = "";
    image.src = `gallery/thumbnails/${encodeURIComponent(picture.thumbnail)}`;
    image.style.height = `${size}px`;
    figure.append(image);
  } else {
    const name = make("div", "file", picture.file.split("/").at(-1));
    name.style.height = `${size}px`;
    figure.append(name);
  }
  figure.append(make("figcaption", "", caption));
  const open = () => details.show(list(), picture);
  figure.addEventListener("click", open);
  figure.addEventListener("keydown", (event) => { if (event.key === "Enter") open(); });
  return figure;
}

// -- all pictures: only those in sight are in the page

const grid = {
  list: [], drawn: new Map(), across: 1, width: 0, height: 0,

  show(list) {
    this.list = list;
    this.clear();
    this.layOut();
  },

  clear() {
    for (const figure of this.drawn.values()) figure.remove();
    this.drawn.clear();
  },

  layOut() {
    const place = byId("grid");
    const room = place.clientWidth;
    this.across = Math.max(1, Math.floor(room / (state.size + 8)));
    this.width = room / this.across;
    this.height = state.size + CAPTION + 8;
    place.style.height = `${Math.ceil(this.list.length / this.across) * this.height}px`;
    this.draw();
  },

  draw() {
    const main = document.querySelector("main");
    const first = Math.max(0, Math.floor(main.scrollTop / this.height) - 2) * this.across;
    const last = Math.min(this.list.length, (Math.ceil((main.scrollTop + main.clientHeight) / this.height) + 2) * this.across);
    for (const [index, figure] of this.drawn) {
      if (index < first || index >= last) {
        figure.remove();
        this.drawn.delete(index);
      }
    }
    for (let index = first; index < last; index++) {
      if (this.drawn.has(index)) continue;
      const picture = this.list[index];
      const name = state.sort || "seed";
      const figure = figureOf(picture, `${name} ${written(valueOf(picture, name), name)}`, state.size, () => this.list);
      figure.style.width = `${this.width}px`;
      figure.style.left = `${(index % this.across) * this.width}px`;
      figure.style.top = `${Math.floor(index / this.across) * this.height}px`;
      byId("grid").append(figure);
      this.drawn.set(index, figure);
    }
  },
};

// -- X/Y/Z: what each of up to three parameters does

function axesOf() {
  return varying().filter((column) => column.values.size > 1 && column.values.size <= 200 && !["ended", "seconds", "job"].includes(column.name));
}

// The parameters of a sweep if there is one: few values, the seed last.
function guessAxes() {
  const last = (column) => ["seed", "kind", "server"].includes(column.name);
  const able = axesOf().sort((a, b) => last(a) - last(b) || b.values.size - a.values.size);
  const small = able.filter((column) => column.values.size <= 30);
  return (small.length ? small : able).slice(0, 3).map((column) => column.name);
}

function showXyz(place, list, note) {
  place.replaceChildren();
  const axes = ["x", "y", "z"].map((axis) => state[axis]);
  const values = axes.map((name) => name ? [...new Set(list.map((picture) => valueOf(picture, name)))].sort(compare) : [undefined]);
  const cells = values.reduce((product, some) => product * some.length, 1);
  if (cells > CELLS) {
    note.textContent = `${cells} cells are too many: choose other axes, or filter`;
    return;
  }
  const at = new Map();
  for (const picture of list) {
    const key = JSON.stringify(axes.map((name) => name ? valueOf(picture, name) ?? null : null));
    if (!at.has(key)) at.set(key, []);
    at.get(key).push(picture);
  }
  const several = [...at.values()].filter((some) => some.length > 1).length;
  note.textContent = several ? `${several} cells have several pictures: click one to see them all` : "";
  for (const z of values[2]) {
    if (axes[2]) place.append(make("h2", "", `${axes[2]}: ${written(z, axes[2])}`));
    place.append(tableOf(axes, values, (x, y) => at.get(JSON.stringify([x, y, z].map((value) => value ?? null))) || []));
  }
}

function tableOf(axes, values, pictures) {
  const table = make("table");
  const head = make("tr");
  head.append(make("th", "", [axes[1] && `${axes[1]} ↓`, axes[0] && `${axes[0]} →`].filter(Boolean).join("  ")));
  for (const x of values[0]) head.append(make("th", "", axes[0] ? written(x, axes[0]) : ""));
  table.append(make("thead"), make("tbody"));
  table.tHead.append(head);
  for (const y of values[1]) {
    const row = make("tr");
    row.append(make("th", "", axes[1] ? written(y, axes[1]) : ""));
    for (const x of values[0]) {
      const cell = make("td");
      const some = pictures(x, y);
      if (some.length) {
        const figure = figureOf(some[0], some.length > 1 ? `1 of ${some.length}` : "", state.size, () => some);
        figure.style.width = `${state.size}px`;
        cell.append(figure);
      }
      row.append(cell);
    }
    table.tBodies[0].append(row);
  }
  return table;
}

// -- one picture

const details = {
  list: [], at: 0,

  show(list, picture) {
    this.list = list;
    this.at = list.indexOf(picture);
    this.draw();
    if (!byId("details").open) byId("details").showModal();
  },

  move(by) {
    const next = this.at + by;
    if (next < 0 || next >= this.list.length) return;
    this.at = next;
    this.draw();
  },

  draw() {
    const picture = this.list[this.at];
    state.open = picture.file;
    keepState();
    const link = address(picture.file);
    const shown = make(VIDEOS.test(picture.file) ? "video" : "img");
    shown.src = link;
    if (shown.tagName === "VIDEO") shown.controls = true;
    else shown.alt = "";
    byId("shown").replaceChildren(shown);
    byId("open").href = link;
    byId("before").disabled = this.at === 0;
    byId("after").disabled = this.at === this.list.length - 1;
    byId("command").textContent = picture.command;
    byId("infotext").textContent = picture.infotext || "nothing";
    byId("copy-infotext").hidden = !picture.infotext;
    const rows = [["file", picture.file], ...Object.entries(picture.parameters), ["job", picture.job],
      ["written in", picture.written], ["server", picture.server], ["seconds", picture.seconds], ["ended", picture.ended]];
    byId("parameters").replaceChildren(...rows.filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => {
      const row = make("tr");
      row.append(make("th", "", name), make("td", "", written(value, name)));
      return row;
    }));
  },
};

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not allowed from the disk in some browsers
    const area = make("textarea");
    area.value = text;
    byId("details").append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1200);
}
