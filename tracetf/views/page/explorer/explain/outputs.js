/** The steps after the last layer, as in `tracetf/steps/outputs.py`. */

EXPLAINERS["output.logits"] = ([x, E], [batch, token, word]) => dot(x.at(batch, token, ALL), E.at(word, ALL));

EXPLAINERS["transformer.probabilities"] = ([logits], [batch, token, word]) =>
  softmax(logits.at(batch, token, ALL), word);

EXPLAINERS["transformer.choice"] = ([probabilities], [batch]) => {
  const row = probabilities.at(batch, (probabilities.shape[1] ?? 1) - 1, ALL);
  return account([row], () => {
    const value = row.values.indexOf(Math.max(...row.values));
    return {
      value,
      said: () => [`arg max ${label(row)} = ${value}`],
      terms: () => ({ columns: row, chosen: value, rows: [{ name: row.source.name, values: row.values }] }),
    };
  });
};
