import type { Binding } from './native';

type Watched = 'createTensor' | 'executeOp' | 'tensorDataSync' | 'runSavedModel' | 'functions' | 'precision';

/** A binding with some of its functions replaced; those of the addon itself are read-only. */
export function watchedBinding(binding: Binding, functions: Partial<Pick<Binding, Watched>>): Binding {
  const properties = Object.fromEntries(Object.entries(functions).map(([name, value]) => [name, { value }]));
  const result: unknown = Object.create(binding, properties);
  if (!isBinding(result)) throw new Error("TensorFlow.js's addon has no function executeOp");
  return result;
}

function isBinding(value: unknown): value is Binding {
  return typeof value === 'object' && value !== null && 'executeOp' in value;
}
