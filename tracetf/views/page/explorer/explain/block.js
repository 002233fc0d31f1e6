/** The steps around attention in a layer, as in `tracetf/steps/block.py`. */

EXPLAINERS["dropout.dropped"] = ([x, kept, p], at) => {
  const [before, drawn] = [x.at(...at), kept.at(...at)];
  const rate = p.scalar;
  return formula(
    [before, drawn],
    () => (before.value * drawn.value) / (1 - rate),
    () => [`${exact(before.value)} × ${drawn.value} ÷ (1 − ${rate})`],
    "·",
  );
};

EXPLAINERS["residual.added"] = ([x, update], at) => sum(x.at(...at), update.at(...at));

EXPLAINERS["norm.mean"] = ([x], [batch, token]) => {
  const row = x.at(batch, token, ALL);
  const size = () => row.values.length;
  return formula(
    [row],
    () => total(row.values) / size(),
    () => [`(${shortened(row.values.map(term))}) ÷ ${size()} = ${exact(total(row.values))} ÷ ${size()}`],
  );
};

EXPLAINERS["norm.variance"] = ([x, mean], [batch, token]) => {
  const [row, middle] = [x.at(batch, token, ALL), mean.at(batch, token, 0)];
  const squares = () => row.values.map((value) => (value - middle.value) ** 2);
  const size = () => row.values.length;
  return formula(
    [row, middle],
    () => total(squares()) / size(),
    () => {
      const written = row.values.map((value) => `(${exact(value)} − ${term(middle.value)})²`);
      return [`(${shortened(written)}) ÷ ${size()} = ${exact(total(squares()))} ÷ ${size()}`];
    },
  );
};

EXPLAINERS["norm.normalized"] = ([x, mean, variance, epsilon], [batch, token, column]) => {
  const [number, middle, spread] = [
    x.at(batch, token, column),
    mean.at(batch, token, 0),
    variance.at(batch, token, 0),
  ];
  const small = epsilon.scalar;
  return formula(
    [number, middle, spread],
    () => (number.value - middle.value) / Math.sqrt(spread.value + small),
    () => [`(${exact(number.value)} − ${term(middle.value)}) ÷ √(${exact(spread.value)} + ${small})`],
  );
};

EXPLAINERS["norm.output"] = ([normalized, gamma, beta], [batch, token, column]) => {
  const [number, scale, shift] = [normalized.at(batch, token, column), gamma.at(column), beta.at(column)];
  return formula(
    [number, scale, shift],
    () => scale.value * number.value + shift.value,
    () => [
      `γ[${column}] × ${label(number)} + β[${column}] = `,
      `${exact(scale.value)} × ${term(number.value)} + ${term(shift.value)}`,
    ],
    "·+",
  );
};

EXPLAINERS["feed_forward.hidden"] = ([x, W, bias], [batch, token, column]) =>
  dot(x.at(batch, token, ALL), W.at(ALL, column), bias.at(column));

EXPLAINERS["feed_forward.activated"] = ([hidden], at) => {
  const number = hidden.at(...at);
  return formula(
    [number],
    () => Math.max(0, number.value),
    () => [`max(0, ${exact(number.value)})`],
  );
};

EXPLAINERS["feed_forward.output"] = EXPLAINERS["feed_forward.hidden"];
