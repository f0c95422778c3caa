import { chanceOfImages } from '../gain';
import { listText } from './sentences';

/** The exits of one student, from the first branch to its own classifier. */
export interface StudentExits {
  readonly name: string;
  /** Top-1 of each exit in per cent; the last is the student's own classifier. */
  readonly top1: readonly number[];
  /** Early exit at several thresholds: top-1 in per cent and mean cost in multiply-adds. */
  readonly earlyExit: readonly { readonly cost: number; readonly top1: number }[];
}

/** The best top-1 of early exit that costs at most `limit` multiply-adds; 0 if no threshold does. */
export function bestWithin(earlyExit: StudentExits['earlyExit'], limit: number): number {
  return Math.max(0, ...earlyExit.filter(({ cost }) => cost <= limit).map(({ top1 }) => top1));
}

/** The largest difference between two students' exits that is explained by the choice of test images, in points. */
export function chanceOfExits(students: readonly StudentExits[], images: number): number {
  const [a, b = a] = students;
  return Math.max(...a!.top1.map((top1, exit) => chanceOfImages([top1, b!.top1[exit]!], images)));
}

/** What does each stage know? `cost` is that of the student without branches, in multiply-adds. */
export function branchAccuracyAnswer(students: readonly StudentExits[], cost: number, images: number): string {
  const exits = students.map(({ name, top1 }) => {
    const branches = top1.slice(0, -1).map((value) => value.toFixed(1));
    return `${listText(branches)} % for ${name}, whose own classifier reaches ${top1.at(-1)!.toFixed(1)} %`;
  });
  const best = students.map(({ earlyExit }) => bestWithin(earlyExit, cost));
  const bestText = listText(best.map((top1) => top1.toFixed(1)));
  const pays = students.some(({ top1 }, i) => best[i]! >= top1.at(-1)!);
  return (
    `From first to last, the branches reach ${exits.join('; and ')}. ` +
    `Early exit ${pays ? 'can pay off' : 'does not pay off'}: ` +
    `at the cost of the student without branches it reaches at most ${bestText} %. ` +
    `Differences below ${chanceOfExits(students, images).toFixed(1)} points may be chance.`
  );
}
