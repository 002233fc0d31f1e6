/**
 * The map of the model: a section for each stretch of the run, a block for each place, a chip for each step.
 *
 * @typedef {{ key: string, events: Recorded[] }} Group
 */

/** @param {Stage} stage @returns {View} */
function mapView(stage) {
  const root = h("nav", { class: "map", keydown: walk });
  /** @type {HTMLElement[]} */ let chips = [];
  /** @type {HTMLDetailsElement[]} */ let sections = [];

  function draw() {
    chips = [];
    root.setAttribute("aria-label", stage.say("map"));
    const stretches = grouped(stage.run.events, ({ facts }) => `${facts.phase}\n${facts.stack ?? ""}`);
    sections = stretches.map((stretch) => section(stage, stretch, chips));
    root.replaceChildren(...sections);
    mark();
  }

  function mark() {
    const chip = chips[stage.state.event];
    const held = chips.includes(/** @type {any} */ (root.getRootNode()).activeElement);
    choose(chips, chip, "aria-current");
    for (const one of chips) one.tabIndex = one === chip ? 0 : -1;
    if (held) chip.focus({ preventScroll: true });
    for (const block of root.querySelectorAll(".block"))
      block.classList.toggle("current", block.contains(chip));
    if (isWide(stage)) for (const one of sections) one.open ||= one.contains(chip);
    requestAnimationFrame(() => reveal(root, chip));
  }

  /** Within the map, arrows go from step to step. @param {KeyboardEvent} event */
  function walk(event) {
    const arrow = ARROWS[event.key];
    if (!arrow || !chips.includes(/** @type {HTMLElement} */ (event.target))) return;
    event.preventDefault();
    stage.step(stage.state.event + arrow[0] + arrow[1]);
  }

  draw();
  return { root, update: (changed) => (changed.has("language") ? draw() : changed.has("event") && mark()) };
}

/** @param {Stage} stage @param {Group} stretch @param {HTMLElement[]} chips @returns {HTMLDetailsElement} */
function section(stage, stretch, chips) {
  const [{ facts }] = stretch.events;
  const blocks = grouped(stretch.events, (event) => event.facts.block ?? "").map((group) =>
    block(stage, group, chips),
  );
  const place = stage.words.places[facts.stack ?? ""];
  const title = place ?? stage.words.phases[facts.phase.split(" ")[0]];
  const summary = h("summary", {}, title && h("span", {}, title), data(facts.phase, "phase"));
  return /** @type {HTMLDetailsElement} */ (h("details", { open: isWide(stage) }, summary, ...blocks));
}

/** @param {Stage} stage @param {Group} group @param {HTMLElement[]} chips @returns {HTMLElement} */
function block(stage, group, chips) {
  const all = rounds(group.events);
  const lines = all.map((round) => {
    const mine = round.map((event) => {
      const chip = button(data(event.name), () => stage.step(event.place), {
        class: "chip",
        title: stage.title(event),
      });
      chips[event.place] = chip;
      return chip;
    });
    const word = all.length > 1 && wordOf(round[0]);
    return h("div", { class: "chips" }, word && data(word, "token"), ...mine);
  });
  const title = h("p", { class: "where" }, ...heading(stage, group.events[0]));
  return h("section", { class: "block" }, title, ...lines);
}

/** Cut a block where it begins anew: a recurrent cell does so for each word.
 * @param {Recorded[]} events @returns {Recorded[][]} */
function rounds(events) {
  /** @type {Recorded[][]} */ const found = [[]];
  for (const event of events) {
    if (found[found.length - 1].some(({ name }) => name === event.name)) found.push([]);
    found[found.length - 1].push(event);
  }
  return found;
}

/** The one word that an event is about, if there is one.
 * @param {Recorded} event @returns {string | undefined} */
function wordOf(event) {
  const axis = event.facts.axes.indexOf("token");
  return axis >= 0 && event.shape[axis] === 1 ? event.words(axis, 0)?.[0] : undefined;
}

/** Name the place in the model that an event belongs to.
 * @param {Stage} stage @param {Recorded} event @returns {Child[]} */
function heading(stage, { facts }) {
  const known = facts.place === "words" ? stage.say("words") : stage.words.places[facts.place];
  const title = facts.step && known ? h("span", {}, known) : data(facts.block || facts.path);
  const layer =
    facts.layer === undefined
      ? undefined
      : h("span", { class: "layer" }, stage.say("layer", { layer: facts.layer }));
  const learned = facts.step && ["gradient", "adam"].includes(facts.place);
  const parameter = learned && data(facts.block.slice(0, -facts.place.length - 1), "parameter");
  return [layer, title, parameter];
}

/** Gather neighbours that have the same key.
 * @param {Recorded[]} events @param {(event: Recorded) => string} key @returns {Group[]} */
function grouped(events, key) {
  /** @type {Group[]} */ const groups = [];
  for (const event of events) {
    if (groups.at(-1)?.key !== key(event)) groups.push({ key: key(event), events: [] });
    groups.at(-1)?.events.push(event);
  }
  return groups;
}

/** Whether the map stands beside the step, and not before it. @param {Stage} stage @returns {boolean} */
function isWide({ host }) {
  return host.clientWidth >= 800;
}

/** Scroll a box, and nothing else, until something in it is seen.
 * @param {HTMLElement} box @param {HTMLElement | undefined} one */
function reveal(box, one) {
  if (!one || box.scrollHeight <= box.clientHeight) return;
  const [outer, inner] = [box.getBoundingClientRect(), one.getBoundingClientRect()];
  if (inner.top < outer.top + 60 || inner.bottom > outer.bottom - 60)
    box.scrollTop += inner.top - outer.top - box.clientHeight / 2;
}
