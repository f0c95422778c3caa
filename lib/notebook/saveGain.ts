import { UserError } from '../errors';
import { writeAtomic } from '../io/atomic';
import { gainPage } from '../plots/html/gainPage';
import { learningCurves } from '../plots/charts/learningCurves';
import type { Gain } from '../results/gain';
import { renderPicture } from './renderPicture';

/**
 * Writes an HTML page that reports a student's gain. If the curves cannot be rendered, it warns and leaves them out.
 */
export async function saveGain(gain: Gain, file: string): Promise<void> {
  await writeAtomic(file, gainPage(gain, await curves(gain)));
}

async function curves({ scratch, distilled }: Gain): Promise<Buffer | undefined> {
  try {
    return await renderPicture(
      learningCurves([scratch, distilled], { name: ({ row }) => row, title: 'Top-1 on the validation images' }),
      'png',
      2,
    );
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.warn(error.message);
    return undefined;
  }
}
