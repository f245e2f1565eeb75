// Puts the page together: loads the data, shows what is chosen, keeps the address in step.
"use strict";

function byId(id) {
  return document.getElementById(id);
}

function show() {
  const list = chosen();
  byId("count").textContent = list.length === pictures.length ? `${list.length} pictures` : `${list.length} of ${pictures.length} pictures`;
  byId("nothing").hidden = list.length > 0;
  const xyz = state.view === "xyz";
  byId("grid").hidden = xyz;
  byId("xyz").hidden = byId("axes").hidden = !xyz;
  byId("as-grid").ariaPressed = String(!xyz);
  byId("as-xyz").ariaPressed = String(xyz);
  byId("direction").textContent = state.down ? "↓" : "↑";
  if (xyz) {
    grid.clear();
    showXyz(byId("xyz"), list, byId("axes-note"));
  } else {
    byId("xyz").replaceChildren();
    grid.show(list);
  }
}

function keepState() {
  history.replaceState(null, "", `#${writeState()}`);
}

function changed() {
  keepState();
  show();
}

function openNamed() {
  const list = chosen();
  const picture = list.find((one) => one.file === state.open);
  if (picture) details.show(list, picture);
  else if (byId("details").open) byId("details").close();
}

function showControls() {
  const names = [...columns.keys()].sort();
  options(byId("sort"), [["", "order of finishing"], ...names.map((name) => [name, name])], state.sort);
  if (state.view === "xyz" && !state.x && !state.y && !state.z) [state.x = "", state.y = "", state.z = ""] = guessAxes();
  const axes = axesOf().map((column) => [column.name, `${column.name} (${column.values.size})`]);
  for (const axis of "xyz") options(byId(axis), [["", "–"], ...axes], state[axis]);
  byId("search").value = state.search;
  byId("size").value = state.size;
  showFilters(byId("filters"), changed);
}

function options(select, entries, value) {
  select.replaceChildren(...entries.map(([name, text]) => {
    const option = make("option", "", text);
    option.value = name;
    return option;
  }));
  select.value = value;
}

function view(name) {
  state.view = name;
  showControls();
  changed();
}

function listen() {
  byId("search").addEventListener("input", (event) => { state.search = event.target.value; changed(); });
  byId("sort").addEventListener("change", (event) => { state.sort = event.target.value; changed(); });
  byId("direction").addEventListener("click", () => { state.down = !state.down; changed(); });
  byId("size").addEventListener("input", (event) => { state.size = Number(event.target.value); changed(); });
  for (const axis of "xyz") byId(axis).addEventListener("change", (event) => { state[axis] = event.target.value; changed(); });
  byId("as-grid").addEventListener("click", () => view("grid"));
  byId("as-xyz").addEventListener("click", () => view("xyz"));
  byId("clear").addEventListener("click", () => { state.where.clear(); state.search = ""; showControls(); changed(); });
  byId("before").addEventListener("click", () => details.move(-1));
  byId("after").addEventListener("click", () => details.move(1));
  byId("close").addEventListener("click", () => byId("details").close());
  byId("details").addEventListener("close", () => { state.open = ""; keepState(); });
  byId("copy-command").addEventListener("click", (event) => copy(event.target, byId("command").textContent));
  byId("copy-infotext").addEventListener("click", (event) => copy(event.target, byId("infotext").textContent));
  byId("details").addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") details.move(-1);
    else if (event.key === "ArrowRight") details.move(1);
  });
  document.querySelector("main").addEventListener("scroll", () => { if (state.view === "grid") grid.draw(); }, {passive: true});
  addEventListener("resize", () => { if (state.view === "grid") { grid.clear(); grid.layOut(); } });
  addEventListener("hashchange", () => { readState(location.hash); showControls(); show(); openNamed(); });
}

// -- the data: `list.js` calls `pieces`, which loads them one after the other; each calls `piece`

function pieces(count) {
  const next = (number) => {
    if (number < count) {
      byId("count").textContent = `reading ${number + 1} of ${count} ...`;
      const script = make("script");
      script.src = `gallery/data-${String(number).padStart(5, "0")}.js`;
      script.onload = script.onerror = () => { script.remove(); next(number + 1); };
      document.head.append(script);
    } else {
      showControls();
      show();
      openNamed();
      document.body.dataset.ready = "yes";
    }
  };
  const folder = decodeURIComponent(location.pathname).split("/").at(-2);
  if (folder) document.title = byId("title").textContent = folder;
  next(0);
}

function piece(number, text) {
  addPictures(JSON.parse(text));
}

readState(location.hash);
listen();
