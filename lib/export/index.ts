/** The part of `lib/export` that notebooks use: `import { writeOnnx } from './lib/export/index'`. */
// A trained network with its classes and preprocessing, as an ONNX model.
export { openClassifier, type Classifier } from './classifier';
export { loadExits } from './exits';
export { writeOnnx, type WrittenModel } from './writeOnnx';
// onnxruntime: quantisation to int8, accuracy and latency.
export { hasOnnxruntime } from './onnxruntime/runProgram';
export { quantise } from './onnxruntime/quantise';
export { measureOnnx, type OnnxPerformance } from './onnxruntime/measure';
export { writeImages } from './onnxruntime/writeImages';
