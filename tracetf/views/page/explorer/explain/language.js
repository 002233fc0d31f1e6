/** The steps of models of one language, as in `tracetf/steps/language.py`. */

EXPLAINERS["bigram.counted"] = ([tokens, counts], [batch, token, word]) => {
  const id = tokens.at(batch, token);
  const number = counts.at(id.value, word);
  return account([id, number], () => ({ value: number.value, said: () => [`counts[${id.value}, ${word}]`] }));
};

EXPLAINERS["bigram.probabilities"] = ([counted, added], [batch, token, word]) => {
  const row = counted.at(batch, token, ALL);
  const all = () => total(row.values) + added.scalar * row.values.length;
  return formula(
    [row],
    () => (row.values[word] + added.scalar) / all(),
    () => [`(${exact(row.values[word])} + ${exact(added.scalar)}) ÷ ${exact(all())}`],
  );
};

EXPLAINERS["next_word.probabilities"] = EXPLAINERS["transformer.probabilities"];

EXPLAINERS["surprisal.nll"] = ([probabilities, expected, padding], [batch, token]) => {
  const id = expected.at(batch, token);
  const likely = probabilities.at(batch, token, id.value);
  const counts = () => id.value !== padding.scalar;
  return formula(
    [likely, id],
    () => (counts() ? -Math.log(likely.value) : 0),
    () => [counts() ? `−log ${label(likely)} = −log ${exact(likely.value)}` : `${id.value} = ${padding.scalar}`],
  );
};
