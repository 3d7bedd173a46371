// What a derivation's page adds when scripts may run: the slider over the steps, details of what is pointed at,
// formulas that copy as LaTeX. Everything that it shows stands in the page already.
"use strict";

(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  root.classList.add("js");

  // Details: what is pointed at or focused shows up. What is clicked is held: it comes back after looks elsewhere.

  const graph = byId("graph");
  const panel = byId("panel");
  const stepDetail = byId("step-detail");
  const links = all("a.node, a.edge", graph);
  let held = null; // a link, or the step's detail

  // Links of a drawing have no hash of their own.
  const targetOf = (link) => byId(link.getAttribute("href").slice(1));
  const detailOf = (item) => (item === null || item === stepDetail ? item : complete(item, targetOf(item)));

  // Copies of what a card says at once: its sentence, its equation and its numbers, without the proof of its rule.
  function piecesOf(card) {
    const own = ":scope > p:first-child, :scope > .equation:has(.number:not(:empty)), :scope > .numbers";
    const pieces = all(own, card.querySelector(".body")).map((piece) => piece.cloneNode(true));
    pieces.forEach((piece) => piece.removeAttribute("id"));
    return pieces;
  }

  // An arrow's details stand in its step's card.
  function complete(link, detail) {
    if (detail.dataset.card === undefined) return detail;
    const name = (id) => [...byId(id).querySelector("h3").cloneNode(true).childNodes];
    const title = document.createElement("h3");
    title.append(...name(link.dataset.from), " → ", ...name(link.dataset.to));
    detail.prepend(title, ...piecesOf(byId(detail.dataset.card)));
    delete detail.dataset.card;
    return detail;
  }

  // Thin arrows are hard to point at.
  all("path.line", graph).forEach((line) => {
    const hit = line.cloneNode();
    hit.setAttribute("class", "hit");
    line.before(hit);
  });

  function show(item) {
    const detail = detailOf(item);
    all(".detail.shown", panel).forEach((other) => other.classList.remove("shown"));
    all(".chosen", graph).forEach((other) => other.classList.remove("chosen"));
    if (detail !== null) detail.classList.add("shown");
    if (item !== null && item !== stepDetail) item.classList.add("chosen");
    panel.querySelector(".empty").hidden = detail !== null;
    panel.scrollTop = 0;
  }

  function hold(item) {
    held = item;
    show(item);
  }

  // Without anything held the last details stay, so that the mouse can reach their links.
  function lookBack() {
    if (held !== null) show(held);
  }

  // One of the links is a tab stop; arrow keys walk through the others from left to right.
  const place = (link) => {
    const box = link.getBBox();
    const shift = link.transform.baseVal.numberOfItems > 0 ? link.transform.baseVal.getItem(0).matrix : { e: 0, f: 0 };
    return [box.x + box.width / 2 + shift.e, box.y + box.height / 2 + shift.f];
  };
  const inOrder = links
    .map((link) => ({ link, at: place(link) }))
    .sort((a, b) => a.at[0] - b.at[0] || a.at[1] - b.at[1])
    .map((entry) => entry.link);

  function makeTabStop(link) {
    links.forEach((other) => other.setAttribute("tabindex", other === link ? "0" : "-1"));
  }

  function focusBeside(link, key) {
    const last = inOrder.length - 1;
    const at = inOrder.indexOf(link);
    const to = {
      ArrowRight: Math.min(at + 1, last),
      ArrowDown: Math.min(at + 1, last),
      ArrowLeft: Math.max(at - 1, 0),
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: last,
    }[key];
    if (to === undefined) return false;
    inOrder[to].focus();
    return true;
  }

  links.forEach((link) => {
    link.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && show(link));
    link.addEventListener("pointerleave", lookBack);
    link.addEventListener("focus", () => {
      makeTabStop(link);
      show(link);
      keepInView(link);
    });
    link.addEventListener("blur", lookBack);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      link.focus({ preventScroll: true });
      hold(link);
    });
    link.addEventListener("keydown", (event) => {
      if (event.key === " ") hold(link);
      else if (event.key === "Escape") hold(null);
      else if (!focusBeside(link, event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  });
  if (inOrder.length > 0) makeTabStop(inOrder[0]);

  // Scrolls the drawing alone, never the page.
  function keepInView(...items) {
    const boxes = items.map((item) => item.getBoundingClientRect());
    const frame = graph.getBoundingClientRect();
    const middle = (low, high) => (Math.min(...boxes.map(low)) + Math.max(...boxes.map(high))) / 2;
    const outside = boxes.some(
      (b) => b.left < frame.left || b.right > frame.right || b.top < frame.top || b.bottom > frame.bottom,
    );
    if (!outside) return;
    graph.scrollLeft += middle((b) => b.left, (b) => b.right) - (frame.left + frame.right) / 2;
    graph.scrollTop += middle((b) => b.top, (b) => b.bottom) - (frame.top + frame.bottom) / 2;
  }

  // Steps: place 0 of the slider is the forward pass, place i the i-th card.

  const cards = all("details.step");
  const slider = byId("slider");

  function mark(name, items) {
    all("." + name).forEach((item) => item.classList.remove(name));
    items.filter((item) => item !== null).forEach((item) => item.classList.add(name));
  }

  // The call's equation in the forward pass, if it has one of its own.
  function equationOf(node) {
    const link = node && targetOf(node).querySelector("a[href^='#forward-']");
    return link ? targetOf(link) : null;
  }

  function describe(card) {
    const title = document.createElement("h3");
    title.append(...card.querySelector("h3").cloneNode(true).childNodes);
    const link = panel.querySelector(`a.go[href="#${card.id}"]`).cloneNode(true);
    stepDetail.replaceChildren(title, ...piecesOf(card), link);
    hold(stepDetail);
  }

  function goTo(index) {
    const card = index > 0 ? cards[index - 1] : null;
    const number = card === null ? 0 : Number(card.dataset.step);
    const edge = card && graph.querySelector(`.edge[data-step="${number}"]`);
    const sum = card && graph.querySelector(`.node[data-sum~="${number}"]`);
    const call = edge && graph.querySelector(`[href="#${edge.dataset.to}"]`);
    const target = edge ? graph.querySelector(`[href="#${edge.dataset.from}"]`) : sum;
    const title = card === null ? byId("step-title").dataset.forward : card.dataset.title;
    slider.value = String(index);
    slider.setAttribute("aria-valuetext", title);
    byId("step-title").textContent = title;
    byId("previous").disabled = index === 0;
    byId("next").disabled = index === cards.length;
    mark("current", [card, edge, equationOf(call)]);
    mark("call", [call]);
    mark("target", [target]);
    mark("done", all("[data-step], [data-ready]", graph).filter((item) => {
      const at = Number(item.dataset.step ?? item.dataset.ready);
      return at < number || (at === number && item.dataset.ready !== undefined);
    }));
    if (card === null) return hold(null);
    card.open = true;
    describe(card);
    const items = [edge, call, target].filter((item) => item !== null && item !== undefined);
    if (items.length > 0) keepInView(...items);
    // Beside the drawing that stays in sight the derivation follows; on a phone it would carry the drawing away.
    if (getComputedStyle(byId("explorer")).position === "sticky") card.scrollIntoView({ block: "start" });
  }

  if (slider !== null) {
    const at = () => Number(slider.value);
    slider.addEventListener("input", () => goTo(at()));
    byId("previous").addEventListener("click", () => goTo(Math.max(at() - 1, 0)));
    byId("next").addEventListener("click", () => goTo(Math.min(at() + 1, cards.length)));
    document.addEventListener("keydown", (event) => {
      const busy = event.target.closest("input, button, a, summary, [contenteditable]");
      if (busy || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (event.key === "ArrowRight") goTo(Math.min(at() + 1, cards.length));
      else if (event.key === "ArrowLeft") goTo(Math.max(at() - 1, 0));
      else return;
      event.preventDefault();
    });
    byId("previous").disabled = true;
    byId("open-all").addEventListener("click", () => cards.forEach((card) => (card.open = true)));
    byId("close-all").addEventListener("click", () => cards.forEach((card) => (card.open = false)));
    window.addEventListener("beforeprint", () => cards.forEach((card) => (card.open = true)));
  }

  // A link to a card that is closed opens it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#step-']");
    if (link === null) return;
    const card = targetOf(link);
    card.open = true;
    card.querySelector("summary").focus({ preventScroll: true });
  });

  // Copying: a formula is its LaTeX. A letter carries none.

  const article = byId("derivation");
  const latexOf = (math) => math.dataset.latex ?? math.textContent;

  function latexOfEquation(equation) {
    const cell = (row, selector) => all(`${selector} math`, row).map(latexOf).join(" ");
    const rows = all(".row", equation);
    const mark = rows.length > 1 ? "&" : "";
    const lines = rows.map((row) =>
      [cell(row, ".left"), mark + row.querySelector(".sign").textContent, cell(row, ".right > .scroll")]
        .filter((part) => part !== "")
        .join(" "),
    );
    return rows.length > 1 ? `\\begin{aligned}\n${lines.join(" \\\\\n")}\n\\end{aligned}` : lines[0];
  }

  all(".equation", article).forEach((equation) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "TeX";
    button.title = article.dataset.copy;
    button.setAttribute("aria-label", `${article.dataset.copy}: ${equation.querySelector(".left").textContent}`);
    equation.append(button);
  });

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (button === null) return;
    await copy(latexOfEquation(button.closest(".equation")));
    const label = button.textContent;
    if (button.classList.contains("copied")) return;
    button.classList.add("copied");
    button.textContent = article.dataset.copied;
    setTimeout(() => {
      button.classList.remove("copied");
      button.textContent = label;
    }, 1500);
  });

  document.addEventListener("copy", (event) => {
    const selection = document.getSelection();
    if (selection.isCollapsed || event.target.closest?.("textarea, input")) return;
    const range = selection.getRangeAt(0);
    const around = range.commonAncestorContainer;
    const formula = (around.closest ? around : around.parentElement).closest("math");
    const shelf = document.createElement("div");
    shelf.className = "hidden";
    if (formula !== null) shelf.append(formula.cloneNode(true));
    else shelf.append(range.cloneContents());
    all("button", shelf).forEach((button) => button.remove());
    const formulas = all("math", shelf);
    if (formulas.length === 0) return;
    formulas.forEach((math) => math.replaceWith(formula === null ? `$${latexOf(math)}$` : latexOf(math)));
    document.body.append(shelf);
    event.clipboardData.setData("text/plain", shelf.innerText);
    shelf.remove();
    event.preventDefault();
  });

  // The panel and links to cards leave room for the drawing.
  const explorer = byId("explorer");
  const measure = () => root.style.setProperty("--explorer-height", `${explorer.offsetHeight}px`);
  new ResizeObserver(measure).observe(explorer);
  measure();
})();
