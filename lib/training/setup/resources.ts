import type { Dataset } from '../../data/datasets/dataset';
import type { UserError } from '../../errors';
import type { Model } from '../../models/model';
import type { OwnParts } from '../recipe/ownParts';
import type { TeacherCache } from '../teacher/teacherCache';

/** What a run needs besides its recipe. */
export interface Resources extends OwnParts {
  readonly train: Dataset;
  readonly test: Dataset;
  /** Frozen. The caller sets its precision and frees it. */
  readonly teacher?: Model;
  /** The class that the teacher predicts for each test image [images], if it is already known. */
  readonly teacherPredictions?: Int32Array;
  /** The teacher's outputs on the batches of this run. */
  readonly teacherCache?: TeacherCache;
}

/** Resources that are not checked yet. If the teacher could not be loaded, the error takes its place. */
export type CandidateResources = Omit<Resources, 'teacher'> & { readonly teacher?: Model | UserError };
