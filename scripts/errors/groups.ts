/** Errors of one kind: what they mean together and what to do. */
export interface Group {
  readonly title: string;
  /** Files, or beginnings of their paths; of two groups the one with the longer beginning has the file. */
  readonly places: readonly string[];
  readonly meaning: string;
  readonly cure: string;
}

export const groups: readonly Group[] = [
  {
    title: 'Setting up',
    places: ['scripts/setup'],
    meaning:
      'The machine lacks something, or npm, pip or the compiler failed. What is missing is listed all at once, before anything is installed, each line with the command that installs it (Node 20.19, Python 3.10 with `venv`, 4 GB of disk; 12 GB with CUDA). A missing compiler or a Python too new for TensorFlow is only a warning: set-up goes on with TensorFlow’s older ready-made binary, several times slower.',
    cure: 'Do what the line says and run the same command again: set-up goes on where it stopped. All that npm, pip and the compiler said is in `build/setup.log`. `npm run setup` tries again what fell back to less, `npm run setup -- --force` does all of it anew, and `npm run doctor` says what is in use.',
  },
  {
    title: 'Commands',
    places: ['scripts', 'lib/errors.ts'],
    meaning: 'A command was given a name, a file or a number that it does not know, or a notebook failed.',
    cure: 'The message names the nearest ones, or what there is. `npm run COMMAND -- --help` lists arguments and options. Of a failed notebook the cell and its error stand above the message; open it with `npm run lab` and run it there.',
  },
  {
    title: 'Comparing with PyTorch’s numbers',
    places: ['scripts/parity'],
    meaning: 'A file given to `npm run parity` is no reference file, or is not whole.',
    cure: 'Give JSON files of losses, CKA, networks, branches or training steps, or a folder of them; the message names the place in the file that does not fit.',
  },
  {
    title: 'Timing',
    places: ['scripts/bench'],
    meaning: 'A benchmark has nothing to time, or the program it compares with failed.',
    cure: 'For `npm run bench -- compare`, PyTorch is needed in the Python that is named; the last lines of its output are in the message.',
  },
  {
    title: 'Parameters of a notebook',
    places: ['lib/notebook/parameters.ts'],
    meaning: '`OFA_PARAMS` or `OFA_PROFILE` holds something that the notebook cannot use.',
    cure: 'Write one JSON object in single quotes, each value like its default: `OFA_PARAMS=\'{"epochs": 2}\' npm start -- distil`.',
  },
  {
    title: 'Pictures',
    places: ['lib/notebook'],
    meaning:
      'The static picture of a figure could not be drawn. In a notebook this is a warning only: the live figure is still shown.',
    cure: 'Pictures are drawn by the project’s own Python: `npm run setup` puts it in place. Files end in .png, .svg or .html.',
  },
  {
    title: 'Figures and tables',
    places: ['lib/plots'],
    meaning:
      'The values given to a figure or table do not fit each other: lists of different lengths, names that stand twice, nothing to draw, or a link that is no link.',
    cure: 'Give one value for each place, and null where there is none. Links are web addresses or relative paths.',
  },
  {
    title: 'Downloads',
    places: ['lib/io/download/download.ts', 'lib/io/download/http.ts', 'lib/io/download/partFile.ts'],
    meaning:
      'A file could not be fetched, or is not the one we want. Only https is used; every file is checked by SHA-256 and put in its place only when it is right.',
    cure: 'Check the network and run it again: it resumes where it was cut. Or fetch the file another way and put it where the message says (for CIFAR-100: `CIFAR100_ARCHIVE=/path/to/cifar-100-binary.tar.gz`).',
  },
  {
    title: 'The Hugging Face hub',
    places: ['lib/io/download/huggingFace.ts'],
    meaning: 'A repository or a file of it is not there, is not public, or comes without a checksum.',
    cure: 'Check the name (`owner/name` or `owner/name@revision`) and `HF_ENDPOINT`; a file downloaded by other means can be given by its path.',
  },
  {
    title: 'Archives',
    places: ['lib/io/tar'],
    meaning:
      'A tar archive is cut, damaged, larger than it should be, or holds what no archive of images needs: links, devices, names that lead out of its folder. Nothing of it was written.',
    cure: 'Fetch it again from its source. Make one’s own shards of plain files, uncompressed (`tar cf`).',
  },
  {
    title: 'Weights',
    places: [
      'lib/io/safetensors',
      'lib/models/weights/pretrained.ts',
      'lib/models/weights/weights.ts',
      'lib/models/weights/trained.ts',
      'lib/models/weights/swinWeights.ts',
    ],
    meaning:
      'A file of weights is damaged, is a pickle, or holds other tensors than the network has. Nothing of it was used.',
    cure: 'Take the file of that very network in safetensors; [weights.md](weights.md) shows how to convert one. The message names the first tensors that differ.',
  },
  {
    title: 'Files and disks',
    places: ['lib/io'],
    meaning:
      'A file cannot be read or written: not there, no right to it, disk full or read-only, or a line that is no JSON. Files are written whole or not at all, so what was there before is still there.',
    cure: 'Make room, or correct the path or the rights. A line that cannot be understood is named by file and number: repair or remove it.',
  },
  {
    title: 'CIFAR-100',
    places: ['lib/data/cifar'],
    meaning: 'The archive is not CIFAR-100’s binary one, is cut, or is damaged.',
    cure: 'Fetch `cifar-100-binary.tar.gz` again (161 MB; remove `data/downloads/` to have `npm start` do it), and not the Python or MATLAB version.',
  },
  {
    title: 'Images of one’s own',
    places: ['lib/data'],
    meaning:
      'A folder or archive of images does not have the expected form, or too many of its images cannot be read. Single images that cannot be read are left out, named in the log and counted in the record.',
    cure: 'A folder of one folder a class (`train/cat/1.jpg`), or tar shards of `NAME.jpg` with `NAME.cls`. The message names the first files that do not fit.',
  },
  {
    title: 'Networks',
    places: ['lib/models'],
    meaning: 'A network is not known, or cannot be built for this size of image or number of classes.',
    cure: 'Take one of the nearest names, and an image size that the message offers.',
  },
  {
    title: 'The engine',
    places: ['lib/tensor', 'lib/reference'],
    meaning: 'A computation was asked for that the engine does not have, or on shapes that do not fit.',
    cure: '`npm run doctor` says which engine is in use; `npm run setup` tries again for the full one.',
  },
  {
    title: 'Losses',
    places: ['lib/losses'],
    meaning: 'Student and teacher give tensors that cannot be compared, or a loss’s number is out of its range.',
    cure: 'Let both see the same batch and the same classes; relational losses (RKD, CC, CRD, RSD) need a batch of several examples, and CRD several classes.',
  },
  {
    title: 'Methods',
    places: ['lib/methods'],
    meaning: 'The options of a distillation method are out of range, or a teacher is missing.',
    cure: 'All faults are listed at once. The defaults, with their sources, stand in the method’s file in `lib/methods`.',
  },
  {
    title: 'CKA',
    places: ['lib/similarity'],
    meaning:
      'Layers cannot be compared: other examples, too few of them, or values that are NaN or infinite. An undefined similarity (a layer that does not vary) is no error: its cell stays empty.',
    cure: 'Show both networks the same images, at least four a batch. Look for values that are not finite in images and weights.',
  },
  {
    title: 'Recipes and training',
    places: ['lib/training'],
    meaning:
      'A recipe has faults (all are listed), or a loss became NaN or infinite: training stops at that step, and the last checkpoint is from before it.',
    cure: 'Correct the recipe. Against divergence: a lower learning rate, `clipNorm`, a smaller weight of the loss part that the message names, or for OFA a smaller ε, as the paper’s author advises.',
  },
  {
    title: 'Checkpoints',
    places: ['lib/training/checkpoint.ts'],
    meaning:
      'A run cannot go on from what lies in its folder: damaged, of another recipe, or of an older version of this project.',
    cure: 'Remove the folder that the message names, and the run begins anew. With one good checkpoint among them, that one is taken.',
  },
  {
    title: 'Records',
    places: ['lib/results'],
    meaning: 'A record or a table of published numbers does not hold what is asked for.',
    cure: 'Take a name that the message offers; `npm run experiment -- status NAME` says which runs have records.',
  },
  {
    title: 'Runs',
    places: ['lib/runs', 'lib/experiments'],
    meaning:
      'A plan or run cannot go on as it was begun: its recipe, images or number of threads changed, weights that it was given are missing or were replaced, or another process is at work on it. The exit code 75 is no error: it means “stopped with a checkpoint, run me again”.',
    cure: 'Do what the message says. Results are the same bit by bit for one number of threads only, so keep `TF_NUM_INTRAOP_THREADS`; plan anew rather than editing a plan.',
  },
  {
    title: 'Clusters',
    places: ['lib/runs/schedulers/slurm.ts', 'lib/runs/schedulers/ray.ts', 'lib/runs/schedulers/kubernetes.ts'],
    meaning: 'Slurm, Ray or Kubernetes is not there or refuses the job; its own words are in the message.',
    cure: 'Run the command on a login node, or give `--address`. Nothing was started twice: run it again, and finished jobs are passed over.',
  },
];

/** The group of a file: of those with a place that its path begins with, the one with the longest. */
export function groupOf(file: string): Group | undefined {
  const fit = groups.flatMap((group) =>
    group.places.filter((place) => file.startsWith(place)).map((place) => ({ group, place })),
  );
  return fit.sort((a, b) => b.place.length - a.place.length)[0]?.group;
}
