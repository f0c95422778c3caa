// The tslab kernel as Jupyter starts it: at the project's root, from where notebooks import './lib/…'.
import { createRequire } from 'node:module';
import { inProject, root } from './setup/project.mjs';

process.chdir(root);
const require = createRequire(import.meta.url);
const { startKernel } = require(inProject('node_modules', 'tslab', 'dist', 'main.js'));
startKernel({ configPath: process.argv[2], enableFindLocal: false, jsKernel: false, globalVersion: '' });
