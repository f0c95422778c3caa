/** A group of errors with a common meaning and remedy. */
export interface Group {
  readonly title: string;
  /** Files or path prefixes. If a file matches several groups, the longest prefix applies. */
  readonly places: readonly string[];
  readonly meaning: string;
  readonly remedy: string;
}

export const groups: readonly Group[] = [
  {
    title: 'Setup',
    places: ['scripts/setup'],
    meaning:
      'The machine lacks something, or npm, pip or the compiler failed. Everything that is missing is listed ' +
      'before anything is installed, each with the command that installs it. Required are Node 20.19, Python ' +
      '3.10 with `venv`, and 4 GB of disk (12 GB with CUDA). A missing compiler, or a Python that is too new ' +
      'for TensorFlow, is only a warning: the setup continues with TensorFlow’s older prebuilt binary, which is ' +
      'several times slower.',
    remedy:
      'Install what is listed and run the command again; the setup continues where it stopped. The full output ' +
      'of npm, pip and the compiler is in `build/setup.log`. `npm run setup` repeats steps that fell back, `npm ' +
      'run setup -- --force` repeats all steps, and `npm run doctor` shows what is installed.',
  },
  {
    title: 'Commands',
    places: ['scripts', 'lib/errors.ts'],
    meaning: 'A command received an unknown name, file or number, or a notebook failed.',
    remedy:
      'Choose one of the names in the message. `npm run COMMAND -- --help` lists arguments and options. If a ' +
      'notebook failed, its cell and the error are printed above the message; open it with `npm run lab` and ' +
      'run the cell there.',
  },
  {
    title: 'Comparison with PyTorch’s values',
    places: ['scripts/parity'],
    meaning: 'A file given to `npm run parity` is not a reference file, or is incomplete.',
    remedy:
      'Give JSON files of losses, CKA, networks, branches or training steps, or a folder of them. The message ' +
      'names the invalid place in the file.',
  },
  {
    title: 'Benchmarks',
    places: ['scripts/bench'],
    meaning: 'A benchmark has nothing to time, or the program to compare with failed.',
    remedy:
      '`npm run bench -- compare` needs PyTorch in the given Python. The message contains the last lines of its ' +
      'output.',
  },
  {
    title: 'Export to ONNX',
    places: ['lib/export', 'scripts/export', 'lib/models/branches/branchFile.ts'],
    meaning:
      'The network uses an op that has no translation to ONNX, the weights, exit branches or class names do not fit ' +
      'it, or onnxruntime failed.',
    remedy:
      'The message names the block and the op, or the file. Build the network from `lib/models/layers`, or add a ' +
      'translation as `lib/export/README.md` describes. Exit branches belong to the student of the same training.',
  },
  {
    title: 'Parameters of a notebook',
    places: ['lib/notebook/parameters.ts'],
    meaning: '`OFA_PARAMS` or `OFA_PROFILE` has a value that the notebook cannot use.',
    remedy:
      'Write one JSON object in single quotes, with values of the same types as the defaults: ' +
      '`OFA_PARAMS=\'{"epochs": 2}\' npm start -- distil`.',
  },
  {
    title: 'Pictures',
    places: ['lib/notebook'],
    meaning:
      'The static picture of a figure could not be drawn. In a notebook this is only a warning, and the live ' +
      'figure is still shown.',
    remedy:
      'Pictures are drawn by the project’s Python environment; `npm run setup` repairs it. File names end in ' +
      '.png, .svg or .html.',
  },
  {
    title: 'Figures and tables',
    places: ['lib/plots'],
    meaning:
      'The values given to a figure or table are inconsistent: lists of different lengths, duplicate names, no ' +
      'data, or an invalid link.',
    remedy:
      'Give one value for each position, and null for missing values. Links are web addresses or relative ' + 'paths.',
  },
  {
    title: 'Downloads',
    places: ['lib/io/download/download.ts', 'lib/io/download/http.ts', 'lib/io/download/partFile.ts'],
    meaning:
      'A file could not be downloaded, or does not have the expected content. Only https is used. Every file is ' +
      'checked by SHA-256 and stored only if it is correct.',
    remedy:
      'Check the network and run the command again; the download resumes. You can also download the file ' +
      'yourself and put it where the message states (for CIFAR-100: ' +
      '`CIFAR100_ARCHIVE=/path/to/cifar-100-binary.tar.gz`).',
  },
  {
    title: 'The Hugging Face hub',
    places: ['lib/io/download/huggingFace.ts'],
    meaning: 'A repository or one of its files does not exist, is not public, or has no checksum.',
    remedy:
      'Check the name (`owner/name` or `owner/name@revision`) and `HF_ENDPOINT`. A file that you downloaded ' +
      'yourself can be given by its path.',
  },
  {
    title: 'Archives',
    places: ['lib/io/tar/readTar'],
    meaning:
      'A tar archive is truncated, damaged, too large, or contains entries that an archive of images does not ' +
      'need: links, devices, or paths outside its folder. Nothing was extracted.',
    remedy:
      'Download it again from its source. To make shards of your own images, pack plain files without ' +
      'compression (`tar cf`).',
  },
  {
    title: 'Weights',
    places: [
      'lib/io/safetensors/safetensors',
      'lib/models/weights/pretrained.ts',
      'lib/models/weights/weights.ts',
      'lib/models/weights/trained.ts',
      'lib/models/weights/swinWeights.ts',
    ],
    meaning: 'A file of weights is damaged, is a pickle, or has other tensors than the network. None of it was used.',
    remedy:
      'Use the file of this network in safetensors format; [weights.md](weights.md) shows how to convert one. ' +
      'The message names the first tensors that differ.',
  },
  {
    title: 'Files and disks',
    places: ['lib/io'],
    meaning:
      'A file cannot be read or written: it does not exist, access is denied, the disk is full or read-only, or ' +
      'a line is not valid JSON. Files are written atomically, so the earlier content is intact.',
    remedy:
      'Free disk space, or correct the path or the access rights. An invalid line is named by file and number: ' +
      'repair or remove it.',
  },
  {
    title: 'CIFAR-100',
    places: ['lib/data/datasets/cifar100'],
    meaning: 'The archive is not the binary version of CIFAR-100, is truncated, or is damaged.',
    remedy:
      'Download `cifar-100-binary.tar.gz` again (161 MB), not the Python or MATLAB version. `npm start` ' +
      'downloads it if you remove `data/downloads/`.',
  },
  {
    title: 'Your own images',
    places: ['lib/data'],
    meaning:
      'A folder or archive of images does not have the expected layout, or too many images cannot be read. ' +
      'Single unreadable images are skipped, named in the log and counted in the record.',
    remedy:
      'Use a folder with one folder per class (`train/cat/1.jpg`), or tar shards of `NAME.jpg` with `NAME.cls`. ' +
      'The message names the first invalid files.',
  },
  {
    title: 'Networks',
    places: ['lib/models'],
    meaning: 'A network is unknown, or cannot be built for this image size or number of classes.',
    remedy: 'Choose one of the names or image sizes in the message.',
  },
  {
    title: 'The engine',
    places: ['lib/tensor', 'lib/reference'],
    meaning: 'An operation is not supported by the engine, or its shapes do not match.',
    remedy: '`npm run doctor` shows which engine is used; `npm run setup` tries to install the full one again.',
  },
  {
    title: 'Losses',
    places: ['lib/losses'],
    meaning: 'The tensors of student and teacher do not match, or a parameter of a loss is out of range.',
    remedy:
      'Use the same batch and the same classes for both. Relational losses (RKD, CC, CRD, RSD) need a batch of ' +
      'several examples, and CRD needs several classes.',
  },
  {
    title: 'Methods',
    places: ['lib/methods'],
    meaning: 'The options of a distillation method are out of range, or the teacher is missing.',
    remedy:
      'All errors are listed together. The defaults, with their sources, are in the method’s file in ' +
      '`lib/methods`.',
  },
  {
    title: 'CKA',
    places: ['lib/similarity'],
    meaning:
      'Layers cannot be compared: the examples differ, there are too few, or values are NaN or infinite. An ' +
      'undefined similarity (a layer with constant output) is not an error; its cell is empty.',
    remedy:
      'Use the same images for both networks, at least four per batch. Check images and weights for values that ' +
      'are not finite.',
  },
  {
    title: 'Recipes and training',
    places: ['lib/training'],
    meaning:
      'A recipe is invalid (all errors are listed), or a loss became NaN or infinite. In the second case, ' +
      'training stops at that step, and the last checkpoint is from an earlier step.',
    remedy:
      'Correct the recipe. If training diverges, use a lower learning rate, `clipNorm`, a smaller weight of the ' +
      'loss part in the message, or for OFA a smaller ε, as the paper’s author recommends.',
  },
  {
    title: 'Analysis',
    places: ['lib/analysis'],
    meaning:
      'A trained network cannot be analysed with these settings: the method has no exit branches, or there are too ' +
      'few images or epochs.',
    remedy: 'Use a method with exit branches, such as OFA, and the number of images and epochs that the message names.',
  },
  {
    title: 'Checkpoints',
    places: ['lib/training/checkpoint/checkpoint.ts'],
    meaning:
      'A run cannot be resumed from the files in its folder: they are damaged, belong to another recipe, or ' +
      'were written by an older version of this project.',
    remedy: 'Remove the folder that the message names to start the run again. If one checkpoint is valid, it is used.',
  },
  {
    title: 'Records',
    places: ['lib/results'],
    meaning: 'A record or a table of published numbers does not contain the requested entry.',
    remedy: 'Choose a name in the message. `npm run experiment -- status NAME` shows which runs have records.',
  },
  {
    title: 'Runs',
    places: ['lib/runs', 'lib/experiments'],
    meaning:
      'A plan or run cannot be resumed: its recipe, images or number of threads changed, its input weights are ' +
      'missing or were replaced, or another process is working on it. Exit code 75 is not an error: the run is ' +
      'paused with a checkpoint, and the same command resumes it.',
    remedy:
      'Follow the message. Results are bitwise identical for one number of threads only, so keep ' +
      '`TF_NUM_INTRAOP_THREADS`. Create a new plan instead of editing one.',
  },
  {
    title: 'Clusters',
    places: ['lib/runs/schedulers/slurm.ts', 'lib/runs/schedulers/ray.ts', 'lib/runs/schedulers/kubernetes.ts'],
    meaning: 'Slurm, Ray or Kubernetes is not available or rejected the job; the message contains its output.',
    remedy:
      'Run the command on a login node, or give `--address`. Nothing was started twice: run the command again, ' +
      'and finished jobs are skipped.',
  },
];

/** Returns the group whose longest path prefix matches a file, or undefined. */
export function groupOf(file: string): Group | undefined {
  const matches = groups.flatMap((group) =>
    group.places.filter((place) => file.startsWith(place)).map((place) => ({ group, place })),
  );
  return matches.sort((a, b) => b.place.length - a.place.length)[0]?.group;
}
