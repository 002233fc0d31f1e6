/** The steps of attention, section 3.2 of the paper, as in `tracetf/steps/attention.py`. */

EXPLAINERS["attention.Q"] = ([x, W], [batch, head, query, d]) =>
  dot(x.at(batch, query, ALL), W.at(head, ALL, d));

EXPLAINERS["attention.K"] = ([memory, W], [batch, head, key, d]) =>
  dot(memory.at(batch, key, ALL), W.at(head, ALL, d));

EXPLAINERS["attention.V"] = EXPLAINERS["attention.K"];

EXPLAINERS["attention.keys"] = ([kept, rows, fresh], [batch, head, key, d]) => {
  if (kept.missing) return copy(kept.at(batch, head, key, d));
  const before = kept.given ? kept.shape[2] : 0;
  if (key >= before) return copy(fresh.at(batch, head, key - before, d));
  return copy(kept.at(rows.given ? rows.at(batch).value : batch, head, key, d));
};

EXPLAINERS["attention.values"] = EXPLAINERS["attention.keys"];

EXPLAINERS["attention.scores"] = ([Q, K], [batch, head, query, key]) =>
  dot(Q.at(batch, head, query, ALL), K.at(batch, head, key, ALL));

EXPLAINERS["attention.scaled"] = ([scores, d_k], [batch, head, query, key]) => {
  const score = scores.at(batch, head, query, key);
  const size = d_k.scalar;
  return formula(
    [score],
    () => score.value / Math.sqrt(size),
    () => [`${label(score)} ÷ √d_k = ${exact(score.value)} ÷ √${size}`],
  );
};

EXPLAINERS["attention.masked"] = ([scaled, mask], [batch, head, query, key]) => {
  const score = scaled.at(batch, head, query, key);
  const seen = mask.at(batch, Math.min(query, mask.shape[1] - 1), key);
  return formula(
    [score, seen],
    () => (seen.value ? score.value : -Infinity),
    () => [
      `${label(seen)} = ${digits(seen.value, "truth")}  `,
      { say: seen.value ? "may_look" : "may_not_look" },
    ],
  );
};

EXPLAINERS["attention.weights"] = ([masked], [batch, head, query, key]) =>
  softmax(masked.at(batch, head, query, ALL), key);

EXPLAINERS["attention.heads"] = ([weights, V], [batch, head, query, d]) =>
  dot(weights.at(batch, head, query, ALL), V.at(batch, head, ALL, d));

EXPLAINERS["attention.concat"] = ([heads], [batch, query, column]) => {
  const d_v = heads.shape[3];
  return copy(heads.at(batch, Math.floor(column / d_v), query, column % d_v));
};

EXPLAINERS["attention.output"] = ([concat, W], [batch, query, column]) =>
  dot(concat.at(batch, query, ALL), W.at(ALL, column));
