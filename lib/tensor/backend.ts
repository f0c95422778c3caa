import util from 'node:util';

// Node 23 dropped util.isNullOrUndefined, which tfjs-node 4.22 still calls (tensorflow/tfjs#8425).
if (!('isNullOrUndefined' in util)) Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });

require('@tensorflow/tfjs-node');
