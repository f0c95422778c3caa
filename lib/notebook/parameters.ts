import { z } from 'zod';

import { short, shortJson, unknownName, UserError } from '../errors';
import { profiles, type Profile } from '../profile';

/** Defaults that differ by profile. */
export type ByProfile<Values> = { readonly [Name in Profile]?: Partial<Values> };

/**
 * The parameters of a notebook, in increasing priority: its defaults, those of the profile in OFA_PROFILE (`laptop` if
 * it is not set), and the JSON object in OFA_PARAMS, such as OFA_PARAMS='{"epochs": 2}'. Throws a UserError for an
 * unknown name (with the nearest known ones) and for a value of another type than the default: a number, a string, a
 * boolean, a list of numbers or of strings, or an object.
 */
export function parameters<Values extends object>(
  defaults: Values,
  byProfile: ByProfile<Values> = {},
  environment: NodeJS.ProcessEnv = process.env,
): Readonly<Values> & { readonly profile: Profile } {
  const profile = chosenProfile(environment.OFA_PROFILE ?? 'laptop');
  const overrides = parseOverrides(environment.OFA_PARAMS ?? '{}');
  const byName = new Map<string, unknown>(Object.entries(defaults));
  for (const [name, value] of Object.entries(overrides)) {
    if (!byName.has(name)) throw unknownName('parameter', name, [...byName.keys()]);
    checkType(name, value, byName.get(name));
  }
  return { ...defaults, ...byProfile[profile], ...overrides, profile };
}

function chosenProfile(name: string): Profile {
  const profile = profiles.find((known) => known === name);
  if (profile === undefined) throw unknownName('profile', name, profiles);
  return profile;
}

/** Parses OFA_PARAMS. Throws a UserError if it is not a JSON object. */
export function parseOverrides(text: string): object {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UserError(
      `OFA_PARAMS is not valid JSON: ${short(text)}. Write a JSON object, such as OFA_PARAMS='{"epochs": 2}'.`,
    );
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  throw new UserError(`OFA_PARAMS must be a JSON object, such as '{"epochs": 2}', not ${short(text)}.`);
}

/** Throws a UserError if the value has another type than the default. */
function checkType(name: string, value: unknown, defaultValue: unknown): void {
  if (schemaOf(defaultValue).safeParse(value).success) return;
  throw new UserError(
    `The parameter "${name}" must have the type of its default ${JSON.stringify(defaultValue)}; ` +
      `OFA_PARAMS gives ${shortJson(value)}.`,
  );
}

function schemaOf(defaultValue: unknown): z.ZodType {
  if (Array.isArray(defaultValue))
    return defaultValue.every((item) => typeof item === 'number') ? z.array(z.number().finite()) : z.array(z.string());
  if (typeof defaultValue === 'number') return z.number().finite();
  if (typeof defaultValue === 'object') return z.record(z.unknown());
  return typeof defaultValue === 'boolean' ? z.boolean() : z.string();
}
