/**
 * `<tracetf-explorer data-trace="…">`: the explorer, in a shadow root so that no page's style leaks in.
 *
 * Attributes: `step`, `phase`, `head`, `cell` (`row.column`), `lang`, `theme` say what to show; `linked` makes
 * the address of the page follow; `whole-page` fills the window, hears the keys of the whole page and has
 * switches for language and light. Within another page an explorer speaks the language of what is around it
 * and is light or dark as that is.
 */
class Explorer extends HTMLElement {
  static observedAttributes = ["step", "phase", "head", "cell", "lang", "theme"];

  constructor() {
    super();
    /** @type {Stage | undefined} */ this.stage = undefined;
    /** @type {Promise<void> | undefined} */ this.ready = undefined;
    this.dark = window.matchMedia("(prefers-color-scheme: dark)");
    this._repaint = () => this.stage?.repaint(this._colours());
    this._follow = () => this.stage?.go(wished(this.stage.run, new URLSearchParams(location.hash.slice(1))));
    this._press = (/** @type {KeyboardEvent} */ event) => this.stage && press(this.stage, event);
  }

  connectedCallback() {
    this.ready ??= this._begin();
    this.dark.addEventListener("change", this._repaint);
    this._ears.addEventListener("keydown", /** @type {any} */ (this._press));
    if (this.hasAttribute("linked")) window.addEventListener("hashchange", this._follow);
    this._watch = new MutationObserver(this._repaint);
    this._watch.observe(document.documentElement, { attributes: true });
    this._watch.observe(document.body, { attributes: true });
  }

  disconnectedCallback() {
    this.stage?.play(false);
    this.dark.removeEventListener("change", this._repaint);
    this._ears.removeEventListener("keydown", /** @type {any} */ (this._press));
    window.removeEventListener("hashchange", this._follow);
    this._watch?.disconnect();
  }

  /** Move to what the attributes now say. */
  attributeChangedCallback() {
    if (this.stage) this.stage.go(this._attributes(this.stage.run));
  }

  /** Recompute every number of the page. */
  async recompute() {
    await this.ready;
    return recompute(/** @type {Stage} */ (this.stage).run);
  }

  /** Where keys are heard. @returns {EventTarget} */
  get _ears() {
    return this.hasAttribute("whole-page") ? document : this;
  }

  async _begin() {
    const { facts, arrays } = await unpack(this.dataset.trace ?? "");
    const run = new Run(facts, arrays);
    const address = this.hasAttribute("linked")
      ? wished(run, new URLSearchParams(location.hash.slice(1)))
      : {};
    const first = {
      event: Math.max(
        0,
        run.events.findIndex((event) => event.facts.share),
      ),
    };
    this.stage = new Stage(run, this, { ...first, ...this._attributes(run), ...address });
    this._draw(this.stage);
  }

  /** @param {Run} run @returns {Partial<State>} */
  _attributes(run) {
    const said = new URLSearchParams(
      Explorer.observedAttributes.map((name) => [name, this.getAttribute(name) ?? ""]),
    );
    const around = /** @type {HTMLElement | null} */ (this.closest("[lang]"));
    said.set("lang", (around?.lang ?? "").split("-")[0]);
    const state = wished(run, said);
    const theme = this.getAttribute("theme");
    return theme && THEMES.includes(theme) ? { ...state, theme } : state;
  }

  /** @param {Stage} stage */
  _draw(stage) {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const frame = h("div", { class: "frame" });
    root.replaceChildren(frame);
    if (!stage.run.events.length) {
      frame.append(h("p", { class: "empty" }, stage.say("nothing")));
      return;
    }
    const [header, scrubber, map, step] = [
      headerView(stage, this.getAttribute("heading") ?? ""),
      scrubberView(stage),
      mapView(stage),
      stepView(stage),
    ];
    const aside = ASIDES.map((view) => view(stage)).filter((view) => view !== undefined);
    const outer = {
      root: frame,
      update: (/** @type {Set<string>} */ changed) => this._dress(stage, frame, changed),
    };
    stage.views = [outer, header, scrubber, map, step, ...aside];
    const side = h("div", { class: "aside" }, ...aside.map((view) => view.root));
    frame.append(header.root, scrubber.root, map.root, step.root, side);
    this._dress(stage, frame, new Set(["language", "theme"]));
    this._repaint();
  }

  /** Wear the language and the theme, and tell the address.
   * @param {Stage} stage @param {HTMLElement} frame @param {Set<string>} changed */
  _dress(stage, frame, changed) {
    frame.lang = stage.state.language;
    frame.style.colorScheme = stage.state.theme === "auto" ? "" : stage.state.theme;
    if (changed.has("theme")) this._repaint();
    if (this.hasAttribute("linked") && !changed.has("temperature")) writeAddress(stage);
  }

  /** The colours of the theme, as a canvas needs them. @returns {Colours} */
  _colours() {
    const probe = h("span");
    /** @type {ShadowRoot} */ (this.shadowRoot).firstElementChild?.append(probe);
    const colour = (/** @type {string} */ name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const found = {
      above: colour("above"),
      below: colour("below"),
      ink: colour("ink"),
      faint: colour("faint"),
    };
    probe.remove();
    return found;
  }
}

if (!customElements.get("tracetf-explorer")) customElements.define("tracetf-explorer", Explorer);
