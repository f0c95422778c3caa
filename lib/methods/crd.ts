import { z } from 'zod';
import { crdLoss, crdLogZ, updateCrdMemory, type CrdBatch, type CrdMemory, type CrdLogZ } from '../losses/crd';
import { Linear } from '../models/layers/linear';
import { Parameter } from '../models/parameter';
import { constant, uniform } from '../models/initialisers';
import type { Random } from '../tensor/random';
import * as tf from '../tensor/engine/tf';
import { defineMethod, type Implementation, type Setting, type Step } from './method';
import { negatives, type Negatives } from './negatives';

const options = z
  .object({
    width: z.number().int().positive().default(128),
    /** Number of examples of other classes that each example is contrasted with: the paper's K. */
    negatives: z.number().int().positive().default(16384),
    /** Weight of the old embedding when the memory is updated. */
    momentum: z.number().min(0).lt(1, 'must be less than 1: with 1 the memory never changes').default(0.5),
    temperature: z.number().positive().default(0.07),
    weight: z.number().positive().default(1),
  })
  .strict();
type Options = z.output<typeof options>;

/**
 * The student's embedding of an example is close to the teacher's, and far from the teacher's embeddings of other
 * classes, which a memory keeps; likewise with student and teacher exchanged.
 */
export const crd = defineMethod({
  title: 'CRD',
  source: 'Tian et al. 2020, arXiv 1910.10699; as in github Hao840/OFAKD',
  readsTeacher: 'pooled',
  scope: 'memory',
  options,
  create: (given, setting) => new ContrastiveDistillation(given, setting),
});

/** The embeddings and the memory. Both are in `modules`, so that checkpoints store them. */
class Modules {
  readonly embedStudent: Linear;
  readonly embedTeacher: Linear;
  /** [examples, width] */
  readonly memoryStudent: Parameter<tf.Rank.R2>;
  readonly memoryTeacher: Parameter<tf.Rank.R2>;
  /** log Z of the scores, which the first micro-batch determines. */
  readonly logZStudent = new Parameter(constant<tf.Rank.R0>([], 0), 'plain', false);
  readonly logZTeacher = new Parameter(constant<tf.Rank.R0>([], 0), 'plain', false);
  /** Number of micro-batches so far. At 0, log Z is not known yet. */
  readonly batches = new Parameter(constant<tf.Rank.R0>([], 0), 'plain', false);

  constructor(
    widths: { readonly student: number; readonly teacher: number },
    width: number,
    examples: number,
    random: Random,
  ) {
    this.embedStudent = new Linear(widths.student, width, random.fork('student'), { init: 'fanInUniform' });
    this.embedTeacher = new Linear(widths.teacher, width, random.fork('teacher'), { init: 'fanInUniform' });
    const memory = (name: string) =>
      new Parameter(
        uniform<tf.Rank.R2>([examples, width], 1 / Math.sqrt(width / 3), random.fork(name)),
        'plain',
        false,
      );
    this.memoryStudent = memory('student memory');
    this.memoryTeacher = memory('teacher memory');
  }
}

class ContrastiveDistillation implements Implementation<'pooled'> {
  readonly modules: Modules;
  private readonly negatives: Negatives;
  /** Whether log Z is known. Undefined until it is read from `modules`, which a checkpoint may have set. */
  private isNormalised: boolean | undefined;
  /** The last micro-batch, until the memory is updated with it. */
  private pending: { readonly batch: CrdBatch; readonly logZ: CrdLogZ } | undefined;

  constructor(
    private readonly given: Options,
    { student, teacher, examples, labels, random }: Setting<'pooled'>,
  ) {
    this.modules = new Modules({ student: student.width, teacher: teacher.width }, given.width, examples, random);
    this.negatives = negatives(labels);
  }

  loss({ student, teacher, draw }: Step<'pooled'>): { readonly contrast: tf.Scalar } {
    const { modules, given } = this;
    this.isNormalised ??= modules.batches.value.dataSync()[0]! > 0;
    const rows = draw(({ random, indices }) =>
      tf.tensor2d(
        this.negatives.draw(indices, given.negatives, random.fork('negatives')),
        [indices.length, given.negatives + 1],
        'int32',
      ),
    );
    const batch = {
      student: modules.embedStudent.apply(student.pooled),
      teacher: modules.embedTeacher.apply(teacher.pooled),
      rows,
    };
    const logZ = this.isNormalised
      ? { student: tf.clone(modules.logZStudent.value), teacher: tf.clone(modules.logZTeacher.value) }
      : detached(crdLogZ(batch, this.memory(), given.temperature));
    this.disposePending();
    this.pending = { batch, logZ };
    for (const tensor of [batch.student, batch.teacher, batch.rows, logZ.student, logZ.teacher]) tf.keep(tensor);
    return { contrast: tf.mul(crdLoss(batch, this.memory(), logZ, given.temperature), given.weight) };
  }

  afterMicroBatch(): void {
    const { modules, pending } = this;
    if (!pending) return;
    tf.tidy(() => {
      const next = updateCrdMemory(pending.batch, this.memory(), this.given.momentum);
      modules.memoryStudent.variable.assign(next.student);
      modules.memoryTeacher.variable.assign(next.teacher);
      modules.logZStudent.variable.assign(pending.logZ.student);
      modules.logZTeacher.variable.assign(pending.logZ.teacher);
      modules.batches.variable.assign(tf.add(modules.batches.value, 1));
    });
    this.isNormalised = true;
    this.disposePending();
  }

  private memory(): CrdMemory {
    return { student: this.modules.memoryStudent.value, teacher: this.modules.memoryTeacher.value };
  }

  private disposePending(): void {
    if (this.pending) tf.dispose([{ ...this.pending.batch }, { ...this.pending.logZ }]);
    this.pending = undefined;
  }
}

/** The same numbers as constants: no gradient flows through Z. */
function detached({ student, teacher }: CrdLogZ): CrdLogZ {
  return { student: tf.scalar(student.dataSync()[0]!), teacher: tf.scalar(teacher.dataSync()[0]!) };
}
