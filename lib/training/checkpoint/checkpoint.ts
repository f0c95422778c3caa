import { createHash } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors';
import { tryParseJson } from '../../io/json';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../../io/safetensors/safetensors';
import * as tf from '../../tensor/engine/tf';
import { recipeId } from '../recipe/recipe';
import type { Training } from '../training';
import { current, previous } from './checkpointFiles';

const position = z.object({
  epoch: z.number().int().min(0),
  step: z.number().int().min(0),
  sums: z.record(z.number()),
  seconds: z.number(),
  waited: z.number().default(0),
});

/**
 * Writes weights, optimiser state, running average and position to a folder, and keeps the checkpoint before as a
 * second copy. The file is written whole or not at all. Random numbers have no state: they follow from seed, epoch and
 * batch. Throws a UserError, and writes nothing, if a number is not finite.
 */
export async function saveCheckpoint(training: Training, folder: string): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensorsOf(training)) tensors.set(name, stored(tensor));
  checkFinite(tensors, training);
  const [recipe, text] = [recipeId(training.recipe), JSON.stringify(training.position)];
  const file = path.join(folder, current);
  if (existsSync(file)) renameSync(file, path.join(folder, previous));
  await writeSafetensors(file, tensors, {
    metadata: { recipe, position: text, checksum: digest(tensors, recipe, text) },
  });
}

/**
 * Restores a training from its last intact checkpoint. Returns a message on what was restored, or undefined if the
 * folder has no checkpoint. Throws a UserError if none of its checkpoints can be used.
 */
export function restoreCheckpoint(training: Training, folder: string): string | undefined {
  const errors: string[] = [];
  for (const name of [current, previous]) {
    const file = path.join(folder, name);
    if (!existsSync(file)) continue;
    try {
      restore(training, file);
      // The next save renames the current file to the previous one. A damaged file must not replace an intact one.
      if (name === previous && existsSync(path.join(folder, current))) renameSync(file, path.join(folder, current));
      const { epoch, step } = training.position;
      return [...errors, `resumes after epoch ${epoch}, step ${step}`].join('; ');
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      errors.push(error.message.replace(/\.$/, ''));
    }
  }
  if (errors.length === 0) return undefined;
  throw new UserError(
    [
      `No checkpoint in ${folder} can be used:`,
      ...errors.map((error) => `  ${error}`),
      'Remove them to start the run again.',
    ].join('\n'),
  );
}

/** Removes the checkpoints of a finished run. */
export function removeCheckpoints(folder: string): void {
  for (const name of [current, previous]) rmSync(path.join(folder, name), { force: true });
}

function restore(training: Training, file: string): void {
  const { metadata, tensors } = readSafetensors(file);
  const [recipe = '', text = 'null'] = [metadata.get('recipe'), metadata.get('position')];
  // Checkpoints of earlier versions have the hash of the tensors alone.
  const [written, actual] = metadata.has('checksum')
    ? [metadata.get('checksum'), digest(tensors, recipe, text)]
    : [metadata.get('sha256'), digest(tensors)];
  if (written !== actual) throw new UserError(`${file} is damaged: its SHA-256 differs from the one that was written`);
  if (recipe !== recipeId(training.recipe)) throw new UserError(`${file} belongs to another recipe`);
  const parsed = position.safeParse(tryParseJson(text));
  if (!parsed.success || !isInRun(parsed.data, training))
    throw new UserError(`${file} has no valid position of the run`);
  checkShapes(training, tensors, file);
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

/** Whether a training can be at this position. */
function isInRun({ epoch, step }: z.output<typeof position>, { recipe, stepsPerEpoch }: Training): boolean {
  return epoch <= recipe.epochs && step <= stepsPerEpoch && (epoch < recipe.epochs || step === 0);
}

function checkFinite(tensors: ReadonlyMap<string, StoredTensor>, { position: { epoch, step } }: Training): void {
  for (const [name, { data }] of tensors) {
    if (data.every(Number.isFinite)) continue;
    throw new UserError(
      `Training diverged: ${name} is not finite after epoch ${epoch}, step ${step}. The checkpoint before is kept. ` +
        'Try a lower learning rate, or clipNorm.',
    );
  }
}

function checkShapes(training: Training, tensors: ReadonlyMap<string, StoredTensor>, file: string): void {
  const missing = tensorsOf(training)
    .filter(([name, { shape }]) => tensors.get(name)?.shape.join() !== shape.join())
    .map(([name]) => name);
  if (missing.length === 0) return;
  throw new UserError(`${file} lacks ${missing.slice(0, 3).join(', ')}, or has other shapes`);
}

/** Every tensor of a checkpoint by name: parameters, then the state of the optimiser and of the running average. */
function tensorsOf(training: Training): (readonly [string, tf.Tensor])[] {
  const parameters = training.state().map(([name, { value }]) => [name, value] as const);
  const states = Object.entries(training.statefulParts()).flatMap(([part, stateful]) =>
    [...stateful.state()].map(([name, tensor]) => [`${part}.${name}`, tensor] as const),
  );
  return [...parameters, ...states];
}

function digest(tensors: ReadonlyMap<string, StoredTensor>, ...texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text);
  for (const [name, { data }] of tensors) {
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

function stored(tensor: tf.Tensor): StoredTensor {
  return { shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) };
}

function loaded({ shape, data }: StoredTensor): tf.Tensor {
  return tf.tensor(data, [...shape], 'float32');
}
