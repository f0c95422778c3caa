import { UserError } from '../../errors';
import { label } from '../escape';
import type { Annotation, Figure, LayoutImage } from './figure';
import { png, type Bitmap } from './png';
import { baseLayout } from './style';

/** An image with its caption. */
export interface Tile extends Bitmap {
  readonly caption: string;
}

export interface ImageGridOptions {
  readonly title?: string;
  /** Number of images in a row. Default 8. */
  readonly columns?: number;
}

/** Side of an image, height of its caption and gap between images, in CSS pixels. */
const side = 64;
const captionHeight = 20;
const gap = 14;

/** Small images in rows with captions below; pixels are drawn as sharp squares. Throws a UserError without images. */
export function imageGrid(tiles: readonly Tile[], { title = '', columns = 8 }: ImageGridOptions = {}): Figure {
  if (tiles.length === 0) throw new UserError('Cannot draw a grid of images without images; pass at least one.');
  const across = Math.min(columns, tiles.length);
  const width = across * (side + gap) - gap;
  const height = Math.ceil(tiles.length / across) * (side + captionHeight);
  const positions = tiles.map((tile, index) => ({
    tile,
    left: ((index % across) * (side + gap)) / width,
    top: 1 - (Math.floor(index / across) * (side + captionHeight)) / height,
  }));
  return {
    data: [],
    layout: {
      ...baseLayout(title, { width: width + 32, height: height + 64 }),
      margin: { l: 16, r: 16, t: 52, b: 12 },
      xaxis: { visible: false },
      yaxis: { visible: false },
      images: positions.map(({ tile, left, top }): LayoutImage => ({
        source: `data:image/png;base64,${png(enlarged(tile)).toString('base64')}`,
        xref: 'paper',
        yref: 'paper',
        x: left,
        y: top,
        sizex: side / width,
        sizey: side / height,
        sizing: 'stretch',
        xanchor: 'left',
        yanchor: 'top',
      })),
      annotations: positions.map(({ tile, left, top }): Annotation => ({
        text: label(tile.caption),
        x: left + side / 2 / width,
        y: top - side / height,
        xref: 'paper',
        yref: 'paper',
        xanchor: 'center',
        yanchor: 'top',
        showarrow: false,
        font: { size: 9 },
      })),
    },
  };
}

/** Repeats each pixel `factor` times in both directions, because browsers blur images that they enlarge. */
function enlarged({ height, width, data }: Bitmap, factor = 3): Bitmap {
  const large = new Uint8Array(height * width * 3 * factor ** 2);
  for (let row = 0, to = 0; row < height * factor; row++) {
    for (let column = 0; column < width * factor; column++, to += 3) {
      const from = (Math.floor(row / factor) * width + Math.floor(column / factor)) * 3;
      large.set(data.subarray(from, from + 3), to);
    }
  }
  return { height: height * factor, width: width * factor, data: large };
}
