/** The steps before the first layer, as in `tracetf/steps/inputs.py`. */

EXPLAINERS["transformer.source_mask"] = ([source, padding], [batch, , key]) => {
  const id = source.at(batch, key);
  return formula(
    [id],
    () => Number(id.value !== padding.number),
    () => [`${id.value} ≠ ${padding.number}`],
  );
};

EXPLAINERS["transformer.target_mask"] = ([target, padding, unread], [batch, row, key]) => {
  const id = target.at(batch, key);
  const query = unread.given ? target.shape[1] - unread.shape[1] + row : row;
  return formula(
    [id],
    () => Number(key <= query && id.value !== padding.number),
    () => [`${key} ≤ ${query}  ∧  ${id.value} ≠ ${padding.number}`],
  );
};

EXPLAINERS["stack.open_mask"] = ([mask], [batch, , key]) => {
  const last = mask.at(batch, mask.shape[1] - 1, key);
  return formula(
    [last],
    () => last.value,
    () => [label(last)],
  );
};

EXPLAINERS["embedding.rows"] = ([tokens, E], [batch, token, column]) => {
  const id = tokens.at(batch, token);
  const number = E.at(id.value, column);
  return account([id, number], () => ({ value: number.value, said: () => [`E[${id.value}, ${column}]`] }));
};

EXPLAINERS["embedding.scaled"] = ([rows], at) => {
  const number = rows.at(...at);
  const size = rows.shape.at(-1) ?? 1;
  return formula(
    [number],
    () => number.value * Math.sqrt(size),
    () => [`${label(number)} × √d_model = ${exact(number.value)} × √${size}`],
  );
};

EXPLAINERS["positions.waves"] = ([x, start], [position, column]) => {
  const size = x.shape.at(-1) ?? 1;
  const place = (start.number ?? 0) + position;
  return formula(
    [],
    () => wave(place, column, size),
    () => [
      `${column % 2 ? "cos" : "sin"}(${place} ÷ 10000`,
      { sup: `${column - (column % 2)}/${size}` },
      ")",
    ],
  );
};

EXPLAINERS["positions.nothing"] = () => ({ value: 0, from: [], said: () => ["0"] });

/** Section 3.5: sine in even columns, cosine in odd ones.
 * @param {number} place @param {number} column @param {number} size @returns {number} */
function wave(place, column, size) {
  const angle = place / 10000 ** ((column - (column % 2)) / size);
  return column % 2 ? Math.cos(angle) : Math.sin(angle);
}

EXPLAINERS["stack.embedded"] = ([scaled, waves], [batch, token, column]) =>
  sum(scaled.at(batch, token, column), waves.at(token, column));
