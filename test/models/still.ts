import { Random } from '../../lib/tensor/random';

/**
 * A generator that returns constants, for networks of which only the sizes matter: drawing 100 million numbers takes
 * long.
 */
export class Still extends Random {
  override fork(): Random {
    return this;
  }
  override uniform(): number {
    return 0;
  }
  override normal(): number {
    return 0;
  }
  override truncatedNormal(): number {
    return 0;
  }
}
