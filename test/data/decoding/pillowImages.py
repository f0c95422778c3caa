"""Writes images of many kinds to OUT, and beside each what Pillow's convert('RGB') makes of it.

python pillowImages.py OUT

images.json lists them: name, size, and `tolerance`, the largest accepted difference, of at most 1 on average.
Samples of 16 bits are expected as their high byte, where Pillow clips them; floats are scaled from their stated range.
"""

import io
import json
import os
import random
import struct
import sys
import zlib

from PIL import Image

out = sys.argv[1]
images = []
WIDTH, HEIGHT = 37, 29
noise = random.Random(0)


def picture(mode="RGB", size=(WIDTH, HEIGHT)):
    """A smooth picture with noise."""
    width, height = size
    pixels = bytearray()
    for y in range(height):
        for x in range(width):
            for value in (x * 255 // width, y * 255 // height, (x * 5 + y * 3) % 256):
                pixels.append(max(0, min(255, value + noise.randrange(-20, 21))))
    return Image.frombytes("RGB", size, bytes(pixels)).convert(mode)


def add(name, data, expected=None, tolerance=0):
    """Adds an image; `expected` replaces Pillow's pixels."""
    if expected is None:
        expected = Image.open(io.BytesIO(data)).convert("RGB")
    with open(os.path.join(out, name), "wb") as file:
        file.write(data)
    with open(os.path.join(out, name + ".rgb"), "wb") as file:
        file.write(expected.tobytes())
    images.append({"name": name, "width": expected.width, "height": expected.height, "tolerance": tolerance})


def save(name, image, tolerance=0, expected=None, **options):
    buffer = io.BytesIO()
    kinds = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF", "ppm": "PPM", "pgm": "PPM"}
    image.save(buffer, kinds[name.rsplit(".", 1)[1]], **options)
    add(name, buffer.getvalue(), expected, tolerance)


def with_alpha(mode):
    image = picture(mode)
    image.putalpha(Image.frombytes("L", image.size, bytes(i * 7 % 256 for i in range(WIDTH * HEIGHT))))
    return image


def deep():
    """Random 16-bit samples."""
    return [noise.randrange(65536) for _ in range(WIDTH * HEIGHT * 4)]


def rgb_of(values):
    """RGB from 8-bit samples, three for each pixel."""
    return Image.frombytes("RGB", (WIDTH, HEIGHT), bytes(values))


def grey_of(values):
    return Image.frombytes("L", (WIDTH, HEIGHT), bytes(values)).convert("RGB")


# JPEG
for mode in ("L", "RGB", "CMYK"):
    save(f"jpeg-{mode}.jpg", picture(mode), quality=90)
    save(f"jpeg-{mode}-progressive.jpg", picture(mode), quality=70, progressive=True)
for subsampling in (0, 1, 2):
    save(f"jpeg-subsampling-{subsampling}.jpg", picture(), subsampling=subsampling, quality=85)
save("jpeg-keep-rgb.jpg", picture(), keep_rgb=True)
save("jpeg-restarts.jpg", picture(), restart_marker_blocks=2)
save("jpeg-trailer.jpg", picture())
with open(os.path.join(out, "jpeg-trailer.jpg"), "ab") as file:
    file.write(b"maker's trailer" * 9)
# The same samples as YCCK: the transform of the marker that Adobe adds.
buffer = io.BytesIO()
picture("CMYK").save(buffer, "JPEG", quality=90)
adobe = buffer.getvalue().index(b"Adobe") + 11
add("jpeg-YCCK.jpg", buffer.getvalue()[:adobe] + b"\x02" + buffer.getvalue()[adobe + 1 :])
for orientation in (1, 3, 6, 8):
    exif = Image.Exif()
    exif[0x112] = orientation
    save(f"jpeg-orientation-{orientation}.jpg", picture(), exif=exif)
    save(f"png-orientation-{orientation}.png", picture(), exif=exif)
    save(f"webp-orientation-{orientation}.webp", picture(), lossless=True, exif=exif)

# PNG
for mode in ("1", "L", "P", "RGB"):
    save(f"png-{mode}.png", picture(mode))
for mode in ("L", "RGB"):
    save(f"png-{mode}-alpha.png", with_alpha(mode))
    save(f"png-{mode}-transparent.png", picture(mode), transparency=130 if mode == "L" else (10, 20, 30))
for colours in (2, 4, 16, 200):
    palette = picture().quantize(colours)
    save(f"png-palette-{colours}.png", palette)
    save(f"png-palette-{colours}-transparent.png", palette, transparency=bytes([0, 128] * (colours // 2)))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(colour, depth, rows, extra=b"", interlace=0):
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlace)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def packed(depth, channels=1):
    """Rows of random samples of `depth` bits."""
    row_bytes = (WIDTH * channels * depth + 7) // 8
    return [bytes(noise.randrange(256) for _ in range(row_bytes)) for _ in range(HEIGHT)]


def high_bytes(rows, channels, used):
    """The high bytes of the first `used` of `channels` 16-bit samples, most significant byte first."""
    return [
        row[2 * (x * channels + c)] for row in rows for x in range(WIDTH) for c in range(used)
    ]


for depth in (1, 2, 4, 8):
    add(f"png-grey-{depth}.png", png(0, depth, packed(depth)))
for colour, channels, name in ((0, 1, "grey"), (2, 3, "rgb"), (4, 2, "grey-alpha"), (6, 4, "rgb-alpha")):
    rows = packed(16, channels)
    used = 1 if channels < 3 else 3
    of = grey_of if used == 1 else rgb_of
    add(f"png-16-{name}.png", png(colour, 16, rows), of(high_bytes(rows, channels, used)))
add("png-gamma.png", png(2, 8, packed(8, 3), chunk(b"gAMA", struct.pack(">I", 20000))))
buffer = io.BytesIO()
picture().save(buffer, "PNG", save_all=True, append_images=[picture(), picture()], duration=50)
add("png-animated.png", buffer.getvalue())


def interlaced(mode="RGB"):
    """The seven passes of an interlaced PNG of 8 bits."""
    image = picture() if mode == "RGB" else with_alpha(mode[:-1])
    colours = {"RGB": 2, "LA": 4, "RGBA": 6}
    rows = []
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    for x0, y0, dx, dy in passes:
        for y in range(y0, HEIGHT, dy):
            rows.append(b"".join(bytes(image.getpixel((x, y))) for x in range(x0, WIDTH, dx)))
    return png(colours[mode], 8, rows, interlace=1)


for mode in ("RGB", "LA", "RGBA"):
    add(f"png-interlaced-{mode}.png", interlaced(mode))
rows = [bytes(v % 4 for v in row) for row in packed(8)]
add("png-palette-of-4.png", png(3, 8, rows, chunk(b"PLTE", bytes(range(12)))))
rows = packed(16)
add("png-16-grey-transparent.png", png(0, 16, rows, chunk(b"tRNS", rows[0][:2])), grey_of(high_bytes(rows, 1, 1)))
# The default image is not a frame of the animation.
buffer = io.BytesIO()
picture().save(buffer, "PNG", save_all=True, append_images=[picture(), picture()], default_image=True)
add("png-animated-default.png", buffer.getvalue())

# WebP
save("webp-lossy.webp", picture(), quality=80)
save("webp-lossless.webp", picture(), lossless=True)
save("webp-lossy-alpha.webp", with_alpha("RGB"), quality=80)
save("webp-lossless-alpha.webp", with_alpha("RGB"), lossless=True, exact=True)
frames = [picture(), picture()]
save("webp-animated.webp", frames[0], save_all=True, append_images=frames[1:], lossless=True)

frames = [with_alpha("RGB"), picture("RGBA")]
save("webp-animated-alpha.webp", frames[0], save_all=True, append_images=frames[1:], lossless=True, exact=True)
frames = [picture(), picture()]

# TIFF by Pillow: modes, compressions, orientations
for mode in ("1", "L", "P", "RGB", "CMYK", "YCbCr"):
    save(f"tiff-{mode}.tif", picture(mode))
# Pillow converts CIELAB by a table, which is coarse for saturated colours.
save("tiff-LAB.tif", picture("LAB"), tolerance=32)
for mode in ("LA", "RGBA"):
    save(f"tiff-{mode}.tif", with_alpha(mode[:-1]))
for compression in ("packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate"):
    for mode in ("L", "P", "RGB", "CMYK"):
        save(f"tiff-{mode}-{compression}.tif", picture(mode), compression=compression)
for mode in ("LA", "RGBA"):
    save(f"tiff-{mode}-tiff_lzw.tif", with_alpha(mode[:-1]), compression="tiff_lzw")
save("tiff-predictor-deflate.tif", picture(), compression="tiff_adobe_deflate", tiffinfo={317: 2})
save("tiff-predictor-RGBA.tif", with_alpha("RGB"), compression="tiff_lzw", tiffinfo={317: 2})
save("tiff-CMYK-jpeg.tif", picture("CMYK"), compression="jpeg")
save("tiff-predictor.tif", picture(), compression="tiff_lzw", tiffinfo={317: 2})
for compression in ("group3", "group4"):
    save(f"tiff-1-{compression}.tif", picture("1"), compression=compression)
for mode in ("L", "RGB", "YCbCr"):
    save(f"tiff-{mode}-jpeg.tif", picture(mode), compression="jpeg")
for orientation in range(1, 9):
    save(f"tiff-orientation-{orientation}.tif", picture(), tiffinfo={274: orientation})
    save(f"tiff-grey-orientation-{orientation}.tif", picture("L"), tiffinfo={274: orientation}, compression="tiff_lzw")
save("tiff-pages.tif", frames[0], save_all=True, append_images=[picture(size=(50, 60))])
save("tiff-big.tif", picture(), big_tiff=True)
for orientation in (2, 5, 7):
    save(f"tiff-alpha-orientation-{orientation}.tif", with_alpha("RGB"), tiffinfo={274: orientation})
    save(f"tiff-palette-orientation-{orientation}.tif", picture("P"), tiffinfo={274: orientation})


def tiff(order, tags, strips):
    """A TIFF with these tags (tag: (type, values)) and strips."""
    sizes = {1: "B", 2: "B", 3: "H", 4: "I", 11: "f"}
    body = b"".join(strips)
    offsets, at = [], 8
    for strip in strips:
        offsets.append(at)
        at += len(strip)
    entries = dict(tags)
    entries.setdefault(256, (4, [WIDTH]))
    entries.setdefault(257, (4, [HEIGHT]))
    tiled = 322 in entries
    entries[324 if tiled else 273] = (4, offsets)
    entries[325 if tiled else 279] = (4, [len(strip) for strip in strips])
    if not tiled:
        entries.setdefault(278, (4, [HEIGHT]))
    start = at + at % 2
    extra, directory = b"", struct.pack(order + "H", len(entries))
    after = start + 2 + 12 * len(entries) + 4
    for tag, (kind, values) in sorted(entries.items()):
        data = struct.pack(order + str(len(values)) + sizes[kind], *values)
        directory += struct.pack(order + "HHI", tag, kind, len(values))
        if len(data) <= 4:
            directory += data.ljust(4, b"\0")
        else:
            directory += struct.pack(order + "I", after + len(extra))
            extra += data + b"\0" * (len(data) % 2)
    header = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, start)
    return header + body + b"\0" * (at % 2) + directory + struct.pack(order + "I", 0) + extra


def basic(photometric, bits, samples=1, **more):
    tags = {258: (3, [bits] * samples), 259: (3, [1]), 262: (3, [photometric]), 277: (3, [samples])}
    tags.update({int(key[1:]): value for key, value in more.items()})
    return tags


for order in "<>":
    name = "little" if order == "<" else "big"
    for photometric in (0, 1):
        for bits in (1, 2, 4, 8):
            pixels = b"".join(packed(bits))
            add(f"tiff-{name}-grey-{photometric}-{bits}.tif", tiff(order, basic(photometric, bits), [pixels]))
    for bits in (1, 2, 4, 8):
        colours = [noise.randrange(65536) for _ in range(3 << bits)]
        pixels = b"".join(packed(bits))
        add(f"tiff-{name}-palette-{bits}.tif", tiff(order, basic(3, bits, t320=(3, colours)), [pixels]))
    values = deep()
    for photometric in (0, 1):
        grey = values[: WIDTH * HEIGHT]
        shown = [(65535 - v if photometric == 0 else v) >> 8 for v in grey]
        data = struct.pack(f"{order}{len(grey)}H", *grey)
        add(f"tiff-{name}-16-grey-{photometric}.tif", tiff(order, basic(photometric, 16), [data]), grey_of(shown))
        for compression in (8,):
            tags = basic(photometric, 16, t259=(3, [compression]))
            deflated = tiff(order, tags, [zlib.compress(data)])
            add(f"tiff-{name}-16-grey-{photometric}-deflate.tif", deflated, grey_of(shown))
    grey = values[: WIDTH * HEIGHT]
    for photometric in (0, 1):
        shown = [(65535 - v if photometric == 0 else v) >> 8 for v in grey]
        differences = [(v - (grey[i - 1] if i % WIDTH else 0)) % 65536 for i, v in enumerate(grey)]
        data = zlib.compress(struct.pack(f"{order}{len(grey)}H", *differences))
        tags = basic(photometric, 16, t259=(3, [8]), t317=(3, [2]))
        add(f"tiff-{name}-16-grey-{photometric}-predictor.tif", tiff(order, tags, [data]), grey_of(shown))
    deepest = values[: WIDTH * HEIGHT * 3]
    parts = [struct.pack(f"{order}{WIDTH * HEIGHT}H", *deepest[c::3]) for c in range(3)]
    shown = rgb_of(v >> 8 for v in deepest)
    add(f"tiff-{name}-16-rgb-planar.tif", tiff(order, basic(2, 16, 3, t284=(3, [2])), parts), shown)
    for samples in (3, 4):
        deepest = values[: WIDTH * HEIGHT * samples]
        data = struct.pack(f"{order}{len(deepest)}H", *deepest)
        more = {"t338": (3, [2])} if samples == 4 else {}
        shown = [v >> 8 for i, v in enumerate(deepest) if i % samples < 3]
        add(f"tiff-{name}-16-rgb-{samples}.tif", tiff(order, basic(2, 16, samples, **more), [data]), rgb_of(shown))
    floats = [noise.random() * 300 - 100 for _ in range(WIDTH * HEIGHT)]
    floats = [struct.unpack("f", struct.pack("f", v))[0] for v in floats]
    data = struct.pack(f"{order}{len(floats)}f", *floats)
    tags = basic(1, 32, t339=(3, [3]), t340=(11, [-100.0]), t341=(11, [200.0]))
    shown = [int((v + 100) / 300 * 255 + 0.5) for v in floats]
    add(f"tiff-{name}-float.tif", tiff(order, tags, [data]), grey_of(shown), tolerance=1)

rows = packed(8, 3)
split = [rows[i : i + 5] for i in range(0, HEIGHT, 5)]
add("tiff-strips.tif", tiff("<", basic(2, 8, 3, t278=(4, [5])), [b"".join(part) for part in split]))
planes = [b"".join(row[c::3] for row in rows) for c in range(3)]
add("tiff-planar.tif", tiff("<", basic(2, 8, 3, t284=(3, [2])), planes))
tiles = []
for y in range(0, HEIGHT, 16):
    for x in range(0, WIDTH, 16):
        parts = [rows[r][3 * x : 3 * (x + 16)] if r < HEIGHT else b"" for r in range(y, y + 16)]
        tiles.append(b"".join(part.ljust(48, b"\0") for part in parts))
add("tiff-tiles.tif", tiff("<", basic(2, 8, 3, t322=(4, [16]), t323=(4, [16])), tiles))
squeezed = [zlib.compress(tile) for tile in tiles]
add("tiff-tiles-deflate.tif", tiff("<", basic(2, 8, 3, t259=(3, [8]), t322=(4, [16]), t323=(4, [16])), squeezed))
add("tiff-fill-order.tif", tiff("<", basic(1, 1, t266=(3, [2])), [b"".join(packed(1))]))
for extra in (0, 1, 2):
    data = b"".join(packed(8, 4))
    add(f"tiff-extra-{extra}.tif", tiff("<", basic(2, 8, 4, t338=(3, [extra])), [data]), tolerance=int(extra == 1))
add("tiff-rgb-without-extra.tif", tiff("<", basic(2, 8, 4), [data]))
cmyk = b"".join(packed(8, 4))
add("tiff-cmyk-planar.tif", tiff("<", basic(5, 8, 4, t284=(3, [2])), [cmyk[c::4] for c in range(4)]))

# PNM
for mode in ("L", "RGB"):
    save(f"pnm-{mode}.{'pgm' if mode == 'L' else 'ppm'}", picture(mode))
ascii_values = [noise.randrange(256) for _ in range(WIDTH * HEIGHT * 3)]
add("pnm-ascii.ppm", f"P3 # a comment\n{WIDTH} {HEIGHT}\n255\n{' '.join(map(str, ascii_values))}\n".encode())
ascii_grey = " ".join(str(v % 201) for v in ascii_values[: WIDTH * HEIGHT])
add("pnm-ascii.pgm", f"P2\n{WIDTH}\n# c\n{HEIGHT} 200 {ascii_grey}".encode())
add("pnm-maximum.ppm", f"P6 {WIDTH} {HEIGHT} 100\n".encode() + bytes(v % 101 for v in ascii_values))
add("pnm-bits.pgm", f"P4\n{WIDTH} {HEIGHT}\n".encode() + b"".join(packed(1)))
sixteen = deep()[: WIDTH * HEIGHT]
add(
    "pnm-16.pgm",
    f"P5 {WIDTH} {HEIGHT} 65535\n".encode() + struct.pack(f">{len(sixteen)}H", *sixteen),
    grey_of(v >> 8 for v in sixteen),
)
sixteen = deep()[: WIDTH * HEIGHT * 3]
packed_sixteen = struct.pack(f">{len(sixteen)}H", *sixteen)
add("pnm-16.ppm", f"P6 {WIDTH} {HEIGHT} 65535\n".encode() + packed_sixteen, rgb_of(v >> 8 for v in sixteen))
packed_twelve = struct.pack(f">{len(sixteen)}H", *(v % 4096 for v in sixteen))
add("pnm-12.ppm", f"P6 {WIDTH} {HEIGHT} 4095\n".encode() + packed_twelve, tolerance=1)

with open(os.path.join(out, "images.json"), "w") as file:
    json.dump({"images": images}, file)
