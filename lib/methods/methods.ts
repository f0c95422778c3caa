import { z } from 'zod';
import { schemaFaults, UserError, unknownName } from '../errors';
import { bkd } from './bkd';
import { cc } from './cc';
import { crd } from './crd';
import { dist } from './dist';
import { dkd } from './dkd';
import { fitnet } from './fitnet';
import { kd } from './kd';
import type { Distillation, Method, Setting } from './method';
import { ofa } from './ofa';
import { rkd } from './rkd';
import { rsd } from './rsd';
import { scratch } from './scratch';

/** Every method by name. To add one: write its file, add its line. */
export const methods: Readonly<Record<string, Method>> = {
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
};

/** A method and its options as a recipe names them: `{ kind: 'ofa', exponent: 1.4 }`. */
export const methodSpec = z.object({ kind: z.string() }).passthrough();
export type MethodSpec = z.infer<typeof methodSpec>;

/** The method of that name. Throws a UserError that names the nearest ones. */
export function methodNamed(kind: string): Method {
  const method = Object.hasOwn(methods, kind) ? methods[kind] : undefined;
  if (!method) throw unknownName('method', kind, Object.keys(methods));
  return method;
}

/** Everything that is wrong with the options of a spec, in words. */
export function methodFaults({ kind, ...given }: MethodSpec, method = methodNamed(kind)): string[] {
  const parsed = method.options.safeParse(given);
  return parsed.success ? [] : schemaFaults(parsed.error, given, 'method');
}

/** The options of a spec with the defaults filled in. Throws a UserError that lists every fault. */
export function completeMethod(spec: MethodSpec, method = methodNamed(spec.kind)): MethodSpec {
  const { kind, ...given } = spec;
  const faults = methodFaults(spec, method);
  if (faults.length > 0) throw new UserError(`Method ${kind}: ${faults.join('; ')}`);
  const complete: unknown = method.options.parse(given);
  return methodSpec.parse(Object.assign({ kind }, complete));
}

/** The method of a spec, made for its networks. */
export function createDistillation(spec: MethodSpec, setting: Setting, method = methodNamed(spec.kind)): Distillation {
  const { kind, ...options } = completeMethod(spec, method);
  if (method.needsTeacher && !setting.teacher)
    throw new UserError(`Method ${kind} needs a teacher, and the recipe names none.`);
  return method.create(options, setting);
}
