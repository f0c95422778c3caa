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
    /** Examples of other classes that each example is held against: the paper's K. */
    negatives: z.number().int().positive().default(16384),
    /** Share of the old row in a memory. */
    momentum: z.number().min(0).max(1).default(0.5),
    temperature: z.number().positive().default(0.07),
    weight: z.number().nonnegative().default(1),
  })
  .strict();
type Options = z.output<typeof options>;

/** Student and teacher embed an example alike, and unlike those of other classes, of which memories keep an embedding each. */
export const crd = defineMethod({
  title: 'CRD',
  source: 'Tian et al. 2020, arXiv 1910.10699; as in github Hao840/OFAKD',
  readsTeacher: 'pooled',
  scope: 'memory',
  options,
  create: (given, setting) => new ContrastiveDistillation(given, setting),
});

/** The embeddings, and what is kept from batch to batch; all of it beneath `modules`, so that a checkpoint has it. */
class Modules {
  readonly embedStudent: Linear;
  readonly embedTeacher: Linear;
  /** [examples, width] */
  readonly memoryStudent: Parameter<tf.Rank.R2>;
  readonly memoryTeacher: Parameter<tf.Rank.R2>;
  /** log Z of either side's scores, from the first batch on. */
  readonly logZStudent = new Parameter(constant<tf.Rank.R0>([], 0), 'plain', false);
  readonly logZTeacher = new Parameter(constant<tf.Rank.R0>([], 0), 'plain', false);
  /** Batches seen: whether log Z is known, and which numbers choose the next batch's negatives. */
  readonly batches = new Parameter(constant<tf.Rank.R0>([], 0), 'plain', false);

  constructor(
    widths: { readonly student: number; readonly teacher: number },
    width: number,
    examples: number,
    random: Random,
  ) {
    this.embedStudent = new Linear(widths.student, width, random.fork('student'), { init: 'fanInUniform' });
    this.embedTeacher = new Linear(widths.teacher, width, random.fork('teacher'), { init: 'fanInUniform' });
    const bank = (name: string) =>
      new Parameter(
        uniform<tf.Rank.R2>([examples, width], 1 / Math.sqrt(width / 3), random.fork(name)),
        'plain',
        false,
      );
    this.memoryStudent = bank('student memory');
    this.memoryTeacher = bank('teacher memory');
  }
}

class ContrastiveDistillation implements Implementation<'pooled'> {
  readonly modules: Modules;
  private readonly others: Negatives;
  private readonly random: Random;
  /** The last batch, until the memories have taken it in. */
  private seen: { readonly batch: CrdBatch; readonly logZ: CrdLogZ } | undefined;

  constructor(
    private readonly given: Options,
    { student, teacher, examples, labels, random }: Setting<'pooled'>,
  ) {
    this.modules = new Modules({ student: student.width, teacher: teacher.width }, given.width, examples, random);
    this.others = negatives(labels);
    this.random = random.fork('negatives');
  }

  loss({ student, teacher, indices }: Step<'pooled'>): { readonly contrast: tf.Scalar } {
    const {
      modules,
      given: { negatives: count, temperature, weight },
    } = this;
    const batches = modules.batches.value.dataSync()[0]!;
    const rows = tf.tensor2d(
      this.others.draw(indices, count, this.random.fork(batches)),
      [indices.length, count + 1],
      'int32',
    );
    const batch = {
      student: modules.embedStudent.apply(student.pooled),
      teacher: modules.embedTeacher.apply(teacher.pooled),
      rows,
    };
    const logZ =
      batches > 0
        ? { student: tf.clone(modules.logZStudent.value), teacher: tf.clone(modules.logZTeacher.value) }
        : detached(crdLogZ(batch, this.memory(), temperature));
    this.forget();
    this.seen = { batch, logZ };
    for (const tensor of [batch.student, batch.teacher, batch.rows, logZ.student, logZ.teacher]) tf.keep(tensor);
    return { contrast: tf.mul(crdLoss(batch, this.memory(), logZ, temperature), weight) };
  }

  afterMicroBatch(): void {
    const { modules, seen } = this;
    if (!seen) return;
    tf.tidy(() => {
      const next = updateCrdMemory(seen.batch, this.memory(), this.given.momentum);
      modules.memoryStudent.variable.assign(next.student);
      modules.memoryTeacher.variable.assign(next.teacher);
      modules.logZStudent.variable.assign(seen.logZ.student);
      modules.logZTeacher.variable.assign(seen.logZ.teacher);
      modules.batches.variable.assign(tf.add(modules.batches.value, 1));
    });
    this.forget();
  }

  private memory(): CrdMemory {
    return { student: this.modules.memoryStudent.value, teacher: this.modules.memoryTeacher.value };
  }

  private forget(): void {
    if (this.seen) tf.dispose([{ ...this.seen.batch }, { ...this.seen.logZ }]);
    this.seen = undefined;
  }
}

/** The same numbers as constants: Z is no function of the batch that it was taken from. */
function detached({ student, teacher }: CrdLogZ): CrdLogZ {
  return { student: tf.scalar(student.dataSync()[0]!), teacher: tf.scalar(teacher.dataSync()[0]!) };
}
