/**
 * What a power does to the teacher's probabilities, in losses − Σ_c w_c log q_c with the student's probabilities q:
 *
 *                target class     other classes
 *     released   (1 + p)^ε − 1    p^ε             the OFA loss of the released code (Hao et al. 2023)
 *     paper      (1 + p)^ε − 1    p               the OFA loss of the paper
 *     wttm       p^γ              p^γ             WTTM, up to a term of the teacher alone (Zheng and Yang 2024)
 */
export type PowerLoss = 'released' | 'paper' | 'wttm';

/** The weight w of each class, for the teacher's probabilities [classes] and the index of the target class. */
export function powerWeights(
  loss: PowerLoss,
  probabilities: readonly number[],
  target: number,
  exponent: number,
): readonly number[] {
  return probabilities.map((p, c) => {
    if (loss !== 'wttm' && c === target) return Math.expm1(exponent * Math.log1p(p));
    return loss === 'paper' ? p : p ** exponent;
  });
}

/** The gradient with respect to the student's logits: q Σ w − w. Weights w and probabilities q [classes]. */
export function powerGradient(weights: readonly number[], student: readonly number[]): readonly number[] {
  const total = sum(weights);
  return weights.map((weight, c) => total * student[c]! - weight);
}

/** An example: the target class has one probability, and the other classes share the rest equally. */
export interface PowerExample {
  readonly classes: number;
  /** The student's probability of the target class. */
  readonly studentTarget: number;
  /** The losses to compare, each with its exponent. */
  readonly losses: readonly (readonly [loss: PowerLoss, exponent: number])[];
}

export interface PowerLine {
  readonly name: string;
  /** The teacher's probability of the target class. */
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/**
 * Lines over the teacher's probability of the target class: the weight of the target class, the sum of all weights, and
 * the gradient for the logit of the target class divided by that sum. Each other class has 1 / (classes − 1) of the
 * opposite gradient.
 */
export function powerLines({ classes, studentTarget, losses }: PowerExample): {
  readonly targetWeights: readonly PowerLine[];
  readonly totals: readonly PowerLine[];
  readonly gradients: readonly PowerLine[];
} {
  const distribution = (p: number): readonly number[] => targetFirst(p, classes);
  const x = Array.from({ length: 99 }, (_, k) => (k + 1) / 100);
  const student = distribution(studentTarget);
  const linesOf = (value: (weights: readonly number[]) => number): PowerLine[] =>
    losses.map(([loss, exponent]) => ({
      name: `${titles[loss]} = ${exponent}`,
      x,
      y: x.map((p) => value(powerWeights(loss, distribution(p), 0, exponent))),
    }));
  return {
    targetWeights: linesOf((weights) => weights[0]!),
    totals: linesOf(sum),
    gradients: linesOf((weights) => powerGradient(weights, student)[0]! / sum(weights)),
  };
}

/** Probabilities [classes]: that of the target class, which is the first, and equal ones of all others. */
export function targetFirst(target: number, classes: number): readonly number[] {
  return Array.from({ length: classes }, (_, c) => (c === 0 ? target : (1 - target) / (classes - 1)));
}

const titles: Readonly<Record<PowerLoss, string>> = {
  released: 'OFA, released form, ε',
  paper: "OFA, the paper's form, ε",
  wttm: 'WTTM, γ',
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
