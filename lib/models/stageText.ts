import type { StageShape } from './model';

/** A stage's feature in words: `32 × 32 × 24` or `64 + 1 tokens × 96`. */
export function stageText(shape: StageShape): string {
  if (shape.kind === 'spatial') return `${shape.size} × ${shape.size} × ${shape.channels}`;
  return `${shape.grid ** 2}${shape.classToken ? ' + 1' : ''} tokens × ${shape.channels}`;
}
