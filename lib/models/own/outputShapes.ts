import * as tf from '../../tensor/engine/tf';
import type { Model, StageShape } from '../model';

/** What the outputs of a forward pass state about a network. */
export type OutputShapes = Pick<Model, 'width' | 'stageShapes'>;

/** The parts of an output, each of which code of the user may have left out. */
type UncheckedOutput = { readonly [Part in 'logits' | 'pooled' | 'stages']?: unknown };

/**
 * Reads width and stage shapes from the output for `batch` images. Returns a list of everything that is wrong, with the
 * expected shapes, if the output is not valid.
 */
export function outputShapes(output: unknown, batch: number, classes: number): OutputShapes | string[] {
  if (typeof output !== 'object' || output === null)
    return ['forward returns no output: return { logits, stages, pooled }'];
  const { logits, pooled, stages }: UncheckedOutput = output;
  const list: readonly unknown[] = Array.isArray(stages) ? stages : [];
  const shapes = list.map((stage) => stageShape(shapeOf(stage), batch));
  const width = shapeOf(pooled);
  const errors = [
    ...(shapeOf(logits)?.join() === `${batch},${classes}`
      ? []
      : [`logits: ${text(logits)} instead of [${batch}, ${classes}], which is [batch, classes]`]),
    ...(width?.length === 2 && width[0] === batch
      ? []
      : [`pooled: ${text(pooled)} instead of [${batch}, width], the input of the classifier`]),
    ...(list.length === 4 ? [] : [`stages: ${list.length} features instead of 4`]),
    ...shapes.flatMap((shape, i) =>
      shape
        ? []
        : [
            `stage ${i + 1}: ${text(list[i])} instead of [${batch}, size, size, channels], or ` +
              `[${batch}, tokens, channels] with size² tokens, or one more for a class token`,
          ],
    ),
  ];
  const [a, b, c, d] = shapes;
  if (errors.length > 0 || !a || !b || !c || !d) return errors;
  return { width: width![1]!, stageShapes: [a, b, c, d] };
}

/** The shape of one stage without the batch; undefined if the networks here cannot have it. */
function stageShape(shape: readonly number[] | undefined, batch: number): StageShape | undefined {
  if (!shape || shape[0] !== batch || shape.includes(0)) return undefined;
  const [, first, second, channels] = shape;
  if (shape.length === 4) {
    return first === second ? { kind: 'spatial', size: first!, channels: channels! } : undefined;
  }
  if (shape.length !== 3) return undefined;
  for (const classToken of [false, true]) {
    const grid = Math.sqrt(first! - (classToken ? 1 : 0));
    if (Number.isInteger(grid) && grid > 0) return { kind: 'tokens', channels: second!, grid, classToken };
  }
  return undefined;
}

function shapeOf(value: unknown): readonly number[] | undefined {
  return isTensor(value) ? value.shape : undefined;
}

function text(value: unknown): string {
  const shape = shapeOf(value);
  return shape ? `[${shape.join(', ')}]` : 'no tensor';
}

function isTensor(value: unknown): value is tf.Tensor {
  return value instanceof tf.Tensor;
}
