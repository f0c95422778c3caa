import { z } from 'zod';

import { short, shortJson, unknownName, UserError } from '../errors';
import { profiles, type Profile } from '../profile';

/** Values that a profile gives other defaults. */
export type ByProfile<Values> = { readonly [Name in Profile]?: Partial<Values> };

/**
 * The parameters of a notebook: its defaults, those of the profile that OFA_PROFILE names (`laptop` unless it does), and
 * over both the JSON object in OFA_PARAMS: OFA_PARAMS='{"epochs": 2}'. Throws UserError on an unknown name (saying the
 * nearest) and on a value of another kind than the default's: a number, a text, yes or no, a list of numbers or of texts, or an object of anything.
 */
export function parameters<Values extends object>(
  defaults: Values,
  byProfile: ByProfile<Values> = {},
  environment: NodeJS.ProcessEnv = process.env,
): Readonly<Values> & { readonly profile: Profile } {
  const profile = chosenProfile(environment.OFA_PROFILE ?? 'laptop');
  const overrides = parseOverrides(environment.OFA_PARAMS ?? '{}');
  const standard = new Map<string, unknown>(Object.entries(defaults));
  for (const [name, value] of Object.entries(overrides)) {
    if (!standard.has(name)) throw unknownName('parameter', name, [...standard.keys()]);
    checkKind(name, value, standard.get(name));
  }
  return { ...defaults, ...byProfile[profile], ...overrides, profile };
}

function chosenProfile(name: string): Profile {
  const profile = profiles.find((known) => known === name);
  if (profile === undefined) throw unknownName('profile', name, profiles);
  return profile;
}

function parseOverrides(text: string): object {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UserError(`OFA_PARAMS is not JSON: ${short(text)}. Write it like OFA_PARAMS='{"epochs": 2}'.`);
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  throw new UserError(`OFA_PARAMS must be one JSON object, as '{"epochs": 2}', not ${short(text)}.`);
}

/** Throws unless the value is of the default's kind. */
function checkKind(name: string, value: unknown, standard: unknown): void {
  if (kinds(standard).safeParse(value).success) return;
  throw new UserError(
    `The parameter "${name}" must be like its default ${JSON.stringify(standard)}; OFA_PARAMS gives ${shortJson(value)}.`,
  );
}

function kinds(standard: unknown): z.ZodType {
  if (Array.isArray(standard))
    return standard.every((item) => typeof item === 'number') ? z.array(z.number().finite()) : z.array(z.string());
  if (typeof standard === 'number') return z.number().finite();
  if (typeof standard === 'object') return z.record(z.unknown());
  return typeof standard === 'boolean' ? z.boolean() : z.string();
}
