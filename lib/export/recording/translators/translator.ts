import type { NamedAttrMap } from '../../../tensor/engine/tf';
import type { Recorder } from '../recorder';
import type { Value } from '../value';

/** An op of TensorFlow.js, or a composite op of lib/tensor, that a network calls. */
export interface Call {
  readonly recorder: Recorder;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly attributes: NamedAttrMap;
}

/** Adds the nodes of an op to the recorder and returns the op's results. */
export type Translator = (call: Call) => Value | readonly Value[];

/** Returns an integer attribute. */
export function int(attributes: NamedAttrMap, name: string): number {
  const value = attributes[name];
  if (typeof value !== 'number') throw new Error(`The attribute ${name} must be a number, not ${String(value)}.`);
  return value;
}

/** Returns an attribute that is a list of integers, or one integer. */
export function ints(attributes: NamedAttrMap, name: string): number[] {
  const value = attributes[name];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((each) => {
    if (typeof each !== 'number') throw new Error(`The attribute ${name} must be a list of numbers.`);
    return each;
  });
}
