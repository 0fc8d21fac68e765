/** A linear classifier on embeddings: unnormalised class scores, in the order of the classes. */
export type Head = (embedding: Float32Array) => Float32Array;

const steps = 250;
const rate = 5;
const momentum = 0.9;

/**
 * Multinomial logistic regression on standardised embeddings, by gradient descent from zero for a
 * fixed number of steps, with nothing that keeps the weights small: on few pictures it grows surer
 * than it is right, as a network does. `labels` are indices of `classes` classes.
 */
export function fitHead(
  embeddings: readonly Float32Array[],
  labels: readonly number[],
  classes: number,
): Head {
  const dimensions = embeddings[0]?.length ?? 0;
  const mean = new Float64Array(dimensions);
  const scale = new Float64Array(dimensions);
  for (const row of embeddings)
    for (let d = 0; d < dimensions; d += 1)
      mean[d] = (mean[d] ?? 0) + (row[d] ?? 0) / embeddings.length;
  for (const row of embeddings)
    for (let d = 0; d < dimensions; d += 1)
      scale[d] = (scale[d] ?? 0) + ((row[d] ?? 0) - (mean[d] ?? 0)) ** 2 / embeddings.length;
  // A row's length is about 1 then, whatever the network.
  for (let d = 0; d < dimensions; d += 1)
    scale[d] = 1 / (Math.sqrt(scale[d] ?? 0) + 1e-6) / Math.sqrt(dimensions);
  const standardised = (row: Float32Array) =>
    Float32Array.from(row, (value, d) => (value - (mean[d] ?? 0)) * (scale[d] ?? 0));

  const rows = embeddings.map(standardised);
  const width = dimensions + 1;
  const weights = new Float64Array(classes * width);
  const velocity = new Float64Array(classes * width);
  const scoresOf = (row: Float32Array): Float32Array => {
    const scores = new Float32Array(classes);
    for (let c = 0; c < classes; c += 1) {
      let sum = weights[c * width + dimensions] ?? 0;
      for (let d = 0; d < dimensions; d += 1) sum += (weights[c * width + d] ?? 0) * (row[d] ?? 0);
      scores[c] = sum;
    }
    return scores;
  };
  for (let step = 0; step < steps; step += 1) {
    const gradient = new Float64Array(classes * width);
    rows.forEach((row, at) => {
      const scores = scoresOf(row);
      const highest = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - highest));
      const sum = shares.reduce((total, value) => total + value, 0);
      for (let c = 0; c < classes; c += 1) {
        const error = ((shares[c] ?? 0) / sum - (labels[at] === c ? 1 : 0)) / rows.length;
        const start = c * width;
        for (let d = 0; d < dimensions; d += 1)
          gradient[start + d] = (gradient[start + d] ?? 0) + error * (row[d] ?? 0);
        gradient[start + dimensions] = (gradient[start + dimensions] ?? 0) + error;
      }
    });
    for (let at = 0; at < weights.length; at += 1) {
      velocity[at] = momentum * (velocity[at] ?? 0) - rate * (gradient[at] ?? 0);
      weights[at] = (weights[at] ?? 0) + (velocity[at] ?? 0);
    }
  }
  return (embedding) => scoresOf(standardised(embedding));
}
