/**
 * Read what Python packed: `tracetf/views/page/payload.py` says how.
 *
 * @typedef {{ kind: "real" | "whole" | "truth", shape: number[], values: ArrayLike<number> }} Numbers
 */

/** @param {string} text @returns {Promise<{ facts: any, arrays: Numbers[] }>} */
async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let at = 4 + new DataView(bytes.buffer).getUint32(0, true);
  const facts = JSON.parse(new TextDecoder().decode(bytes.subarray(4, at)));
  /** @type {Record<string, any>} */ const all = {};
  for (const [kind, length] of Object.entries(facts.lengths)) {
    const size = Number(length) * Number(kind[1]);
    all[kind] = READERS[kind](woven(bytes.subarray(at, at + size), Number(kind[1])));
    at += size;
  }
  const arrays = facts.arrays.map((/** @type {[string, number, number[]]} */ [kind, begin, shape]) => ({
    kind: kind === "u1" ? "truth" : kind[0] === "i" ? "whole" : "real",
    shape,
    values: all[kind].subarray(begin, begin + shape.reduce((product, length) => product * length, 1)),
  }));
  return { facts, arrays };
}

/** Put the bytes of every number together again.
 * @param {Uint8Array} planes @param {number} width @returns {ArrayBuffer} */
function woven(planes, width) {
  const whole = new Uint8Array(planes.length);
  const count = planes.length / width;
  for (let plane = 0; plane < width; plane++)
    for (let i = 0; i < count; i++) whole[i * width + plane] = planes[plane * count + i];
  return whole.buffer;
}

/** @type {Record<string, (buffer: ArrayBuffer) => ArrayLike<number>>} */
const READERS = {
  u1: (buffer) => new Uint8Array(buffer),
  i4: (buffer) => new Int32Array(buffer),
  f4: (buffer) => new Float32Array(buffer),
  f8: (buffer) => new Float64Array(buffer),
  f2: (buffer) => Float32Array.from(new Uint16Array(buffer), half),
};

/** Return the number that 16 bits stand for.
 * @param {number} bits @returns {number} */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
