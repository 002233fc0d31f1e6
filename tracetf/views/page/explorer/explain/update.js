/** The steps from gradients to new weights, as in `tracetf/steps/update.py`. */

EXPLAINERS["gradient.norm"] = (gradients) => {
  const all = gradients.map((gradient) => gradient.all());
  const squares = () => all.map(({ values }) => total(values.map((value) => value ** 2)));
  return formula(
    all,
    () => Math.sqrt(total(squares())),
    () => [`√(${shortened(squares().map(exact))})`],
  );
};

EXPLAINERS["gradient.scale"] = ([largest, norm]) => {
  const size = norm.at();
  return formula(
    [size],
    () => Math.min(1, largest.scalar / (size.value + 1e-6)),
    () => [`min(1, ${digits(largest.scalar)} ÷ (${exact(size.value)} + 10⁻⁶))`],
  );
};

EXPLAINERS["gradient.clipped"] = ([scale, raw], at) => {
  const [factor, gradient] = [scale.at(), raw.at(...at)];
  return formula(
    [factor, gradient],
    () => factor.value * gradient.value,
    () => [`${exact(factor.value)} × ${term(gradient.value)}`],
    "·",
  );
};

EXPLAINERS["schedule.rate"] = ([peak, step, warmup]) => {
  const [now, until] = [step.scalar, warmup.scalar];
  return formula(
    [],
    () => peak.scalar * Math.min(now / until, Math.sqrt(until / now)),
    () => [`${exact(peak.scalar)} × min(${now} ÷ ${until}, √(${until} ÷ ${now}))`],
  );
};

EXPLAINERS["adam.moment_1"] = ([before, gradient, beta], at) => {
  const [old, fresh, share] = [before.at(...at), gradient.at(...at), beta.scalar];
  return formula(
    [old, fresh],
    () => share * old.value + (1 - share) * fresh.value,
    () => [`${share} × ${term(old.value)} + (1 − ${share}) × ${term(fresh.value)}`],
    "+",
  );
};

EXPLAINERS["adam.moment_2"] = ([before, gradient, beta], at) => {
  const [old, fresh, share] = [before.at(...at), gradient.at(...at), beta.scalar];
  return formula(
    [old, fresh],
    () => share * old.value + (1 - share) * fresh.value ** 2,
    () => [`${share} × ${term(old.value)} + (1 − ${share}) × ${term(fresh.value)}²`],
    "+",
  );
};

EXPLAINERS["adam.corrected_1"] = ([moment, beta, step], at) => {
  const mean = moment.at(...at);
  return formula(
    [mean],
    () => mean.value / (1 - beta.scalar ** step.scalar),
    () => [`${exact(mean.value)} ÷ (1 − ${beta.scalar}`, { sup: String(step.scalar) }, ")"],
  );
};

EXPLAINERS["adam.corrected_2"] = EXPLAINERS["adam.corrected_1"];

EXPLAINERS["adam.update"] = ([first, second, rate, epsilon], at) => {
  const [mean, square] = [first.at(...at), second.at(...at)];
  return formula(
    [mean, square],
    () => (rate.scalar * mean.value) / (Math.sqrt(square.value) + epsilon.scalar),
    () => [`${exact(rate.scalar)} × ${term(mean.value)} ÷ (√${exact(square.value)} + ${epsilon.scalar})`],
    "÷",
  );
};

EXPLAINERS["adam.ratio"] = ([update, before]) => {
  const [change, weights] = [update.all(), before.all()];
  const size = (/** @type {Spot} */ { values }) => Math.sqrt(total(values.map((value) => value ** 2)));
  return formula(
    [change, weights],
    () => size(change) / size(weights),
    () => [`${exact(size(change))} ÷ ${exact(size(weights))}`],
    "÷",
  );
};

EXPLAINERS["adam.after"] = ([before, update], at) => {
  const [weight, change] = [before.at(...at), update.at(...at)];
  return formula(
    [weight, change],
    () => weight.value - change.value,
    () => [`${exact(weight.value)} − ${term(change.value)}`],
    "−",
  );
};
