import { z } from 'zod';

const stage = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)], {
  errorMap: (_, { data }) => ({
    message: `${JSON.stringify(data)} is not a stage; networks have stages 1, 2, 3 and 4`,
  }),
});

/** The stages of the networks that a method uses, in ascending order. Default: all four. */
export const stages = z
  .array(stage)
  .superRefine((list, context) => {
    if (new Set(list).size !== list.length) {
      context.addIssue({ code: 'custom', message: 'names a stage twice' });
    } else if (list.some((one, i) => i > 0 && one < list[i - 1]!)) {
      context.addIssue({ code: 'custom', message: 'is not in ascending order' });
    }
  })
  .default([1, 2, 3, 4]);
