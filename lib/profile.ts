/** The sizes of an experiment or notebook: seconds on made-up images, minutes on CIFAR-100, or the paper's own. */
export const profiles = ['smoke', 'laptop', 'paper'] as const;
export type Profile = (typeof profiles)[number];
