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

/** The OFA loss of `lib/losses/ofa.ts` for one such image, in its released form or in the paper's. */
export function ofaValues({ exponent, teacher, student, classes }: OfaExample, form: 'released' | 'paper'): OfaValues {
  const others = classes - 1;
  const rest = (1 - teacher) / others;
  const targetWeight = Math.expm1(exponent * Math.log1p(teacher));
  const otherWeight = others * (form === 'paper' ? rest : rest ** exponent);
  return {
    loss: -targetWeight * Math.log(student) - otherWeight * Math.log((1 - student) / others),
    gradient: (targetWeight + otherWeight) * student - targetWeight,
    targetWeight,
    otherWeight,
  };
}
