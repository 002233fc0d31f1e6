/* A story moves the explorer: reaching a passage with `data-step` shows that step in the explorer beside it. */
(() => {
  const SHOWN = ["data-phase", "data-head", "data-cell", "data-step"];

  /** Show what a passage names. @param {Element} viewer @param {Element} passage */
  function show(viewer, passage) {
    for (const other of passage.parentElement.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    passage.setAttribute("aria-current", "step");
    for (const name of SHOWN) {
      const value = passage.getAttribute(name);
      if (value === null) viewer.removeAttribute(name.slice(5));
      else viewer.setAttribute(name.slice(5), value);
    }
  }

  /** @param {Element} story */
  function begin(story) {
    const viewer = story.querySelector("tracetf-explorer");
    const passages = [...story.querySelectorAll("[data-step]")];
    const seen = new IntersectionObserver(
      (entries) => {
        const reached = entries.filter((entry) => entry.isIntersecting).at(-1);
        if (reached && matchMedia("(min-width: 76.25em)").matches) show(viewer, reached.target);
      },
      { rootMargin: "-20% 0px -60% 0px" },
    );
    for (const passage of passages) {
      seen.observe(passage);
      const button = document.createElement("button");
      button.className = "md-button show";
      button.textContent = story.dataset.show;
      button.addEventListener("click", () => {
        show(viewer, passage);
        viewer.scrollIntoView({ block: "start" });
      });
      passage.append(button);
    }
  }

  /** Let what scrolls be reached by keys. */
  function reachable() {
    for (const one of document.querySelectorAll(".md-typeset__scrollwrap, .output code")) one.tabIndex = 0;
  }

  const ready = () => {
    document.querySelectorAll(".story").forEach(begin);
    setTimeout(reachable);
  };
  if (window.document$) window.document$.subscribe(ready);
  else document.addEventListener("DOMContentLoaded", ready);
})();
