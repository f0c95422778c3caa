import { z } from 'zod';
import { schemaErrors, UserError, unknownName } from '../errors';
import { bkd } from './bkd';
import { cc } from './cc';
import { crd } from './crd';
import { dist } from './dist';
import { dkd } from './dkd';
import { fitnet } from './fitnet';
import { kd } from './kd';
import type { Distillation, Method, MethodSetting } from './method';
import { ofa } from './ofa';
import { rkd } from './rkd';
import { rld } from './rld';
import { rsd } from './rsd';
import { scratch } from './scratch';
import { spofa } from './spofa';
import { srd } from './srd';
import { ttm } from './ttm';
import { wttm } from './wttm';

/** Every method by the name that recipes use. To add one: write its file, add it here. */
const registry = {
  scratch,
  kd,
  bkd,
  dkd,
  dist,
  fitnet,
  correlation: cc,
  rkd,
  crd,
  ofa,
  rsd,
  ttm,
  wttm,
  rld,
  srd,
  spofa,
} satisfies Record<string, Method>;

/** Every method by name. */
export const methods: Readonly<Record<string, Method>> = registry;

/**
 * Name and options of a method of this list, as recipes and experiments write them: `{ kind: 'ofa', exponent: 1.4 }`.
 * An option of any method can be read (it is undefined for methods without it), and only the method's own options can
 * be set.
 */
export type MethodInput = { [Kind in MethodKind]: InputOf<Kind> }[MethodKind];

type MethodKind = keyof typeof registry;
type OptionsOf<Kind extends MethodKind> = z.input<(typeof registry)[Kind]['options']>;
type OptionName = { [Kind in MethodKind]: keyof OptionsOf<Kind> }[MethodKind];

/** One flat object type, for which the compiler names a misspelt option. */
type InputOf<Kind extends MethodKind> = Flat<
  { readonly kind: Kind } & OptionsOf<Kind> & {
      readonly [Other in Exclude<OptionName, keyof OptionsOf<Kind>>]?: undefined;
    }
>;
type Flat<T> = { readonly [Key in keyof T]: ReadonlyList<T[Key]> };
type ReadonlyList<T> = T extends readonly (infer Item)[] ? readonly Item[] : T;

/** Name and options of a method written elsewhere, for example in a notebook. */
export type OwnMethodInput<Options extends z.ZodTypeAny> = { readonly kind: string } & z.input<Options>;

/** Name and options of any method, as read from a file. The options are checked when they are completed. */
export const methodSpec = z.object({ kind: z.string() }).passthrough();
export type MethodSpec = z.infer<typeof methodSpec>;

/** Returns the method with that name, or undefined if there is none. */
export function findMethod(kind: string): Method | undefined {
  return Object.hasOwn(methods, kind) ? methods[kind] : undefined;
}

/** Returns the method with that name. Throws a UserError that names the nearest ones. */
export function methodNamed(kind: string): Method {
  const method = findMethod(kind);
  if (!method) throw unknownName('method', kind, Object.keys(methods));
  return method;
}

/** Lists everything that is wrong with the options of a method. */
export function methodErrors({ kind, ...given }: MethodSpec, method = methodNamed(kind)): string[] {
  const parsed = method.options.safeParse(given);
  if (parsed.success) return [];
  const known = optionNames(method.options);
  const options = `the options of ${kind} are ${known.length === 0 ? 'none' : known.join(', ')}`;
  const issues = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys' && issue.path.length === 0
      ? { ...issue, message: `${issue.message}; ${options}` }
      : issue,
  );
  return schemaErrors({ issues }, given, 'method');
}

function optionNames(schema: z.ZodTypeAny): string[] {
  if (schema instanceof z.ZodEffects) {
    const inner: z.ZodTypeAny = (schema as z.ZodEffects<z.ZodTypeAny>).innerType();
    return optionNames(inner);
  }
  return schema instanceof z.ZodObject ? Object.keys((schema as z.ZodObject<z.ZodRawShape>).shape) : [];
}

/** Fills in the defaults of a method's options. Throws a UserError that lists everything that is wrong with them. */
export function completeMethod(spec: MethodSpec, method = methodNamed(spec.kind)): MethodSpec {
  const { kind, ...given } = spec;
  const errors = methodErrors(spec, method);
  if (errors.length > 0) throw new UserError(`Method ${kind}: ${errors.join('; ')}`);
  const complete: unknown = method.options.parse(given);
  return methodSpec.parse(Object.assign({ kind }, complete));
}

/**
 * Creates a method of this list for a student and a teacher. Throws a UserError if its options are wrong or its teacher
 * is missing.
 */
export function createDistillation(input: MethodInput, setting: MethodSetting): Distillation {
  return distillationOf(input, setting);
}

/**
 * Creates the method that a recipe names. `method` replaces the method of that name, for one that is not in this list.
 */
export function distillationOf(
  spec: MethodSpec,
  setting: MethodSetting,
  method = methodNamed(spec.kind),
): Distillation {
  const { kind: _, ...options } = completeMethod(spec, method);
  return method.create(options, setting);
}
