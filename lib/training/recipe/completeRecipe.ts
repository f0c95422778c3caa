import { z } from 'zod';
import { schemaErrors, unknownName, UserError } from '../../errors';
import type { Method } from '../../methods/method';
import {
  findMethod,
  methodErrors,
  methods,
  methodSpec,
  type MethodSpec,
  type OwnMethodInput,
} from '../../methods/methods';
import { missingTeacher, severalTeachersError } from '../../methods/teacherAccess';
import type { OwnNetworks } from '../../models/own/network';
import { modelNames, unknownNetwork } from '../../models/zoo';
import type { OwnParts } from './ownParts';
import { recipe, type Recipe, type RecipeInput } from './recipe';
import { recipeConflicts } from './recipeConflicts';

/** Checks a recipe and fills in its defaults. Throws one UserError that lists everything that is wrong. */
export function completeRecipe(given: RecipeInput, own?: Pick<OwnParts, 'networks'>): Recipe;
/** The same for a method that is not in lib/methods: it replaces the method that the recipe names. */
export function completeRecipe<Options extends z.ZodTypeAny>(
  given: RecipeInput<OwnMethodInput<Options>>,
  own: Pick<OwnParts, 'networks'> & { readonly method: Method<Options> },
): Recipe;
export function completeRecipe(given: RecipeInput<MethodSpec>, own?: OwnParts): Recipe {
  return parseRecipe(given, own);
}

/** Like `completeRecipe`, for a method whose options TypeScript does not check, for example from a file. */
export function parseRecipe(given: RecipeInput<MethodSpec>, own?: OwnParts): Recipe {
  const errors = recipeErrors(given, own);
  if (errors.length > 0) throw invalidRecipe(errors);
  return recipe.parse(given);
}

/** Lists everything that is wrong with a recipe by itself, without its data and weights. */
export function recipeErrors(given: RecipeInput<MethodSpec>, own: OwnParts = {}): string[] {
  const parsed = recipe.safeParse(given);
  const ofNames = nameErrors(given, own);
  if (!parsed.success) return [...schemaErrors(parsed.error, given), ...ofNames];
  const chosen = own.method ?? findMethod(parsed.data.method.kind);
  return [...ofNames, ...(chosen ? recipeConflicts(parsed.data, chosen) : [])];
}

/** One error for everything that is wrong with a recipe. */
export function invalidRecipe(errors: readonly string[]): UserError {
  return new UserError(['The recipe is invalid:', ...errors.map((error) => `  ${error}`)].join('\n'));
}

const namedNetwork = z.object({ model: z.string() });

/** The names in a recipe. They are checked even if other parts of the recipe have the wrong shape. */
const names = z
  .object({
    student: z.string().optional().catch(undefined),
    teacher: z
      .object({ model: z.string(), others: z.array(namedNetwork).optional() })
      .nullish()
      .catch(undefined),
    method: methodSpec.optional().catch(undefined),
  })
  .catch({});

/** Lists unknown networks and methods, wrong options of the method, and a missing teacher. */
function nameErrors(given: unknown, { method, networks: own }: OwnParts): string[] {
  const { student, teacher, method: spec } = names.parse(given);
  const others = teacher?.others ?? [];
  const networks = [
    ...networkErrors('student', student, own),
    ...networkErrors('teacher', teacher?.model, own),
    ...others.flatMap(({ model }, i) => networkErrors(`teacher.others.${i}`, model, own)),
  ];
  if (!spec) return networks;
  const chosen = method ?? findMethod(spec.kind);
  if (!chosen) return [...networks, `method: ${unknownName('method', spec.kind, Object.keys(methods)).message}`];
  const missing = missingTeacher(chosen, teacher !== null);
  const several = others.length > 0 ? severalTeachersError(chosen) : undefined;
  return [
    ...networks,
    ...methodErrors(spec, chosen),
    ...(missing === undefined ? [] : [`teacher: ${missing} in the recipe`]),
    ...(several === undefined ? [] : [`teacher.others: ${several}`]),
  ];
}

function networkErrors(field: string, name: string | undefined, own: OwnNetworks | undefined): string[] {
  if (name === undefined || modelNames(own).includes(name)) return [];
  return [`${field}: ${unknownNetwork(name, own).message}`];
}
