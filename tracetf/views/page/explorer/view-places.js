/** Chips that choose a sentence, a head, or a place on any other axis before those of the matrix. */

/** @param {Stage} stage @param {HTMLElement} box */
function placeChips(stage, box) {
  const { event } = stage;
  const groups = event.facts.axes.slice(0, leadingAxes(event)).flatMap((axis, i) => {
    const size = event.shape[i];
    if (size < 2) return [];
    const chips = Array.from({ length: size }, (_, place) => chip(stage, axis, place));
    return [h("div", { class: "chips", role: "group", "aria-label": axisName(stage, axis) }, ...chips)];
  });
  box.replaceChildren(...groups);
  markChips(stage, box);
}

/** @param {Stage} stage @param {string} axis @param {number} place */
function chip(stage, axis, place) {
  const choose = () => stage.go({ place: { ...stage.state.place, [axis]: place } });
  return button(`${axisName(stage, axis)} ${place}`, choose, {
    class: "chip",
    "data-axis": axis,
    "data-place": place,
  });
}

/** @param {Stage} stage @param {string} axis @returns {string} */
function axisName(stage, axis) {
  return stage.words.page[`axis_${axis}`] ?? axis;
}

/** @param {Stage} stage @param {HTMLElement} box */
function markChips(stage, box) {
  for (const one of box.querySelectorAll("button")) {
    const { axis = "", place } = one.dataset;
    one.setAttribute("aria-pressed", String(String(stage.state.place[axis] ?? 0) === place));
  }
}
