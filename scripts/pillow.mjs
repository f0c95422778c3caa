import { installPillow } from './pillow/environment.mjs';

/** npm run pillow: installs Pillow, with which tests and fuzzing compare decoded images. */
await installPillow();
