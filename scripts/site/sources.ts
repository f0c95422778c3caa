/** What the site is made of: source and place among the pages. */
export const sources: readonly (readonly [string, string])[] = [
  ['README.md', 'index.md'],
  ['README.ko.md', 'README.ko.md'],
  ['docs', 'docs'],
  ['notebooks', 'notebooks'],
  ['data/results', 'data/results'],
  ['lib/losses/ofa.ts', 'lib/losses/ofa.ts'],
  ['lib/methods/methods.ts', 'lib/methods/methods.ts'],
  ['scripts/site/assets', 'assets'],
  ['node_modules/mathjax/es5/tex-svg.js', 'assets/mathjax.js'],
  ['node_modules/iframe-worker/shim/index.js', 'assets/iframe-worker.js'],
  // A notebook's figures refer to the copy beside it.
  ['node_modules/plotly.js-dist/plotly.js', 'notebooks/plotly.js'],
];
