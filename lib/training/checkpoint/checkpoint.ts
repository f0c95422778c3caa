import { createHash } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors';
import { tryParseJson } from '../../io/json';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../../io/safetensors/safetensors';
import * as tf from '../../tensor/engine/tf';
import { current, previous } from './checkpointFiles';
import { recipeId } from '../recipe/recipe';
import type { Training } from '../training';

const position = z.object({
  epoch: z.number().int().min(0),
  step: z.number().int().min(0),
  sums: z.record(z.number()),
  seconds: z.number(),
  waited: z.number().default(0),
});

/**
 * Writes weights, optimiser state, running average and position into a folder, whole or not at all; the checkpoint before stays as a second copy.
 * Random numbers need no state: they follow from seed, epoch and batch. Throws a UserError, and writes nothing, where a number is not finite.
 */
export async function saveCheckpoint(training: Training, folder: string): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, parameter] of training.state()) tensors.set(name, stored(parameter.value));
  for (const [name, tensor] of remembered(training)) tensors.set(name, stored(tensor));
  for (const [name, { data }] of tensors) {
    if (!data.every(Number.isFinite))
      throw new UserError(
        `Training diverged: ${name} is not finite after epoch ${training.position.epoch}, step ${training.position.step}. The checkpoint before is kept. Try a lower learning rate, or clipNorm.`,
      );
  }
  const file = path.join(folder, current);
  if (existsSync(file)) renameSync(file, path.join(folder, previous));
  await writeSafetensors(file, tensors, {
    metadata: {
      recipe: recipeId(training.recipe),
      position: JSON.stringify(training.position),
      sha256: digest(tensors),
    },
  });
}

/** Puts a training back where its last sound checkpoint left it. Returns what happened in words, or undefined where there is none. */
export function restoreCheckpoint(training: Training, folder: string): string | undefined {
  const faults: string[] = [];
  for (const name of [current, previous]) {
    const file = path.join(folder, name);
    if (!existsSync(file)) continue;
    try {
      restore(training, file);
      // The next checkpoint pushes this one aside: it must not push a bad one over a sound one.
      if (name === previous && existsSync(path.join(folder, current))) renameSync(file, path.join(folder, current));
      const { epoch, step } = training.position;
      return [...faults, `goes on after epoch ${epoch}, step ${step}`].join('; ');
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      faults.push(error.message.replace(/\.$/, ''));
    }
  }
  if (faults.length > 0)
    throw new UserError(
      [
        `No checkpoint in ${folder} can be used:`,
        ...faults.map((fault) => `  ${fault}`),
        'Remove them to begin again.',
      ].join('\n'),
    );
  return undefined;
}

/** Removes the checkpoints of a finished run. */
export function removeCheckpoints(folder: string): void {
  for (const name of [current, previous]) rmSync(path.join(folder, name), { force: true });
}

function restore(training: Training, file: string): void {
  const { metadata, tensors } = readSafetensors(file);
  const written = metadata.get('sha256');
  if (written !== undefined && written !== digest(tensors))
    throw new UserError(`${file} is damaged: its numbers are not those that were written`);
  if (metadata.get('recipe') !== recipeId(training.recipe)) throw new UserError(`${file} belongs to another recipe`);
  const parsed = position.safeParse(tryParseJson(metadata.get('position') ?? 'null'));
  if (!parsed.success) throw new UserError(`${file} does not say where the run stood`);
  const wanted = new Map([
    ...training.state().map(([name, { value }]) => [name, value] as const),
    ...remembered(training),
  ]);
  const missing = [...wanted]
    .filter(([name, { shape }]) => tensors.get(name)?.shape.join() !== shape.join())
    .map(([name]) => name);
  if (missing.length > 0) throw new UserError(`${file} lacks ${missing.slice(0, 3).join(', ')}, or has other shapes`);
  for (const [name, { variable }] of training.state()) {
    const value = loaded(tensors.get(name)!);
    variable.assign(value);
    value.dispose();
  }
  for (const [part, stateful] of Object.entries(training.statefulParts())) {
    for (const name of [...stateful.state().keys()]) stateful.restore(name, loaded(tensors.get(`${part}.${name}`)!));
  }
  const { epoch, step, sums, seconds, waited } = parsed.data;
  training.resumeAt({ epoch, step, sums, seconds, waited });
}

/** What optimiser and running average remember, by name. */
function remembered(training: Training): (readonly [string, tf.Tensor])[] {
  return Object.entries(training.statefulParts()).flatMap(([part, stateful]) =>
    [...stateful.state()].map(([name, tensor]) => [`${part}.${name}`, tensor] as const),
  );
}

function digest(tensors: ReadonlyMap<string, StoredTensor>): string {
  const hash = createHash('sha256');
  for (const [name, { data }] of tensors)
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}

function stored(tensor: tf.Tensor): StoredTensor {
  return { shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) };
}

function loaded({ shape, data }: StoredTensor): tf.Tensor {
  return tf.tensor(data, [...shape], 'float32');
}
