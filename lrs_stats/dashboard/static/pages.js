// What scripts add to pages that work without them: drawn charts, explanations in a window,
// names found as one types, parts that come later, and sheets that close.

const library = document.documentElement.dataset.library;
const part = { headers: { "X-Fragment": "1" }, credentials: "same-origin" };

async function fetched(address) {
  const answer = await fetch(address, part);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const made = document.createElement("template");
  made.innerHTML = await answer.text();
  return made.content;
}

// Charts

let drawing;

function vega() {
  drawing ??= import(library).then(() => window.vegaEmbed);
  return drawing;
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

function coloured(part, colour) {
  if (typeof part === "string") return part.startsWith("var:") ? colour(part.slice(4)) : part;
  if (Array.isArray(part)) return part.map((one) => coloured(one, colour));
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, coloured(one, colour)]));
}

function looks(colour) {
  const font = getComputedStyle(document.body).fontFamily;
  return {
    background: null,
    font,
    padding: { left: 0, right: 4, top: 6, bottom: 2 },
    view: { stroke: null },
    axis: {
      domainColor: colour("rule"), gridColor: colour("rule"), labelColor: colour("quiet"),
      labelFontSize: 12, labelPadding: 6, ticks: false, title: null,
    },
    bar: { cornerRadiusEnd: 3 },
    legend: { labelColor: colour("ink"), labelFontSize: 12, symbolType: "circle" },
  };
}

function pointed(element, tips) {
  const bubble = document.createElement("div");
  bubble.className = "bubble";
  bubble.hidden = true;
  element.append(bubble);
  return (_, event, item, value) => {
    const key = value && item?.datum && (item.datum.period ?? item.datum.label);
    bubble.hidden = !key || !(key in tips);
    if (bubble.hidden) return;
    const box = element.getBoundingClientRect();
    bubble.textContent = tips[key];
    bubble.style.left = `${Math.min(event.clientX - box.left, box.width - bubble.offsetWidth)}px`;
    bubble.style.top = `${event.clientY - box.top - bubble.offsetHeight - 10}px`;
  };
}

function withTips(spec) {
  const marked = (mark) => ({ ...(typeof mark === "string" ? { type: mark } : mark), tooltip: { content: "data" } });
  if (spec.layer) return { ...spec, layer: spec.layer.map((one) => ({ ...one, mark: marked(one.mark) })) };
  return { ...spec, mark: marked(spec.mark) };
}

async function draw(element) {
  const colour = colours();
  const spec = withTips(coloured(JSON.parse(element.dataset.chart), colour));
  const { formats } = document.documentElement.dataset;
  const { number, time } = JSON.parse(formats);
  const plot = document.createElement("div");
  element.replaceChildren(plot);
  const embed = await vega();
  await embed(plot, spec, {
    ast: true, actions: false, logLevel: 1, defaultStyle: false, renderer: "svg", config: looks(colour),
    formatLocale: number, timeFormatLocale: time,
    tooltip: pointed(element, JSON.parse(element.dataset.tips)),
  });
  element.classList.remove("waiting");
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    seen.unobserve(entry.target);
    draw(entry.target).catch(() => instead(entry.target));
  }
}, { rootMargin: "300px" });

function instead(element) {
  element.classList.remove("waiting");
  const picture = document.createElement("img");
  picture.src = element.dataset.picture;
  picture.alt = element.getAttribute("aria-label");
  element.replaceChildren(picture);
}

function charts(root) {
  for (const element of root.querySelectorAll("[data-chart]")) {
    element.classList.add("waiting");
    seen.observe(element);
  }
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts(document));

// Parts that come later

const nearly = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    nearly.unobserve(target);
    target.setAttribute("aria-busy", "true");
    fetched(target.dataset.later)
      .then((content) => {
        const blocks = content.querySelector(".blocks");
        const made = blocks ? [...blocks.children] : [];
        target.replaceWith(...made);
        for (const one of made) charts(one);
      })
      .catch(() => target.removeAttribute("aria-busy")); // the link in it is still there
  }
}, { rootMargin: "100px" });

// Explanations in a window

async function explain(address, link) {
  const content = await fetched(address);
  const shown = document.createElement("dialog");
  const shut = document.createElement("button");
  shut.className = "shut";
  shut.textContent = "×";
  shut.setAttribute("aria-label", document.documentElement.dataset.shut);
  shut.addEventListener("click", () => shown.close());
  shown.append(shut, content);
  shown.setAttribute("aria-labelledby", "explained");
  shown.querySelector("h1").id = "explained";
  shown.addEventListener("click", (event) => { if (event.target === shown) shown.close(); });
  shown.addEventListener("close", () => { shown.remove(); link?.focus(); });
  document.body.append(shown);
  shown.showModal();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.explained");
  const cell = event.target.closest("tr[data-explain] > [data-metric]");
  if (!(link || cell) || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const address = link ? link.href : cell.parentElement.dataset.explain + cell.dataset.metric;
  explain(address, link).catch(() => { location.href = address; });
});

// Names as one types

function finding(pick) {
  const form = pick.querySelector("form");
  const found = pick.querySelector(".found");
  let asked = 0;
  let waiting;
  const look = async () => {
    const number = ++asked;
    const address = new URL(form.action);
    address.search = new URLSearchParams(new FormData(form));
    const content = await fetched(address);
    if (number === asked) found.replaceChildren(content);
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => look().catch(() => {}), 150);
  });
  pick.addEventListener("toggle", () => {
    if (!pick.open) return;
    form.elements.search.focus();
    if (!found.hasChildNodes()) look().catch(() => {});
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") found.querySelector("a")?.focus();
  });
}

// The dialog of exports shows the columns of what is chosen

for (const choice of document.querySelectorAll(".dialog input[name=granularity]")) {
  const button = choice.form.querySelector("button[value=choose]");
  choice.addEventListener("change", () => choice.form.requestSubmit(button));
}

// A name that is typed is looked for with the key with which everything else is saved

for (const field of document.querySelectorAll(".people input[name=find]")) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    field.form.requestSubmit(field.form.querySelector("button[value=find]"));
  });
}

// Files that are being made

async function again(blocks) {
  const content = await fetched(blocks.dataset.again);
  const made = content.querySelector(".blocks");
  if (!blocks.contains(document.activeElement)) blocks.replaceWith(made);
  const left = document.querySelector("[data-again]");
  if (left) setTimeout(() => again(left).catch(() => {}), 2000);
}

for (const blocks of document.querySelectorAll("[data-again]")) {
  setTimeout(() => again(blocks).catch(() => {}), 1000);
}

// Sheets and the menu

document.addEventListener("click", (event) => {
  for (const pick of document.querySelectorAll("details.pick[open]")) {
    if (!pick.contains(event.target)) pick.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const pick = document.activeElement?.closest("details.pick[open]");
  if (!pick) return;
  pick.open = false;
  pick.querySelector("summary").focus();
});

const narrow = matchMedia("(max-width: 860px)");
const menu = document.getElementById("menu");
if (menu && narrow.matches) menu.open = false;
narrow.addEventListener("change", () => { if (menu) menu.open = !narrow.matches; });

document.querySelectorAll("[data-pick]").forEach(finding);
document.querySelectorAll("[data-later]").forEach((one) => nearly.observe(one));
charts(document);
