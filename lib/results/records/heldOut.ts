import { setting } from '../setting';
import type { RunRecord } from './record';

/** Whether the accuracies of a run are those on training images that were held out, as in a search for settings. */
export const isHeldOut = (record: RunRecord): boolean => setting(record, 'data.heldOut') !== undefined;
