"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  document.documentElement.classList.add("scripted");
  const items = all(".disagreement");
  const texts = all("details.text");
  const words = { c: "challenge", o: "opportunity", m: "mixed", n: "none", "-": "not asked", k: "claim", p: "premise" };
  let opened = null; // the disagreement from which a text was opened

  // Agreement: one matrix at a time.
  const measure = $("measure");
  function showMatrix() {
    for (const matrix of all(".matrix")) matrix.hidden = matrix.dataset.measure !== measure.value;
  }
  if (measure) {
    measure.addEventListener("change", showMatrix);
    showMatrix();
  }

  // Filters.
  const said = new Map(items.map((item) => [item, new Map(all(".said li", item).map((li) => [li.dataset.by, li.dataset.says]))]));
  const found = new Map(items.map((item) => [item, item.textContent.toLowerCase()]));
  const value = (id) => ($(id) ? $(id).value : "");

  function differs(item) {
    const [first, second] = [value("first"), value("second")];
    const labels = said.get(item);
    if (!first && !second) return true;
    if (first && second) return labels.has(first) && labels.has(second) && labels.get(first) !== labels.get(second);
    const one = first || second;
    return labels.has(one) && [...labels.values()].some((label) => label !== labels.get(one));
  }

  function passes(item, checked, search) {
    const is = (id, what) => !value(id) || value(id) === what;
    const labels = [...said.get(item).values()];
    return is("layer", item.dataset.layer) && is("actor", item.dataset.actor) && is("document", item.dataset.document) &&
      checked.every((label) => labels.includes(label)) && differs(item) && found.get(item).includes(search);
  }

  function filter() {
    const checked = all(".labels input:checked").map((box) => box.value);
    const search = value("search").trim().toLowerCase();
    for (const item of items) item.hidden = !passes(item, checked, search);
    const shown = visible();
    items.forEach((item) => { item.tabIndex = -1; });
    if (shown.length) shown[0].tabIndex = 0;
    $("count").textContent = `${shown.length} of ${items.length} shown`;
    $("nothing").hidden = shown.length > 0;
  }

  function clear() {
    for (const control of all(".filters select, .filters input")) {
      if (control.type === "checkbox") control.checked = false;
      else control.value = "";
    }
    filter();
  }

  const visible = () => items.filter((item) => !item.hidden);
  if (items.length) {
    $("search").addEventListener("input", filter);
    for (const control of all(".filters select, .labels input")) control.addEventListener("change", filter);
    $("clear").addEventListener("click", clear);
    clear(); // browsers keep what was chosen before a reload
  }

  function step(by) {
    const shown = visible();
    if (!shown.length) return;
    const now = shown.indexOf((document.activeElement && document.activeElement.closest(".disagreement")) || opened);
    const next = shown[now < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(shown.length - 1, Math.max(0, now + by))];
    opened = null;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  // Texts side by side: one at a time.
  const chooser = $("text");
  function showText(text) {
    for (const other of texts) {
      other.hidden = other !== text;
      other.open = other === text;
    }
    chooser.value = String(texts.indexOf(text));
    for (const body of all(".body", text)) all("mark", body).forEach((mark, i) => { mark.tabIndex = i ? -1 : 0; });
  }

  function showView(text) {
    const view = text.querySelector(".view").value;
    for (const mark of all(".body mark", text)) mark.dataset.now = view === "r" ? mark.dataset.r : mark.dataset.l[Number(view)] || "-";
    text.querySelector(".legend .stakes").hidden = view === "r";
    text.querySelector(".legend .roles").hidden = view !== "r";
    place(text, 0, 0);
  }

  // Offsets count characters, strings of a script count halves of some.
  const index = (string, characters) => [...string].slice(0, characters).join("").length;

  function rangeOf(body, start, end) {
    const range = document.createRange();
    const parts = [...body.children];
    if (!parts.length) return null;
    const partAt = (at) => parts.filter((part) => Number(part.dataset.a) <= at).pop() || parts[0];
    const [first, last] = [partAt(start), partAt(end - 1)];
    const point = (part, at) => [part.firstChild, index(part.textContent, at - Number(part.dataset.a))];
    range.setStart(...point(first, start));
    range.setEnd(...point(last, end));
    return range;
  }

  const highlight = window.Highlight && CSS.highlights ? new Highlight() : null;
  if (highlight) CSS.highlights.set("place", highlight);

  function describe(body, marks) {
    const view = body.closest("details").querySelector(".view").value;
    const labels = marks.map((mark) => {
      const p = view === "r" ? "" : (mark.dataset.p || "").split(",")[Number(view)];
      return words[mark.dataset.now] + (p ? ` ${p}` : "");
    });
    return `${body.parentElement.dataset.by} ${labels.join(", ") || "no unit"}`;
  }

  // Marks the same place in every column, and says what each annotator has there.
  function place(text, start, end) {
    if (highlight) highlight.clear();
    const lines = [];
    for (const body of all(".body", text)) {
      const marks = [];
      for (const mark of all("mark", body)) {
        const meets = Number(mark.dataset.a) < end && start < Number(mark.dataset.b);
        mark.classList.toggle("met", meets);
        if (meets) marks.push(mark);
      }
      const range = end > start ? rangeOf(body, start, end) : null;
      if (highlight && range) highlight.add(range);
      lines.push(describe(body, marks));
    }
    text.querySelector(".there").textContent = end > start ? `${start}–${end}: ${lines.join("; ")}` : "";
  }

  let leading = null; // the column that the reader scrolls; the others follow
  function follow(body) {
    if (leading !== body) return;
    const share = body.scrollTop / Math.max(1, body.scrollHeight - body.clientHeight);
    for (const other of all(".body", body.closest(".columns"))) {
      if (other !== body) other.scrollTop = share * (other.scrollHeight - other.clientHeight);
    }
  }

  function scrollTo(body, start, end) {
    const range = rangeOf(body, start, end);
    if (!range) return;
    const top = range.getBoundingClientRect().top - body.getBoundingClientRect().top + body.scrollTop;
    body.scrollTop = Math.max(0, top - body.clientHeight / 3);
  }

  function open(item) {
    const text = texts.find((one) => one.dataset.document === item.dataset.document);
    if (!text) return;
    const [start, end] = [Number(item.dataset.start), Number(item.dataset.end)];
    opened = item;
    leading = null;
    showText(text);
    text.querySelector(".view").value = item.dataset.view;
    showView(text);
    chooser.parentElement.scrollIntoView({ block: "start" });
    for (const body of all(".body", text)) scrollTo(body, start, end);
    const unit = all(".body mark", text).find((mark) => Number(mark.dataset.a) < end && start < Number(mark.dataset.b));
    if (unit) unit.focus({ preventScroll: true });
    place(text, start, end);
  }

  function back() {
    if (!opened) return;
    const item = opened;
    opened = null;
    if (item.hidden) clear();
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "center" });
  }

  function neighbour(mark, by) {
    const marks = all("mark", mark.closest(".body"));
    const next = marks[marks.indexOf(mark) + by];
    if (!next) return;
    leading = null;
    next.focus({ preventScroll: true });
    for (const body of all(".body", next.closest(".columns"))) scrollTo(body, Number(next.dataset.a), Number(next.dataset.b));
  }

  if (texts.length) {
    chooser.addEventListener("change", () => showText(texts[Number(chooser.value)]));
    for (const text of texts) {
      text.querySelector(".view").selectedIndex = 0;
      text.querySelector(".view").addEventListener("change", () => showView(text));
      const at = (event) => {
        const mark = event.target.closest(".body mark");
        if (mark) place(text, Number(mark.dataset.a), Number(mark.dataset.b));
      };
      text.addEventListener("mouseover", at);
      text.addEventListener("focusin", at);
      text.addEventListener("click", (event) => {
        const mark = event.target.closest(".body mark");
        if (mark) mark.focus({ preventScroll: true });
      });
      for (const body of all(".body", text)) {
        for (const kind of ["pointerenter", "wheel", "touchstart", "keydown"]) body.addEventListener(kind, () => { leading = body; }, { passive: true });
        body.addEventListener("scroll", () => follow(body), { passive: true });
      }
    }
    showText(texts[0]);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.open");
    const unit = event.target.closest(".disagreement[data-view] .unit");
    if (link) event.preventDefault();
    if (link || (unit && !String(window.getSelection()))) open(event.target.closest(".disagreement"));
  });

  // Keys.
  const help = $("help");
  $("keys").addEventListener("click", () => help.showModal());
  $("close").addEventListener("click", () => help.close());

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    "/": () => { if ($("search")) $("search").focus(); },
    "?": () => help.showModal(),
    Escape: back,
    Enter: () => {
      const item = document.activeElement;
      if (item && item.matches(".disagreement")) open(item);
      else return false;
      return true;
    },
    ArrowLeft: () => arrow(-1),
    ArrowRight: () => arrow(1),
  };

  function arrow(by) {
    const mark = document.activeElement && document.activeElement.closest(".body mark");
    if (mark) neighbour(mark, by);
    return Boolean(mark);
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.matches("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const act = keys[event.key];
    if (act && act() !== false) event.preventDefault();
  });
})();
