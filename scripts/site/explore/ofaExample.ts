import { powerGradient, powerWeights, targetFirst } from '../../../lib/results/answers/powers';

/** One image of a two-parameter family: the target class has a probability, all other classes share the rest. */
export interface OfaExample {
  /** ε: the exponent of the OFA loss. */
  readonly exponent: number;
  /** The teacher's probability of the target class, in (0, 1). */
  readonly teacher: number;
  /** The student's probability of the target class, in (0, 1). */
  readonly student: number;
  readonly classes: number;
}

export interface OfaValues {
  readonly loss: number;
  /** The derivative of the loss with respect to the student's logit of the target class. */
  readonly gradient: number;
  /** The weight of the target class, and the sum of the weights of all others. */
  readonly targetWeight: number;
  readonly otherWeight: number;
}

/** The OFA loss of one such image, in its released form or in the paper's. */
export function ofaValues({ exponent, teacher, student, classes }: OfaExample, form: 'released' | 'paper'): OfaValues {
  const weights = powerWeights(form, targetFirst(teacher, classes), 0, exponent);
  const predicted = targetFirst(student, classes);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    loss: -weights.reduce((sum, weight, c) => sum + weight * Math.log(predicted[c]!), 0),
    gradient: powerGradient(weights, predicted)[0]!,
    targetWeight: weights[0]!,
    otherWeight: total - weights[0]!,
  };
}
