/** The steps between a recurrent encoder and decoder, as in `tracetf/steps/seq2seq.py`. */

EXPLAINERS["bottleneck.state"] = ([memory], [batch, , column]) =>
  copy(memory.at(batch, memory.shape[1] - 1, column));

EXPLAINERS["dot_score.scores"] = ([x, memory], [batch, query, key]) =>
  dot(x.at(batch, query, ALL), memory.at(batch, key, ALL));

EXPLAINERS["general_score.keys"] = ([memory, W], [batch, key, column]) =>
  dot(memory.at(batch, key, ALL), W.at(column, ALL));

EXPLAINERS["general_score.scores"] = EXPLAINERS["dot_score.scores"];

EXPLAINERS["additive_score.matched"] = ([x, memory, W_Q, W_K], [batch, query, key, column]) => {
  const [asking, ofAsking] = [x.at(batch, query, ALL), W_Q.at(ALL, column)];
  const [asked, ofAsked] = [memory.at(batch, key, ALL), W_K.at(ALL, column)];
  const sums = () => [product(asking, ofAsking), product(asked, ofAsked)];
  return formula(
    [asking, ofAsking, asked, ofAsked],
    () => Math.tanh(total(sums())),
    () => [
      `tanh(${label(asking)} · ${label(ofAsking)} + ${label(asked)} · ${label(ofAsked)})`,
      ` = tanh(${sums().map(term).join(" + ")})`,
    ],
    "·+·",
  );
};

EXPLAINERS["additive_score.scores"] = ([matched, v], [batch, query, key]) =>
  dot(matched.at(batch, query, key, ALL), v.at(ALL));

EXPLAINERS["global_attention.masked"] = ([scores, mask], [batch, query, key]) => {
  const [score, seen] = [scores.at(batch, query, key), mask.at(batch, 0, key)];
  return formula(
    [score, seen],
    () => (seen.value ? score.value : -Infinity),
    () => [
      `${label(seen)} = ${digits(seen.value, "truth")}  `,
      { say: seen.value ? "may_look" : "may_not_look" },
    ],
  );
};

EXPLAINERS["global_attention.weights"] = ([masked], [batch, query, key]) =>
  softmax(masked.at(batch, query, ALL), key);

EXPLAINERS["global_attention.context"] = ([weights, memory], [batch, query, column]) =>
  dot(weights.at(batch, query, ALL), memory.at(batch, ALL, column));

EXPLAINERS["global_attention.concat"] = EXPLAINERS["side_by_side.concat"];

EXPLAINERS["global_attention.attentional"] = ([concat, W], [batch, query, column]) => {
  const [both, weights] = [concat.at(batch, query, ALL), W.at(ALL, column)];
  return formula(
    [both, weights],
    () => Math.tanh(product(both, weights)),
    () => [`tanh(${label(both)} · ${label(weights)}) = tanh(${exact(product(both, weights))})`],
    "·",
  );
};
