import { existsSync } from 'node:fs';
import { earlyExit, exitTop1, type EarlyExit, type ExitPredictions } from '../../analysis/earlyExit';
import { exitCosts } from '../../analysis/exitCosts';
import { exitPredictions } from '../../analysis/exitPredictions';
import { trainProbes, type ProbeOptions, type ProbeStep } from '../../analysis/probes';
import type { InMemoryDataset } from '../../data/datasets/dataset';
import { createDistillation } from '../../methods/methods';
import type { Distillation } from '../../methods/method';
import type { Model } from '../../models/model';
import { networkMultiplyAdds } from '../../models/summary';
import { trainedModel } from '../../models/weights/trained';
import type { Profile } from '../../profile';
import type { StudentExits } from '../../results/answers/branchAccuracy';
import { Random } from '../../tensor/random';
import { loadStudyInputs, type StudyInputs, type Warn } from './studyInputs';

/** A frozen student with new exit branches. */
export interface StudentWithBranches {
  readonly name: string;
  readonly student: Model;
  readonly distillation: Distillation;
}

export interface BranchSettings {
  readonly profile: Profile;
  readonly student: string;
  /** Weight files of the students. */
  readonly weights: readonly string[];
  readonly testImages: number;
}

/** Images, teacher, and the students with their branches. The caller disposes all models. */
export interface BranchStudy extends StudyInputs {
  readonly students: readonly StudentWithBranches[];
}

/**
 * Loads the recorded students and adds new exit branches, with the same initial weights for each student. Warns about
 * missing weight files; without any, the student has random weights.
 */
export async function branchStudy(
  { profile, student, weights, testImages }: BranchSettings,
  warn: Warn,
): Promise<BranchStudy> {
  const inputs = await loadStudyInputs(profile, warn, { testImages });
  const { train, teacher } = inputs;
  const missing = weights.filter((file) => !existsSync(file));
  if (missing.length > 0) warn(`Not recorded yet: ${missing.join(', ')}. Run: npm run experiment -- run story`);
  const files = missing.length < weights.length ? weights.filter((file) => existsSync(file)) : ['fresh'];
  const students: StudentWithBranches[] = [];
  for (const file of files) {
    const options = { classes: train.classes.length, imageSize: 32 };
    const { title, model } = await trainedModel(student, options, new Random(0), file);
    const random = new Random(0).fork('probe');
    const setting = { student: model, teacher, examples: train.count, labels: train.labels, random };
    const distillation = createDistillation({ kind: 'ofa', exponent: 1.2 }, setting);
    students.push({ name: title, student: model, distillation });
  }
  return { ...inputs, students };
}

/** Trains the branches of all students on the same batches with OFA's loss. The students stay unchanged. */
export function trainBranches(
  students: readonly StudentWithBranches[],
  teacher: Model,
  train: InMemoryDataset,
  options: ProbeOptions,
): AsyncGenerator<ProbeStep, void> {
  return trainProbes(students, teacher, train, options);
}

/** Accuracy and cost of the exits of one student. */
export interface ExitStudy extends StudentExits {
  /** Names of the exits: `branch1`, …, and `logits` for the student's own classifier. */
  readonly exits: readonly string[];
  /** Multiply-adds up to each exit, with all branches before it. */
  readonly costs: readonly number[];
  /** Multiply-adds of the student without branches. */
  readonly plainCost: number;
  /** Early exit at each threshold; costs are multiply-adds. */
  readonly earlyExit: readonly EarlyExit[];
}

/** A student with exit branches, as `exitStudy` reads it. */
export interface StudentWithExits extends Pick<StudentWithBranches, 'name' | 'student'> {
  readonly distillation: Pick<Distillation, 'exits' | 'title'>;
}

/** Evaluates the exits of each student on test images, and early exit at each confidence threshold. */
export async function exitStudy(
  students: readonly StudentWithExits[],
  test: InMemoryDataset,
  thresholds: readonly number[],
): Promise<ExitStudy[]> {
  const studies: ExitStudy[] = [];
  for (const { name, student, distillation } of students) {
    const answers: readonly ExitPredictions[] = await exitPredictions(student, distillation, test);
    const costs = exitCosts(student, distillation);
    studies.push({
      name,
      exits: answers.map((exit) => exit.name),
      top1: answers.map(exitTop1),
      costs,
      plainCost: networkMultiplyAdds(student) ?? NaN,
      earlyExit: thresholds.map((threshold) => earlyExit(answers, costs, threshold)),
    });
  }
  return studies;
}
