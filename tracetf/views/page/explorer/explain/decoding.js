/** The steps of choosing words otherwise than greedily, as in `tracetf/steps/decoding.py`. */

EXPLAINERS["rows.memory"] = ([memory, rows], [batch, ...at]) => copy(memory.at(rows.at(batch).value, ...at));

EXPLAINERS["rows.mask"] = EXPLAINERS["rows.memory"];

EXPLAINERS["rows.hidden"] = EXPLAINERS["rows.memory"];

EXPLAINERS["sampling.tempered"] = ([logits, temperature], [batch, word]) => {
  const row = logits.at(batch, logits.shape[1] - 1, ALL);
  const heat = temperature.scalar;
  return formula(
    [row],
    () => shares(row.values.map((score) => score / heat))[word],
    () => [
      "e",
      { sup: `${exact(row.values[word])}/${heat}` },
      " ÷ Σ e",
      { sup: `${row.source.name}/${heat}` },
    ],
  );
};

/** The softmax of a row. @param {number[]} scores @returns {number[]} */
function shares(scores) {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = total(powers);
  return powers.map((power) => power / sum);
}

EXPLAINERS["sampling.kept"] = ([tempered, most, enough], [batch, word]) => {
  const row = tempered.at(batch, ALL);
  return formula(
    [row],
    () => {
      const order = ranked(row.values);
      const rank = order.indexOf(word);
      const before = total(order.slice(0, rank).map((i) => row.values[i]));
      return Number(rank < most.scalar && before < enough.scalar * total(row.values));
    },
    () => [`top_k = ${most.scalar}, top_p = ${enough.scalar}`],
  );
};

/** Places of numbers, the largest first; of equal ones the first first. @param {number[]} values */
function ranked(values) {
  return values.map((_, i) => i).sort((a, b) => values[b] - values[a] || a - b);
}

EXPLAINERS["sampling.candidates"] = ([tempered, kept], at) => {
  const [share, stays] = [tempered.at(...at), kept.at(...at)];
  return formula(
    [share, stays],
    () => share.value * stays.value,
    () => [`${exact(share.value)} × ${stays.value}`],
    "·",
  );
};

EXPLAINERS["sampling.choice"] = ([candidates, uniform], [batch]) => {
  const [row, draw] = [candidates.at(batch, ALL), uniform.at(batch)];
  return formula(
    [row, draw],
    () => {
      const goal = draw.value * total(row.values);
      let reach = 0;
      return row.values.filter((value) => (reach += value) <= goal).length;
    },
    () => [`Σ > ${exact(draw.value)} × ${exact(total(row.values))}`],
  );
};

EXPLAINERS["beam.log_probabilities"] = ([logits], [batch, word]) =>
  logSoftmax(logits.at(batch, logits.shape[1] - 1, ALL), word);

/**
 * What is known of a hypothesis: before the first step nothing, later that of the sentences that go on.
 * @param {Source} known @param {Source} going @param {number} sentence @param {number} beam
 * @returns {Spot | undefined} */
function ofHypothesis(known, going, sentence, beam) {
  if (!known.given) return undefined;
  if (!going.given) return known.at(sentence, beam);
  const places = going.all().values.flatMap((goes, i) => (goes ? [i] : []));
  return known.at(places[sentence], beam);
}

/** @param {(Spot | undefined)[]} spots @returns {Spot[]} */
function present(spots) {
  return spots.filter((spot) => spot !== undefined);
}

EXPLAINERS["beam.candidates"] = ([logs, beams, totals, ended, going, padding], [sentence, beam, word]) => {
  const added = logs.at(sentence * beams.scalar + beam, word);
  const before = ofHypothesis(totals, going, sentence, beam);
  const over = ofHypothesis(ended, going, sentence, beam);
  const start = () => before?.value ?? (beam === 0 ? 0 : -Infinity);
  const more = () => (over?.value ? (word === padding.number ? 0 : -Infinity) : added.value);
  return formula(
    present([added, before, over]),
    () => start() + more(),
    () => [`${exact(start())} + ${term(more())}`],
    "+",
  );
};

EXPLAINERS["beam.penalties"] = ([, lengths, ended, going, penalty], [sentence, beam]) => {
  const before = ofHypothesis(lengths, going, sentence, beam);
  const over = ofHypothesis(ended, going, sentence, beam);
  const length = () => (before?.value ?? 0) + (over?.value ? 0 : 1);
  return formula(
    present([before, over]),
    () => ((5 + length()) / 6) ** penalty.scalar,
    () => [`((5 + ${length()}) ÷ 6)`, { sup: String(penalty.scalar) }],
  );
};

EXPLAINERS["beam.scores"] = ([candidates, penalties], [sentence, beam, word]) => {
  const [sum, penalty] = [candidates.at(sentence, beam, word), penalties.at(sentence, beam)];
  return formula(
    [sum, penalty],
    () => sum.value / penalty.value,
    () => [`${exact(sum.value)} ÷ ${exact(penalty.value)}`],
    "÷",
  );
};

/** The place of one of the best scores.
 * @param {Source} scores @param {number} sentence @param {number} kept */
function best(scores, sentence, kept) {
  const [, beams, words] = scores.shape;
  const row = Array.from({ length: beams }, (_, beam) => scores.at(sentence, beam, ALL).values).flat();
  const place = ranked(row)[kept];
  return {
    beam: Math.floor(place / words),
    word: place % words,
    spot: scores.at(sentence, Math.floor(place / words), place % words),
  };
}

EXPLAINERS["beam.parents"] = ([scores], [sentence, kept]) => {
  const { beam, spot } = best(scores, sentence, kept);
  return formula(
    [spot],
    () => beam,
    () => [`top ${kept + 1}: ${label(spot)}`],
  );
};

EXPLAINERS["beam.words"] = ([scores], [sentence, kept]) => {
  const { word, spot } = best(scores, sentence, kept);
  return formula(
    [spot],
    () => word,
    () => [`top ${kept + 1}: ${label(spot)}`],
  );
};

EXPLAINERS["beam.totals"] = ([candidates, parents, words], [sentence, kept]) =>
  copy(candidates.at(sentence, parents.at(sentence, kept).value, words.at(sentence, kept).value));

EXPLAINERS["beam.lengths"] = ([, parents, lengths, ended, going], [sentence, kept]) => {
  const parent = parents.at(sentence, kept);
  const before = ofHypothesis(lengths, going, sentence, parent.value);
  const over = ofHypothesis(ended, going, sentence, parent.value);
  return formula(
    present([parent, before, over]),
    () => (before?.value ?? 0) + (over?.value ? 0 : 1),
    () => [`${before?.value ?? 0} + ${over?.value ? 0 : 1}`],
  );
};

EXPLAINERS["beam.ended"] = ([parents, words, totals, , ended, going, end], [sentence, kept]) => {
  const [parent, word, sum] = [parents, words, totals].map((source) => source.at(sentence, kept));
  const before = ofHypothesis(ended, going, sentence, parent.value);
  return formula(
    present([word, sum, before]),
    () => Number(Boolean(before?.value) || word.value === end.number || sum.value === -Infinity),
    () => [`${word.value} ${word.value === end.number ? "=" : "≠"} ${end.number}`],
  );
};

EXPLAINERS["beam.rows"] = ([parents, going, beams], [row]) => {
  const sentences = going.all().values.flatMap((goes, i) => (goes ? [i] : []));
  const sentence = sentences[Math.floor(row / parents.shape[1])];
  const parent = parents.at(sentence, row % parents.shape[1]);
  return formula(
    [parent],
    () => beams.scalar * sentence + parent.value,
    () => [`${beams.scalar} × ${sentence} + ${parent.value}`],
  );
};
