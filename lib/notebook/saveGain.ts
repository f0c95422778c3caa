import { UserError } from '../errors';
import { writeAtomic } from '../io/atomic';
import { gainPage } from '../plots/html/gainPage';
import { learningCurves } from '../plots/charts/learningCurves';
import type { Gain } from '../results/gain';
import { picture } from './picture';

/** Writes the page that says what a student has gained; without the picture, and a warning, where none can be drawn. */
export async function saveGain(gain: Gain, file: string): Promise<void> {
  await writeAtomic(file, gainPage(gain, await curves(gain)));
}

async function curves({ scratch, distilled }: Gain): Promise<Buffer | undefined> {
  try {
    return await picture(
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
