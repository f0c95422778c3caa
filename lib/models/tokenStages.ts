import type { StageShape } from './model';

/** The blocks (counted from 1) after which a token network's four stages end: 2, 4, 10 and 12 of 12, else each quarter. */
export function stageEnds(depth: number): readonly [number, number, number, number] {
  return depth === 12 ? [2, 4, 10, 12] : [Math.floor(depth / 4), Math.floor(depth / 2), Math.floor((3 * depth) / 4), depth];
}

/** The four stages of a network whose tokens keep their number and width throughout. */
export function tokenStages(channels: number, grid: number, classToken: boolean): readonly [StageShape, StageShape, StageShape, StageShape] {
  const stage: StageShape = { kind: 'tokens', channels, grid, classToken };
  return [stage, stage, stage, stage];
}
