/** Keys: arrows move the cell, Space plays, digits choose the head. */

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** @param {Stage} stage @param {KeyboardEvent} event */
function press(stage, event) {
  const target = /** @type {HTMLElement} */ (event.composedPath()[0]);
  const busy = ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
  const clickable = ["BUTTON", "SUMMARY", "A"].includes(target.tagName);
  if (busy || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const arrow = ARROWS[event.key];
  if (arrow) stage.move(...arrow);
  else if (event.key === " " && !clickable) stage.play(!stage.state.playing);
  else if (/^\d$/.test(event.key) && Number(event.key) < headsOf(stage.event))
    stage.go({ place: { ...stage.state.place, head: Number(event.key) } });
  else return;
  event.preventDefault();
}

/** @param {Recorded} event @returns {number} */
function headsOf(event) {
  const axis = event.facts.axes.indexOf("head");
  return axis >= 0 && axis < leadingAxes(event) ? event.shape[axis] : 0;
}
