import type { OwnNetworks } from '../../models/own/network';
import { readNetworks } from '../../models/own/readNetworks';
import type { Job } from '../plan/job';

/** Reads the networks of the user that a job names; undefined if it names no file. */
export async function jobNetworks({ networks }: Job): Promise<OwnNetworks | undefined> {
  return networks === undefined ? undefined : readNetworks(networks);
}
