/** The first line: what went in, what came out; on a page of its own also a title, language and light. */

/** @param {Stage} stage @param {string} title @returns {View} */
function headerView(stage, title) {
  const alone = stage.host.hasAttribute("whole-page");
  const tokens = h("p", { class: "tokens" });
  const heading = h(alone ? "h1" : "p", { class: "brand" }, title && data(title));
  const switches = alone ? switchesView(stage) : undefined;
  const root = h("div", { class: "head" }, (alone || title) && heading, tokens, switches?.root);

  /** @param {Set<string>} changed */
  function update(changed) {
    if (changed.has("language") || changed.has("place")) tokens.replaceChildren(...sentence(stage));
    if (!title) heading.textContent = stage.say("title");
    switches?.update();
    root.hidden = !alone && !title && !tokens.hasChildNodes();
  }
  update(new Set(["language"]));
  return { root, update };
}

/** Buttons for the language and the light, which an explorer within a page takes from that page.
 * @param {Stage} stage @returns {{ root: Element, update: () => void }} */
function switchesView(stage) {
  const language = button(
    "",
    () => stage.go({ language: next(Object.keys(stage.run.facts.words), stage.state.language) }),
    { class: "language" },
  );
  const theme = button("", () => stage.go({ theme: next(THEMES, stage.state.theme) }), { class: "theme" });

  function update() {
    const [code, other] = otherLanguage(stage);
    language.textContent = other;
    language.setAttribute("lang", code);
    language.setAttribute("aria-label", `${other} — ${stage.say("language")}`);
    theme.textContent = { auto: "◐", light: "☀", dark: "☾" }[stage.state.theme] ?? "◐";
    theme.setAttribute("aria-label", stage.say(`theme_${stage.state.theme}`));
    theme.title = stage.say(`theme_${stage.state.theme}`);
  }
  return { root: h("div", { class: "switches" }, language, theme), update };
}

/** @param {Stage} stage @returns {HTMLElement[]} the words that went in, an arrow, the words that came out */
function sentence(stage) {
  const chosen = stage.state.place.batch ?? 0;
  const source = stage.run.of("transformer.source")[0]?.words(1, chosen) ?? [];
  const written = predictions(stage).map((one) => one.predicts);
  const arrow =
    source.length && written.length ? [h("span", { class: "arrow", "aria-hidden": "true" }, "→")] : [];
  return [
    ...source.map((word) => data(word, "token")),
    ...arrow,
    ...written.map((word) => data(word, "token out")),
  ];
}

/** @param {Stage} stage @returns {[string, string]} its code, and its own name for itself */
function otherLanguage(stage) {
  const code = next(Object.keys(stage.run.facts.words), stage.state.language);
  return [code, stage.run.facts.words[code].page.name];
}

/** @template T @param {T[]} list @param {T} one
 * @returns {T} the one after it, and after the last the first */
function next(list, one) {
  return list[(list.indexOf(one) + 1) % list.length];
}
