import { existsSync } from 'node:fs';
import type { InMemoryDataset } from '../../data/datasets/dataset';
import { stratifiedSample } from '../../data/datasets/holdOut';
import { teachers } from '../../experiments/laptop';
import type { Model } from '../../models/model';
import type { Profile } from '../../profile';
import { Random } from '../../tensor/random';
import { loadData } from '../inputs/data';
import { loadTeacher } from '../inputs/teacher';

/** Receives warnings for the user; undefined is ignored. */
export type Warn = (notice: string | undefined) => void;

/** The CNN teacher of short studies, as recipes name it. */
export interface StudyTeacher {
  readonly model: string;
  readonly weights: string;
}

/** The trained CNN teacher, or one with random weights and a warning: in the smoke profile, or without weights. */
export function studyTeacher(profile: Profile, warn: Warn): StudyTeacher {
  const { model, weights } = teachers.cnn;
  if (profile !== 'smoke' && existsSync(weights)) return { model, weights };
  const reason = profile === 'smoke' ? 'this is the smoke profile' : `${weights} does not exist`;
  warn(`The teacher has random weights: ${reason}.`);
  return { model, weights: 'fresh' };
}

/** The images of short studies as recipes name them: synthetic ones in the smoke profile, otherwise CIFAR-100. */
export function studyDataset(profile: Profile): 'synthetic' | 'cifar-100' {
  return profile === 'smoke' ? 'synthetic' : 'cifar-100';
}

/** Images in memory, and the loaded teacher, which the caller disposes. */
export interface StudyInputs {
  readonly train: InMemoryDataset;
  readonly test: InMemoryDataset;
  readonly teacher: Model;
}

/** Loads images and teacher. Without CIFAR-100 and a network, synthetic images replace it, with a warning. */
export async function loadStudyInputs(
  profile: Profile,
  warn: Warn,
  { trainImages, testImages }: { readonly trainImages?: number; readonly testImages: number },
): Promise<StudyInputs> {
  const data = { name: studyDataset(profile), ...(trainImages !== undefined && { trainImages }) };
  const { train, test, notice } = await loadData(data, 32, { syntheticFallback: true });
  warn(notice);
  const { model } = loadTeacher(studyTeacher(profile, warn), train);
  const sample = stratifiedSample(test, Math.min(testImages, test.count), new Random(0));
  return { train: inMemory(train), test: inMemory(sample), teacher: model };
}

function inMemory(dataset: Awaited<ReturnType<typeof loadData>>['train']): InMemoryDataset {
  if ('images' in dataset) return dataset;
  throw new Error(`${dataset.name} is not in memory.`);
}
