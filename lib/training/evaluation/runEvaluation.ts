import type { Batch } from '../../data/loading/batch';
import { logitsInference, type Inference } from '../../models/inference';
import type { Model } from '../../models/model';
import type { Resources } from '../setup/resources';
import type { WeightAverage } from '../step/weightAverage';
import { evaluate, predictions } from './evaluate';
import type { Measures } from './measures';

/** Evaluates the student of a run on the test images. The teacher's predictions are computed once. */
export class RunEvaluation {
  private teacherPredictions: Int32Array | undefined;
  /** Compiled once for all evaluations of the run. */
  private readonly inference: Inference;

  constructor(
    private readonly student: Model,
    private readonly resources: Pick<Resources, 'test' | 'teacher' | 'teacherPredictions'>,
    private readonly average?: WeightAverage,
  ) {
    this.teacherPredictions = resources.teacherPredictions;
    this.inference = logitsInference(student);
  }

  /** Runs a function while the student has its final weights: their running average if the recipe keeps one. */
  withResult<T>(work: () => Promise<T>): Promise<T> {
    return this.average ? this.average.during(work) : work();
  }

  /** `images` returns the batches of all test images, from the first one on each call. */
  async measures(
    images: () => AsyncIterable<Batch> | Iterable<Batch>,
    signal: AbortSignal | undefined,
  ): Promise<Measures & { readonly top1Unaveraged?: number }> {
    const { student, average, inference } = this;
    const { test, teacher } = this.resources;
    if (teacher) this.teacherPredictions ??= await predictions(teacher, test, { images: images(), signal });
    const { teacherPredictions } = this;
    const measure = (): Promise<Measures> =>
      evaluate(student, test, { images: images(), teacherPredictions, signal, inference });
    const result = await this.withResult(measure);
    return average ? { ...result, top1Unaveraged: (await measure()).top1 } : result;
  }

  dispose(): void {
    this.inference.dispose();
  }
}
