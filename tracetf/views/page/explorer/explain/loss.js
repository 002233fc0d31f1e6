/** The steps from logits to the loss, as in `tracetf/steps/loss.py`. */

EXPLAINERS["loss.log_probabilities"] = ([logits], [batch, token, word]) =>
  logSoftmax(logits.at(batch, token, ALL), word);

EXPLAINERS["loss.nll"] = ([logs, expected], [batch, token]) => {
  const id = expected.at(batch, token);
  const found = logs.at(batch, token, id.value);
  return formula(
    [found, id],
    () => -found.value,
    () => [`−${label(found)}`],
  );
};

EXPLAINERS["loss.uniform"] = ([logs], [batch, token]) => {
  const row = logs.at(batch, token, ALL);
  const size = () => row.values.length;
  return formula(
    [row],
    () => -total(row.values) / size(),
    () => [`−(${shortened(row.values.map(term))}) ÷ ${size()} = ${exact(-total(row.values))} ÷ ${size()}`],
  );
};

EXPLAINERS["loss.smoothed_target"] = ([expected, logs, smoothing], [batch, token, word]) => {
  const id = expected.at(batch, token);
  const [share, size] = [smoothing.scalar, logs.shape[2]];
  return formula(
    [id],
    () => (1 - share) * Number(id.value === word) + share / size,
    () => [`${id.value === word ? `(1 − ${share}) + ` : ""}${share} ÷ ${size}`],
  );
};

EXPLAINERS["loss.smoothed"] = ([nll, uniform, smoothing], at) => {
  const [one, all] = [nll.at(...at), uniform.at(...at)];
  const share = smoothing.scalar;
  return formula(
    [one, all],
    () => (1 - share) * one.value + share * all.value,
    () => [`(1 − ${share}) × ${term(one.value)} + ${share} × ${term(all.value)}`],
    "+",
  );
};

EXPLAINERS["loss.counted"] = ([smoothed, expected, padding], at) => {
  const [loss, id] = [smoothed.at(...at), expected.at(...at)];
  return formula(
    [loss, id],
    () => (id.value === padding.number ? 0 : loss.value),
    () => [`${id.value} ${id.value === padding.number ? "=" : "≠"} ${padding.number}`],
  );
};

EXPLAINERS["loss.loss"] = ([counted, words]) => {
  const all = counted.all();
  return formula(
    [all],
    () => total(all.values) / words.scalar,
    () => [
      `(${shortened(all.values.map(term))}) ÷ ${words.scalar} = ${exact(total(all.values))} ÷ ${words.scalar}`,
    ],
  );
};
