import { z } from 'zod';
import { defineMethod } from './method';

/** The label's cross entropy alone: the baseline. */
export const scratch = defineMethod({
  title: 'scratch',
  source: 'cross entropy with the label',
  readsTeacher: 'nothing',
  scope: 'example',
  options: z.object({}).strict(),
  create: () => ({ modules: {}, loss: () => ({}) }),
});
