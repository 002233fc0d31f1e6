/** The positions as a picture: a row a place in the sentence, a column a wave. */

const PLACES = 48;

/** @param {Stage} stage @returns {View | undefined} */
function positionsView(stage) {
  const event = stage.run.of("positions.waves").sort((a, b) => b.shape[0] - a.shape[0])[0];
  if (!event) return undefined;
  const size = event.shape[1];
  const places = Math.min(PLACES, Math.max(event.shape[0], stage.run.facts.longest || PLACES));
  const values = Array.from({ length: places * size }, (_, i) => wave(Math.floor(i / size), i % size, size));
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { "aria-hidden": "true" }));
  stage.paint(canvas, new Matrix(new Source("waves", { kind: "real", shape: [places, size], values }), []));
  const taken = h("span", { class: "taken" });
  taken.style.height = `${(100 * event.shape[0]) / places}%`;
  const picture = button(canvas, () => stage.step(event.place), { class: "waves" });
  picture.append(taken);
  const [title, caption] = [h("h3"), h("p", { class: "faint" })];

  function update() {
    title.textContent = stage.say("positions");
    caption.textContent = stage.say("positions_caption", { places, columns: size, words: event.shape[0] });
    picture.setAttribute("aria-label", stage.say("positions"));
  }
  update();
  return { root: h("section", { class: "positions" }, title, picture, caption), update };
}

ASIDES.push(positionsView);
