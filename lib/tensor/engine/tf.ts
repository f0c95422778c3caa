/** TensorFlow.js: API and types of tfjs-core, with the backend that `backend.ts` loads. Import `tf` from here only. */
import './backend';

export * from '@tensorflow/tfjs-core';
