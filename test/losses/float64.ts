/** The losses in float64 on rows of numbers, as plainly as in their papers: the expected values of the tests. */
export type Matrix = readonly (readonly number[])[];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((x, i) => x * b[i]!));
const norm = (a: readonly number[]): number => Math.hypot(...a);
const minus = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x - b[i]!);
const transpose = (m: Matrix): number[][] => m[0]!.map((_, j) => m.map((row) => row[j]!));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

export function logSoftmax(row: readonly number[], temperature = 1): number[] {
  const z = row.map((x) => x / temperature);
  const max = Math.max(...z);
  const logSum = Math.log(sum(z.map((x) => Math.exp(x - max)))) + max;
  return z.map((x) => x - logSum);
}

export function ofa(
  s: Matrix,
  t: Matrix,
  y: readonly number[],
  exponent: number,
  temperature: number,
  form: 'released' | 'paper',
  labelTerm: boolean,
): number[] {
  return s.map((row, i) => {
    const logT = logSoftmax(t[i]!, temperature);
    const weights = logT.map((l, c) => {
      if (c === y[i]) return Math.expm1(exponent * Math.log1p(Math.exp(l))) + (labelTerm ? 1 : 0);
      return form === 'released' ? Math.exp(exponent * l) : Math.exp(l);
    });
    return -dot(weights, logSoftmax(row, temperature));
  });
}

export function kd(s: Matrix, t: Matrix, temperature: number): number[] {
  return s.map((row, i) => {
    const logT = logSoftmax(t[i]!, temperature);
    return temperature ** 2 * dot(logT.map(Math.exp), minus(logT, logSoftmax(row, temperature)));
  });
}

/** z-scores of a row with the unbiased standard deviation. */
export function standardise(row: readonly number[]): number[] {
  const centred = row.map((x) => x - mean(row));
  const std = Math.sqrt(sum(centred.map((x) => x * x)) / (row.length - 1));
  return centred.map((x) => x / (1e-7 + std));
}

/** The powers p^γ of p = softmax(row). */
export const powers = (row: readonly number[], exponent: number): number[] =>
  logSoftmax(row).map((l) => Math.exp(exponent * l));

export function ttm(s: Matrix, t: Matrix, exponent: number): number[] {
  return s.map((row, i) => {
    const raised = powers(t[i]!, exponent);
    const q = raised.map((x) => x / sum(raised));
    const logS = logSoftmax(row);
    return sum(q.map((x, c) => (x > 0 ? x * (Math.log(x) - logS[c]!) : 0)));
  });
}

export function wttm(s: Matrix, t: Matrix, exponent: number): number[] {
  return ttm(s, t, exponent).map((loss, i) => loss * sum(powers(t[i]!, exponent)));
}

export function rld(
  s: Matrix,
  t: Matrix,
  y: readonly number[],
  alpha: number,
  beta: number,
  temperature: number,
  alphaTemperature: number,
): number[] {
  const kl = (logP: readonly number[], logQ: readonly number[]): number => dot(logP.map(Math.exp), minus(logP, logQ));
  /** log p and log(1 − p) of one class. */
  const binary = (row: readonly number[], c: number): number[] => {
    const z = row.map((x) => x / alphaTemperature);
    const rest = z.filter((_, k) => k !== c);
    const max = Math.max(...rest);
    const margin = Math.log(sum(rest.map((x) => Math.exp(x - max)))) + max - z[c]!;
    return [-softplus(margin), -softplus(-margin)];
  };
  return s.map((row, i) => {
    const [teacher, target] = [t[i]!, y[i]!];
    const predicted = teacher.indexOf(Math.max(...teacher));
    const below = (values: readonly number[]): number[] => values.filter((_, c) => teacher[c]! < teacher[target]!);
    const confidence = kl(binary(teacher, predicted), binary(row, target));
    const masked = kl(logSoftmax(below(teacher), temperature), logSoftmax(below(row), temperature));
    return alpha * alphaTemperature ** 2 * confidence + beta * temperature ** 2 * masked;
  });
}

export function srd(s: Matrix, t: Matrix, exponent: number, epsilon: number): number {
  const normalised = (x: Matrix): number[][] =>
    transpose(x).map((column) => {
      const centred = column.map((v) => v - mean(column));
      return centred.map((v) => v / Math.sqrt(mean(centred.map((u) => u * u)) + epsilon));
    });
  const [a, b] = [normalised(s), normalised(t)];
  return 2 * Math.log(sum(a.map((column, d) => sum(minus(column, b[d]!).map((x) => Math.abs(x) ** exponent)))));
}

export function bkd(s: Matrix, t: Matrix): number[] {
  return s.map((row, i) => {
    const logT = logSoftmax(t[i]!);
    return mean(row.map((z, c) => Math.exp(logT[c]!) * softplus(-z) - Math.expm1(logT[c]!) * softplus(z)));
  });
}

export function dkd(
  s: Matrix,
  t: Matrix,
  y: readonly number[],
  alpha: number,
  beta: number,
  temperature: number,
): number[] {
  const parts = (row: readonly number[], target: number): { binary: number[]; others: number[] } => {
    const z = row.map((x) => x / temperature);
    const rest = z.filter((_, c) => c !== target);
    const max = Math.max(...rest);
    const margin = Math.log(sum(rest.map((x) => Math.exp(x - max)))) + max - z[target]!;
    return { binary: [-softplus(margin), -softplus(-margin)], others: logSoftmax(rest) };
  };
  return s.map((row, i) => {
    const a = parts(row, y[i]!);
    const b = parts(t[i]!, y[i]!);
    return (
      temperature ** 2 *
      (alpha * dot(b.binary.map(Math.exp), minus(b.binary, a.binary)) +
        beta * dot(b.others.map(Math.exp), minus(b.others, a.others)))
    );
  });
}

export function dist(s: Matrix, t: Matrix, beta: number, gamma: number, temperature: number): number {
  const p = s.map((row) => logSoftmax(row, temperature).map(Math.exp));
  const q = t.map((row) => logSoftmax(row, temperature).map(Math.exp));
  const pearson = (a: Matrix, b: Matrix): number =>
    mean(
      a.map((row, i) => {
        const x = row.map((v) => v - mean(row));
        const z = b[i]!.map((v) => v - mean(b[i]!));
        return dot(x, z) / (norm(x) * norm(z) + 1e-8);
      }),
    );
  return temperature ** 2 * (beta * (1 - pearson(p, q)) + gamma * (1 - pearson(transpose(p), transpose(q))));
}

export function cc(s: Matrix, t: Matrix): number {
  const delta = s.map((row, i) => minus(row, t[i]!).map(Math.abs));
  return mean(delta.slice(1).map((row, i) => dot(row, delta[i]!)));
}

export function rkd(s: Matrix, t: Matrix, distanceWeight: number, angleWeight: number): number {
  const huber = (x: number): number => (Math.abs(x) < 1 ? (x * x) / 2 : Math.abs(x) - 0.5);
  const relations = (x: Matrix): { distances: number[]; angles: number[] } => {
    const pairs = x.map((a) => x.map((b) => minus(b, a)));
    const distances = pairs.flat().map(norm);
    const units = pairs.map((row) => row.map((d) => d.map((v) => (norm(d) > 0 ? v / norm(d) : 0))));
    const average = sum(distances) / (x.length * (x.length - 1));
    return {
      distances: distances.map((d) => (average > 0 ? d / average : 0)),
      angles: units.flatMap((row) => row.flatMap((a) => row.map((b) => dot(a, b)))),
    };
  };
  const a = relations(s);
  const b = relations(t);
  return (
    distanceWeight * mean(minus(a.distances, b.distances).map(huber)) +
    angleWeight * mean(minus(a.angles, b.angles).map(huber))
  );
}

export function rsd(s: Matrix, t: Matrix, kappa: number): number {
  const standard = (x: Matrix): number[][] =>
    transpose(x).map((column) => {
      const centred = column.map((v) => v - mean(column));
      return centred.map((v) => v / (norm(centred) / Math.sqrt(column.length) + 1e-5));
    });
  const a = standard(s);
  const b = standard(t);
  return sum(
    b.flatMap((row, i) =>
      a.map((column, j) => (dot(row, column) / s.length - (i === j ? 1 : 0)) ** 2 * (i === j ? 1 : kappa)),
    ),
  );
}

/** One direction: the embeddings of one network against the memory bank of the other. */
export function crd(embeddings: Matrix, memory: Matrix, rows: Matrix, temperature: number, normaliser: number): number {
  const negatives = rows[0]!.length - 1;
  const noise = negatives / memory.length;
  return mean(
    embeddings.map((e, i) => {
      const scores = rows[i]!.map((row) => Math.exp(dot(memory[row]!, e) / norm(e) / temperature) / normaliser);
      return (
        -Math.log(scores[0]! / (scores[0]! + noise + 1e-7)) -
        sum(scores.slice(1).map((score) => Math.log(noise / (score + noise + 1e-7))))
      );
    }),
  );
}
