import { stepCosts } from '../../analysis/stepCost';
import { student, students, teachers } from '../../experiments/laptop';
import type { Family, Model } from '../../models/model';
import { disposeModule } from '../../models/parameter';
import type { StepCostRow } from '../../results/answers/cost';
import { median } from '../../results/statistics/median';
import { parseRecipe } from '../../training/recipe/completeRecipe';
import type { Recipe } from '../../training/recipe/recipe';
import { loadData } from '../inputs/data';
import { loadTeacher } from '../inputs/teacher';

/** A way to train the student: from scratch, or with a distillation method. */
export interface TrainingWay {
  readonly name: string;
  readonly method: Recipe['method'];
}

/** The families of teacher and student. */
export interface FamilyPair {
  readonly teacher: Family;
  readonly student: Family;
}

/** The measured cost of a training step. */
export interface MeasuredStep extends StepCostRow {
  /** Shortest measured time in milliseconds. */
  readonly time: number;
  /** Parameters that the method adds during training. */
  readonly methodParameters: number;
}

export interface StepCostStudyOptions {
  readonly batchSize: number;
  /** Measured steps of each case. */
  readonly rounds: number;
  /** Called after each step with the number of steps so far. */
  readonly onStep?: (done: number) => void;
}

/**
 * Measures training steps of each pair with each way to train, on synthetic images. Teachers have random weights, on
 * which the cost does not depend.
 */
export async function stepCostStudy(
  pairs: readonly FamilyPair[],
  ways: readonly TrainingWay[],
  { batchSize, rounds, onStep }: StepCostStudyOptions,
): Promise<MeasuredStep[]> {
  const data = { name: 'synthetic', trainImages: 40 * batchSize } as const;
  const images = await loadData(data, 32);
  const models = new Map<string, Model>();
  for (const { teacher } of pairs) {
    const { model } = teachers[teacher];
    models.set(model, loadTeacher({ model, weights: 'fresh' }, images.train).model);
  }
  try {
    const cases = pairs.flatMap((pair) => ways.map((way) => ({ pair, way, recipe: recipeOf(pair, way, batchSize) })));
    const resources = cases.map(({ recipe: { teacher } }) => {
      const model = teacher ? models.get(teacher.model) : undefined;
      return { train: images.train, test: images.test, ...(model && { teacher: model }) };
    });
    const recipes = cases.map(({ recipe }) => recipe);
    const costs = await stepCosts(recipes, resources, { rounds, ...(onStep && { onStep }) });
    return costs.map(({ milliseconds, processorMilliseconds, peakBytes, methodParameters }, i) => ({
      pair: `${teachers[cases[i]!.pair.teacher].model} → ${students[cases[i]!.pair.student]}`,
      way: cases[i]!.way.name,
      work: median(processorMilliseconds),
      time: Math.min(...milliseconds),
      memory: peakBytes / 1e6,
      methodParameters,
    }));
  } finally {
    for (const model of models.values()) disposeModule(model);
  }
}

function recipeOf(pair: FamilyPair, { method }: TrainingWay, batchSize: number): Recipe {
  const hasTeacher = method.kind !== 'scratch';
  return parseRecipe({
    ...student(pair.student, hasTeacher ? pair.teacher : null, { kind: 'scratch' }),
    method,
    teacher: hasTeacher ? { model: teachers[pair.teacher].model, weights: 'fresh' } : null,
    data: { name: 'synthetic', trainImages: 40 * batchSize },
    // Long enough that no run ends while it is measured.
    epochs: 9,
    batchSize,
    evaluateEvery: 9,
  });
}
