/** The steps of RNN, LSTM and GRU, as in `tracetf/steps/recurrent.py`. */

/** @param {number} z @returns {number} */
function sigmoid(z) {
  return 1 / (1 + Math.exp(-z));
}

/** The word that a cell reads; time is counted from the end of the sentence.
 * @param {Source} x @param {Source} time @returns {number} */
function wordAt(x, time) {
  return x.shape[1] + time.scalar;
}

/** @param {Spot} a @param {Spot} b @returns {number} */
function product(a, b) {
  return total(a.values.map((value, i) => value * b.values[i]));
}

/** @param {(z: number) => number} squeeze @param {string} name @returns {Explainer} */
function gate(squeeze, name) {
  return ([x, time, h, W_x, W_h, bias], [batch, , column]) => {
    const [word, before] = [x.at(batch, wordAt(x, time), ALL), h.at(batch, 0, ALL)];
    const [ofWord, ofState, shift] = [W_x.at(ALL, column), W_h.at(ALL, column), bias.at(column)];
    const sums = () => [product(word, ofWord), product(before, ofState), shift.value];
    return formula(
      [word, ofWord, before, ofState, shift],
      () => squeeze(total(sums())),
      () => [
        `${name}(${label(word)} · ${label(ofWord)} + ${label(before)} · ${label(ofState)} + ${label(shift)})`,
        ` = ${name}(${sums().map(term).join(" + ")})`,
      ],
      "·+·+",
    );
  };
}

EXPLAINERS["initial.state"] = () =>
  formula(
    [],
    () => 0,
    () => ["0"],
  );

EXPLAINERS["rnn.hidden"] = gate(Math.tanh, "tanh");

EXPLAINERS["lstm.forget_gate"] = gate(sigmoid, "σ");

EXPLAINERS["lstm.input_gate"] = EXPLAINERS["lstm.forget_gate"];

EXPLAINERS["lstm.candidate"] = EXPLAINERS["rnn.hidden"];

EXPLAINERS["lstm.cell"] = ([forget, cell, input, candidate], at) => {
  const [kept, old, written, fresh] = [forget, cell, input, candidate].map((source) => source.at(...at));
  return formula(
    [kept, old, written, fresh],
    () => kept.value * old.value + written.value * fresh.value,
    () => [`${exact(kept.value)} × ${term(old.value)} + ${exact(written.value)} × ${term(fresh.value)}`],
    "·+·",
  );
};

EXPLAINERS["lstm.output_gate"] = EXPLAINERS["lstm.forget_gate"];

EXPLAINERS["lstm.hidden"] = ([output, cell], at) => {
  const [shown, memory] = [output.at(...at), cell.at(...at)];
  return formula(
    [shown, memory],
    () => shown.value * Math.tanh(memory.value),
    () => [`${exact(shown.value)} × tanh(${exact(memory.value)})`],
    "·",
  );
};

EXPLAINERS["gru.reset_gate"] = EXPLAINERS["lstm.forget_gate"];

EXPLAINERS["gru.update_gate"] = EXPLAINERS["lstm.forget_gate"];

EXPLAINERS["gru.reset_before"] = ([reset, h, W], [batch, , column]) => {
  const [open, before, weights] = [reset.at(batch, 0, ALL), h.at(batch, 0, ALL), W.at(ALL, column)];
  const left = () => before.values.map((value, i) => value * open.values[i]);
  return formula(
    [open, before, weights],
    () => total(left().map((value, i) => value * weights.values[i])),
    () => [shortened(left().map((value, i) => `${term(value)} × ${term(weights.values[i])}`))],
    "··",
  );
};

EXPLAINERS["gru.reset_after"] = ([reset, h, W, bias], [batch, , column]) => {
  const [open, before] = [reset.at(batch, 0, column), h.at(batch, 0, ALL)];
  const [weights, shift] = [W.at(ALL, column), bias.at(column)];
  return formula(
    [open, before, weights, shift],
    () => open.value * (product(before, weights) + shift.value),
    () => [`${exact(open.value)} × (${exact(product(before, weights))} + ${term(shift.value)})`],
    "··+",
  );
};

EXPLAINERS["gru.candidate"] = ([x, time, recalled, W, bias], [batch, , column]) => {
  const [word, weights] = [x.at(batch, wordAt(x, time), ALL), W.at(ALL, column)];
  const [past, shift] = [recalled.at(batch, 0, column), bias.at(column)];
  const sums = () => [product(word, weights), past.value, shift.value];
  return formula(
    [word, weights, past, shift],
    () => Math.tanh(total(sums())),
    () => [
      `tanh(${label(word)} · ${label(weights)} + ${label(past)} + ${label(shift)})`,
      ` = tanh(${sums().map(term).join(" + ")})`,
    ],
    "·++",
  );
};

EXPLAINERS["gru.hidden"] = ([update, candidate, h], at) => {
  const [share, fresh, old] = [update, candidate, h].map((source) => source.at(...at));
  return formula(
    [share, fresh, old],
    () => (1 - share.value) * fresh.value + share.value * old.value,
    () => [
      `(1 − ${exact(share.value)}) × ${term(fresh.value)} + ${exact(share.value)} × ${term(old.value)}`,
    ],
  );
};

EXPLAINERS["held.hidden"] = ([fresh, before, mask, time], at) => {
  const isWord = mask.at(at[0], 0, mask.shape[2] + time.scalar);
  const [now, old] = [fresh.at(...at), before.at(...at)];
  return formula(
    [isWord, now, old],
    () => (isWord.value ? now.value : old.value),
    () => [`${label(isWord)} = ${digits(isWord.value, "truth")}  ${label(isWord.value ? now : old)}`],
  );
};

EXPLAINERS["held.cell"] = EXPLAINERS["held.hidden"];

EXPLAINERS["states.outputs"] = (states, [batch, token, column]) => copy(states[token].at(batch, 0, column));

EXPLAINERS["side_by_side.concat"] = ([forwards, backwards], [batch, token, column]) => {
  const size = forwards.shape[2];
  return copy(column < size ? forwards.at(batch, token, column) : backwards.at(batch, token, column - size));
};
