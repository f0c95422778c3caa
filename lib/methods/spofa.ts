import { z } from 'zod';
import { ofaWeights } from '../losses/ofa';
import { exampleWeights, gradientCosines, meanLogitCosine, stageWeight } from '../losses/spofa';
import { weightedCrossEntropy } from '../losses/weightedCrossEntropy';
import { withoutGradient } from '../tensor/engine/customGradient';
import * as tf from '../tensor/engine/tf';
import { checkBranchWeights, checkExponents, exitBranches, exitOptions, exponentAt } from './exitBranches';
import { defineMethod, type Exit, type Implementation, type LossParts, type Setting, type Step } from './method';
import { RunningMeans } from './runningMeans';

const weight = z.number().nonnegative();

const options = z
  .object({
    ...exitOptions,
    /** How strongly an example's weight falls with its cosine below the running mean: `output_scale_factor`. */
    exampleScale: weight.default(2),
    /** How strongly a stage's weight follows its cosine minus the running mean: `feature_scale_factor`. */
    stageScale: weight.default(5),
    /** Weight of the old value when a running mean is updated. */
    momentum: z.number().min(0).lt(1, 'must be less than 1: with 1 the running means never change').default(0.99),
  })
  .strict()
  .superRefine(checkExponents)
  .superRefine(checkBranchWeights);
type Options = z.output<typeof options>;

/**
 * OFA with weights from running means: an example counts less on the logits if the gradient of its OFA loss opposes
 * that of its label, and a stage counts more if its branch agrees with the teacher. The branches of spatial stages have
 * a layer norm before their last linear layer.
 *
 * Each micro-batch updates the running means, as each GPU's batch does in the released code.
 */
export const spofa = defineMethod({
  title: 'SPOFA',
  source: 'arXiv 2606.24557; defaults of github xiaoming927/spofaKD',
  readsTeacher: 'logits',
  scope: 'memory',
  options,
  create: (given, setting) => new WeightedOfa(given, setting),
});

class WeightedOfa implements Implementation<'logits'> {
  readonly modules: object;
  readonly exits: readonly Exit[];
  private readonly means: RunningMeans;

  constructor(
    private readonly given: Options,
    setting: Setting<'logits'>,
  ) {
    const { modules, exits } = exitBranches({ ...given, layerNorm: true }, setting);
    this.exits = exits;
    this.means = new RunningMeans(['logits', ...exits.map(({ name }) => name)], given.momentum);
    this.modules = { ...modules, running: this.means };
  }

  loss(step: Step<'logits'>): LossParts {
    return {
      logits: tf.mul(this.logitsLoss(step), this.given.logitsWeight),
      ...Object.fromEntries(
        this.exits.map((exit, index) => [
          exit.name,
          tf.mul(this.stageLoss(step, exit, index), this.given.branchWeight),
        ]),
      ),
    };
  }

  afterMicroBatch(): void {
    this.means.store();
  }

  /** The OFA loss of the student's logits, with a weight for each example. */
  private logitsLoss(step: Step<'logits'>): tf.Scalar {
    const { exampleScale, temperature } = this.given;
    const { logits } = step.student;
    const targets = this.targets(step, this.exits.length);
    const loss = weightedCrossEntropy(logits, targets, temperature);
    if (step.mode !== 'train') return tf.mean(loss);
    const weights = withoutGradient([logits], () => {
      const cosines = gradientCosines(logits, targets, step.labels, temperature);
      return exampleWeights(cosines, this.means.including('logits', tf.mean(cosines)), exampleScale);
    });
    return tf.mean(tf.mul(loss, weights));
  }

  /** The OFA loss of a branch, with a weight for the stage. */
  private stageLoss(step: Step<'logits'>, exit: Exit, index: number): tf.Scalar {
    const { stageScale, temperature } = this.given;
    const logits = exit.logits(step.student, step.mode);
    const loss = tf.mean<tf.Scalar>(weightedCrossEntropy(logits, this.targets(step, index), temperature));
    if (step.mode !== 'train') return loss;
    const weight = withoutGradient([logits], () => {
      const cosine = meanLogitCosine(logits, step.teacher.logits);
      this.means.including(exit.name, cosine);
      return stageWeight(cosine, this.means.before(exit.name, cosine), stageScale);
    });
    return tf.mul(loss, weight);
  }

  /** The weight of each class in the OFA loss of a branch, or of the logits, which come last. */
  private targets({ teacher, labels }: Step<'logits'>, index: number): tf.Tensor2D {
    const { exponent: given, temperature } = this.given;
    return ofaWeights(teacher.logits, labels, { exponent: exponentAt(given, index), temperature });
  }
}
