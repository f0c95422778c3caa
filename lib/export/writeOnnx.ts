import path from 'node:path';
import { writeAtomic } from '../io/atomic';
import { writeJson } from '../io/json';
import type { Classifier } from './classifier';
import { encodeModel } from './onnx/encode';
import { recordGraph, type Exits } from './recordGraph';
import { transformersJsFiles } from './transformersJs';

/** The files that were written. */
export interface WrittenModel {
  readonly onnx: string;
  readonly bytes: number;
  /** Files for transformers.js; empty if it does not support the architecture. */
  readonly configuration: readonly string[];
}

/**
 * Writes a network as `onnx/model.onnx` in a folder, with class names and preprocessing in its metadata, and the
 * configuration of transformers.js if that supports the architecture. Input: `pixel_values` [batch, 3, height, width],
 * normalised. Outputs: `logits` [batch, classes], and `exit1`, … for exit branches. Throws a UserError that names the
 * block and the op if an op cannot be translated.
 */
export async function writeOnnx(
  classifier: Pick<Classifier, 'model' | 'classes' | 'preprocessing'> & Partial<Pick<Classifier, 'origin'>>,
  folder: string,
  exits?: Exits,
): Promise<WrittenModel> {
  const { model, classes, preprocessing, origin = {} } = classifier;
  const graph = recordGraph(model, exits);
  const bytes = encodeModel(graph, {
    network: model.name,
    classes: JSON.stringify(classes),
    preprocessing: JSON.stringify(preprocessing),
    ...origin,
  });
  const onnx = path.join(folder, 'onnx', 'model.onnx');
  await writeAtomic(onnx, bytes);
  const configuration: string[] = [];
  for (const [name, content] of Object.entries(transformersJsFiles(classifier) ?? {})) {
    configuration.push(path.join(folder, name));
    await writeJson(path.join(folder, name), content);
  }
  return { onnx, bytes: bytes.length, configuration };
}
