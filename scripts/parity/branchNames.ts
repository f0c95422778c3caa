import type { BranchOptions } from '../../lib/models/branches/exitBranch';

/**
 * The name of an exit branch's parameter in the released code, where a branch is a sequence in which pooling and
 * flattening (for tokens: selecting the class token) are numbered layers before the linear layer.
 */
export function releasedName(path: string, { stage, shape }: Pick<BranchOptions, 'stage' | 'shape'>): string {
  const [part = '', ...rest] = path.split('.');
  const tail = rest.join('.');
  switch (part) {
    case 'body':
      return tail;
    case 'merging':
      return `0.fn.${tail}`;
    case 'blocks':
      return `1.${tail}`;
    default:
      return `${shape.kind === 'spatial' ? Math.max(4 - stage, 1) + 2 : 3}.${tail}`;
  }
}
