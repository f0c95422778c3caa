import { familySimilarity } from '../claims/familySimilarity';
import { judge, type Judgement } from '../claims/judge';
import type { CalibratedRecord } from '../records/calibratedRecord';
import { groupBy } from '../statistics/groupBy';
import { meanOf } from '../statistics/summary';

/** One measure on trained networks, or on the same networks with random weights as a control. */
export interface CalibratedFamilies {
  readonly measure: string;
  readonly weights: 'trained' | 'random';
  /** Pairs of networks of one family. */
  readonly within: DepthMeans;
  /** Pairs of networks of different families. */
  readonly across: DepthMeans;
  /** Whether the calibrated score is higher within each family than across families. */
  readonly judgement: Judgement;
}

/** Means over layers at equal relative depth, then over pairs of networks and samples of images. */
export interface DepthMeans {
  readonly observed: number;
  /** Calibrated: 0 where nothing beyond chance was found, 1 for equal layers. */
  readonly score: number;
  /** Share of layers with a similarity above chance. */
  readonly above: number;
}

/** The families of the paper: a claim about each needs a pair of networks of each. */
const families = 3;

/** Calibrated similarity within and across families, by measure; trained networks before random ones. */
export function calibratedFamilies(records: readonly CalibratedRecord[]): CalibratedFamilies[] {
  const defined = records.flatMap((record) =>
    record.likeDepth && record.dataset === 'cifar-100' && record.a.network !== record.b.network
      ? [{ ...record, depth: record.likeDepth }]
      : [],
  );
  const groups = [...groupBy(defined, ({ title, ...one }) => `${title} ${isTrained(one)}`).values()];
  const rows = groups.flatMap((group): CalibratedFamilies[] => {
    const within = group.filter(({ a, b }) => a.family === b.family);
    const across = group.filter(({ a, b }) => a.family !== b.family);
    if (within.length === 0 || across.length === 0) return [];
    const means = (of: typeof group): DepthMeans => ({
      observed: meanOf(of.map(({ depth }) => depth.observed)),
      score: meanOf(of.map(({ depth }) => depth.score)),
      above: meanOf(of.map(({ depth }) => depth.above)),
    });
    return [
      {
        measure: group[0]!.title,
        weights: isTrained(group[0]!) ? 'trained' : 'random',
        within: means(within),
        across: means(across),
        judgement: judge(
          familySimilarity(group, ({ depth }) => depth.score),
          'each',
          families,
        ),
      },
    ];
  });
  return [...rows].sort((a, b) => Number(a.weights === 'random') - Number(b.weights === 'random'));
}

/** Does "networks of one family are similar, networks of different families are not" survive calibration? */
export function calibratedAnswer(rows: readonly CalibratedFamilies[]): string {
  const trained = rows.filter(({ weights }) => weights === 'trained');
  const random = rows.filter(({ weights }) => weights === 'random');
  if (trained.length === 0) return 'Calibrated similarities are not recorded yet: npm run similarity -- calibrate.';
  return [...verdictSentences(trained), differentSentence(trained), ...controlSentence(random)].join(' ');
}

/** One sentence for each verdict, with the measures that reach it. */
function verdictSentences(trained: readonly CalibratedFamilies[]): string[] {
  return [...groupBy(trained, ({ judgement }) => judgement.verdict)].map(([, rows]) => {
    const outcome = {
      holds: 'is higher within every family',
      'does not hold': 'is not higher within every family',
      'undecided at this scale': 'is not shown to be higher within every family',
    }[rows[0]!.judgement.verdict];
    const values = rows.map(
      ({ measure, within, across }, k) =>
        `${within.score.toFixed(2)}${k === 0 ? ' within families' : ''} and ` +
        `${across.score.toFixed(2)}${k === 0 ? ' across them' : ''} by ${measure}`,
    );
    return `After calibration, similarity at equal depth ${outcome}: ${values.join(', ')}.`;
  });
}

/** Whether networks of different families are unlike, or only less similar. */
function differentSentence(trained: readonly CalibratedFamilies[]): string {
  const percent = trained.map(({ across }) => `${(100 * across.above).toFixed(0)} %`);
  const isOne = new Set(percent).size === 1;
  const shares = isOne ? percent[0]! : trained.map(({ measure }, k) => `${percent[k]} (by ${measure})`).join(' and ');
  const isAlike = trained.every(({ across }) => across.above > 0.5);
  return (
    `Across families, ${shares} of the layers are more similar than chance explains` +
    (isAlike ? ', so different families are less similar, but not unlike.' : '.')
  );
}

function controlSentence(random: readonly CalibratedFamilies[]): string[] {
  if (random.length === 0) return [];
  const texts = random.map(
    ({ measure, within, across }) =>
      `${within.score.toFixed(2)} within and ${across.score.toFixed(2)} across families by ${measure}`,
  );
  return [`With random weights, the calibrated values are ${texts.join(', ')}.`];
}

const isTrained = ({ a, b }: Pick<CalibratedRecord, 'a' | 'b'>): boolean => Boolean(a.weights && b.weights);
