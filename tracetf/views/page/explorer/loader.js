/** Unpack the script of a page, and run it: the page's policy allows this one and no other. */
(async (self) => {
  const packed = Uint8Array.from(atob(self.dataset.code ?? ""), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const code = document.createElement("script");
  code.textContent = await new Response(stream).text();
  self.replaceWith(code);
})(/** @type {HTMLScriptElement} */ (document.currentScript));
