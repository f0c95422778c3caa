/** TensorFlow.js: its API and types from tfjs-core, its engine loaded by `backend.ts`. Everything of ours imports tf from here. */
import './backend';

export * from '@tensorflow/tfjs-core';
