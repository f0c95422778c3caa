import { UserError } from '../../errors';

/** TensorFlow's or V8's word for memory that is not there, in ours; other errors as they are. */
export function memoryFault(error: unknown, images: number): unknown {
  if (!(
    error instanceof Error && /OOM when allocating|Array buffer allocation failed|std::bad_alloc/.test(error.message)
  ))
    return error;
  const shape = /tensor with shape(\[[\d,]*\])/.exec(error.message)?.[1];
  return new UserError(
    `There is not enough memory for a step of ${images} images at a time${shape === undefined ? '' : ` (an array of ${shape} was too much)`}. ` +
      'The weights of the last checkpoint are kept. Set accumulation to a divisor of batchSize to see fewer at a time, or make batchSize smaller.',
    { cause: error },
  );
}
