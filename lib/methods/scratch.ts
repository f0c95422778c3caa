import { z } from 'zod';
import { defineMethod } from './method';

/** The baseline: only the cross entropy with the labels. */
export const scratch = defineMethod({
  title: 'scratch',
  source: 'cross entropy with the label',
  readsTeacher: 'nothing',
  scope: 'example',
  options: z.object({}).strict(),
  create: () => ({ modules: {}, loss: () => ({}) }),
});
