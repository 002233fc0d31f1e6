/** The way through a run: first, back, play, next, last, and a slider over all steps. */

const ICONS = {
  first: "M5 5h2v14H5zM20 5v14L9 12z",
  back: "M17 5v14L6 12z",
  play: "M7 4v16l13-8z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  next: "M7 5v14l11-7z",
  last: "M17 5h2v14h-2zM4 5v14l11-7z",
};

/** @param {Stage} stage @returns {View} */
function scrubberView(stage) {
  const last = stage.run.events.length - 1;
  const ways = {
    first: () => stage.step(0),
    back: () => stage.step(stage.state.event - 1),
    play: () => stage.play(!stage.state.playing),
    next: () => stage.step(stage.state.event + 1),
    last: () => stage.step(last),
  };
  const buttons = Object.entries(ways).map(([name, go]) => button(icon(name), go, { "data-way": name }));
  const slider = /** @type {HTMLInputElement} */ (
    h("input", { type: "range", min: 0, max: last, step: 1, input: () => stage.step(Number(slider.value)) })
  );
  const count = h("output", { class: "count", translate: "no" });

  function update() {
    const { state } = stage;
    for (const one of buttons) {
      const way = /** @type {string} */ (one.dataset.way);
      const name = way === "play" && state.playing ? "pause" : way;
      one.setAttribute("aria-label", stage.say(name));
      one.title = stage.say(name);
      one.replaceChildren(icon(name));
    }
    slider.value = String(state.event);
    slider.setAttribute("aria-label", stage.say("scrubber"));
    slider.setAttribute("aria-valuetext", `${stage.event.facts.path} (${stage.event.facts.phase})`);
    slider.style.setProperty("--done", `${(100 * state.event) / Math.max(1, last)}%`);
    count.textContent = `${state.event + 1} / ${last + 1}`;
  }
  update();
  return { root: h("div", { class: "scrubber", role: "group" }, ...buttons, slider, count), update };
}

/** @param {string} name @returns {Element} */
function icon(name) {
  const drawing = make(
    "http://www.w3.org/2000/svg",
    "svg",
    { viewBox: "0 0 24 24", "aria-hidden": "true" },
    [],
  );
  drawing.append(make("http://www.w3.org/2000/svg", "path", { d: /** @type {any} */ (ICONS)[name] }, []));
  return drawing;
}
