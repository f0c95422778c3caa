/** The part of `lib/experiments` that notebooks use: `import { experiments } from './lib/experiments/index'`. */
// Every experiment by its name: the rows of a table or figure, each with its recipe.
export { experiments } from './experiments';
// Recipes of the laptop profile: small students, their teachers, the methods of the main tables.
export { student, students, teachers } from './laptop';
export { mainMethods } from './pairs';
export { availableTeacher } from './teachers/availableTeacher';
// The rows at the paper's own size that correspond to published numbers, and their estimated cost.
export {
  atPaperScale,
  columns,
  laptopPair,
  laterColumns,
  paperScale,
  type Column,
  type PaperScale,
} from './paper/counterparts';
export { costMethod } from './paper/paperCost';
