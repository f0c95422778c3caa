/**
 * The size of an experiment or notebook. `smoke`: seconds, on synthetic images; `laptop`: minutes to hours, on
 * CIFAR-100 at 32 px; `paper`: the published sizes, for GPUs.
 */
export const profiles = ['smoke', 'laptop', 'paper'] as const;
export type Profile = (typeof profiles)[number];
