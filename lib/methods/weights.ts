import type { z } from 'zod';

/** Refuses options in which all of these weights are 0: the method would have no effect. */
export function notAllZero<Name extends string>(...names: readonly Name[]) {
  return (options: { readonly [Key in Name]?: number }, context: z.RefinementCtx): void => {
    if (names.some((name) => options[name] !== 0)) return;
    context.addIssue({ code: 'custom', path: [names[0]!], message: `is 0, like ${names.slice(1).join(' and ')}` });
  };
}
