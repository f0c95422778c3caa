// 16-bit floating-point numbers as stored in files: IEEE half precision (F16), and bfloat16 (BF16), the upper half of a
// float32.

/** Converts half precision to float32, which is exact. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}

/** Converts bfloat16 to float32, which is exact. */
export function fromBfloat16(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

/** Rounds to half precision, ties to even. Magnitudes of at least 65520 become infinite. */
export function toFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, (value) => {
    const magnitude = Math.abs(value);
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
    if (Number.isNaN(value)) return 0x7e00;
    if (magnitude >= 65520) return sign | 0x7c00;
    // The unit in the last place is 2^-24 for subnormal numbers, otherwise 2^-10 of the leading power of two.
    const exponent = Math.max(Math.floor(Math.log2(Math.max(magnitude, 2 ** -24))), -14);
    const units = roundToEven(magnitude / 2 ** (exponent - 10));
    return sign | (((exponent + 14) << 10) + units);
  });
}

/** Rounds to bfloat16, ties to even. */
export function toBfloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(new Uint32Array(values.buffer, values.byteOffset, values.length), (bits) => {
    if ((bits & 0x7fffffff) > 0x7f800000) return 0x7fc0;
    return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  });
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
