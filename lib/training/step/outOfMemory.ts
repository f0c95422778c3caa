import { UserError } from '../../errors';

const allocationFailed = /OOM when allocating|Array buffer allocation failed|std::bad_alloc/;

/** Explains an allocation error of TensorFlow or V8 as a UserError; returns other errors unchanged. */
export function explainOutOfMemory(error: unknown, images: number): unknown {
  if (!(error instanceof Error) || !allocationFailed.test(error.message)) return error;
  const shape = /tensor with shape(\[[\d,]*\])/.exec(error.message)?.[1];
  const where = shape === undefined ? '' : ` (an array of ${shape} was too much)`;
  return new UserError(
    `There is not enough memory for a step of ${images} images at a time${where}. ` +
      'The weights of the last checkpoint are kept. ' +
      'Set accumulation to a divisor of batchSize to see fewer at a time, or make batchSize smaller.',
    { cause: error },
  );
}
