import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { mainMethods } from '../lib/experiments/pairs';
import { disposeModule } from '../lib/models/parameter';
import { createModel } from '../lib/models/zoo';
import { ledger } from '../lib/results/claims';
import { readRecords } from '../lib/results/read';
import { readSimilarities } from '../lib/results/similarityRecord';
import { Random } from '../lib/tensor/random';
import { run } from './cli/run';

/** npm run -s claims: the paper's claims and what our records say of each, one JSON object a line. */
const command = new Command('npm run -s claims --')
  .description('Prints each claim of the paper with our verdict, effect in points of top-1, 95 % interval over seeds, and number of seeds.')
  .option('--results <folder>', 'where the records are', path.join('data', 'results'))
  .action(async ({ results }: { readonly results: string }) => {
    const families = new Map<string, string>();
    const family = (network: string): string => {
      const known = families.get(network);
      if (known !== undefined) return known;
      const model = createModel(network, { classes: 2 }, new Random(0));
      disposeModule(model);
      families.set(network, model.family);
      return model.family;
    };
    const runs = existsSync(results) ? await readRecords(results) : [];
    const similarities = await readSimilarities(path.join(results, 'similarity', 'cka.jsonl'));
    for (const finding of ledger({ runs, similarities, family, exponent: mainMethods.ofa.exponent })) console.log(JSON.stringify(finding));
  });

void run(command);
