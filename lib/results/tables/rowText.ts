import { methodName } from '../methodName';
import { methodKey, pairText, type RecordedRow } from './recordedRows';

/** A row in words: its networks and its method, as `resnet_24 → vit_64, OFA`, or `vit_64, from scratch`. */
export function rowText({ recipe }: Pick<RecordedRow, 'recipe'>): string {
  const { teacher, student } = recipe;
  return teacher
    ? `${pairText({ teacher: teacher.model, student })}, ${methodName(methodKey(recipe))}`
    : `${student}, from scratch`;
}
