import { unknownName } from '../../errors';
import { availableTeacher } from '../../experiments/teachers/availableTeacher';
import { exponentRecipe } from '../../experiments/tuning/exponentStudy';
import type { Family } from '../../models/model';
import type { Profile } from '../../profile';
import type { RecipeInput } from '../../training/recipe/recipe';
import { loadData } from '../inputs/data';
import { optunaPython, optunaSampler } from './optuna';
import type { Sampler, Trial } from './sampler';
import { successiveHalving } from './successiveHalving';

const families: readonly Family[] = ['cnn', 'transformer', 'mlp'];
const forms = ['released', 'paper'] as const;

/** The parameters of a study of ε as a notebook reads them. */
export interface ExponentStudySettings {
  readonly profile: Profile;
  /** Families of the two networks. */
  readonly teacher: string;
  readonly student: string;
  /** Form of the loss: `released` or `paper`. */
  readonly form: string;
  /** Training images per epoch. */
  readonly images: number;
  readonly epochs: number;
  readonly batchSize: number;
}

/** A study of ε that is ready to run. */
export interface ExponentStudyPlan {
  readonly title: string;
  readonly recipeOf: (trial: Trial) => RecipeInput;
  /** Warnings that belong above the results: a teacher without trained weights, synthetic images. */
  readonly warnings: readonly string[];
}

/**
 * Prepares a study of ε. Without trained teacher weights or CIFAR-100 it uses fresh weights or synthetic images, which
 * become part of the recipe, so that their results are never mistaken for real ones. Throws a UserError for an unknown
 * family or form.
 */
export async function planExponentStudy(settings: ExponentStudySettings): Promise<ExponentStudyPlan> {
  const { profile, images, epochs } = settings;
  const chosen = {
    ...settings,
    teacher: oneOf('family', settings.teacher, families),
    student: oneOf('family', settings.student, families),
    form: oneOf('form of the loss', settings.form, forms),
  };
  const { teacher, notice: teacherNotice } = availableTeacher(chosen.teacher, profile);
  const data = { name: profile === 'smoke' ? 'synthetic' : 'cifar-100' } as const;
  const { notice: dataNotice } = await loadData(data, 32, { syntheticFallback: true });
  const synthetic = { data: { name: 'synthetic' as const, trainImages: images, heldOut: 20 } };
  return {
    title: `${teacher.model} teaches a small ${chosen.student}: ${images} images, ${epochs} epochs`,
    recipeOf: ({ exponent, seed }) => ({
      ...exponentRecipe(chosen, exponent, seed),
      teacher,
      ...(dataNotice !== undefined && synthetic),
    }),
    warnings: [teacherNotice, dataNotice].filter((text): text is string => text !== undefined),
  };
}

function oneOf<Name extends string>(what: string, name: string, known: readonly Name[]): Name {
  const found = known.find((one) => one === name);
  if (found === undefined) throw unknownName(what, name, known);
  return found;
}

/** The parameters of a search for ε. */
export interface SearchSettings {
  /** Bounds of ε. */
  readonly low: number;
  readonly high: number;
  /** Values to try. */
  readonly candidates: number;
  readonly epochs: number;
}

/** Optuna's sampler if a Python with Optuna is available, otherwise successive halving; with the name of the choice. */
export function chooseSampler({ low, high, candidates, epochs }: SearchSettings): {
  readonly sampler: Sampler;
  readonly name: string;
} {
  const python = optunaPython();
  const range = { low, high, epochs };
  return python === undefined
    ? { sampler: successiveHalving({ ...range, candidates }), name: 'Successive halving' }
    : { sampler: optunaSampler({ ...range, trials: candidates, python }), name: 'Optuna' };
}
