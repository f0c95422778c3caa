import { nativeBackend } from '../../engine/native';
import * as tf from '../../engine/tf';

/** TF_UINT8, a type that TensorFlow.js does not have. */
const uint8 = 4;

/**
 * The bytes in the memory of a float32 tensor x [rows, n]; returns [rows, 4 · n], float32 from 0 to 255. In this way
 * images reach the device as bytes. It has no gradient. Throws an Error without the native engine.
 */
export function unpackBytes(x: tf.Tensor2D): tf.Tensor2D {
  const backend = nativeBackend();
  if (!backend) throw new Error('Bytes can be unpacked by the native TensorFlow engine only.');
  const { binding } = backend;
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
  const [bytes] = binding.executeOp(
    'Bitcast',
    [type('T', binding.TF_FLOAT), type('type', uint8)],
    backend.getInputTensorIds([x]),
    1,
  );
  const truncate = { name: 'Truncate', type: binding.TF_ATTR_BOOL, value: false };
  const cast = [type('SrcT', uint8), type('DstT', binding.TF_FLOAT), truncate];
  const [values] = binding.executeOp('Cast', cast, [bytes!.id], 1);
  binding.deleteTensor(bytes!.id);
  const unpacked = backend.createOutputTensor(values!);
  const [rows, width] = x.shape;
  const result = tf.reshape<tf.Rank.R2>(unpacked, [rows, 4 * width]);
  unpacked.dispose();
  return result;
}
