import type { PixelFormat, PlaneLayout, VideoFrame } from "@remotemedia/core";

interface Plane {
  readonly rowBytes: number;
  readonly rows: number;
}

/** What each plane of a picture holds. */
function planesOf(format: PixelFormat, width: number, height: number): readonly Plane[] {
  if (format === "RGBA" || format === "BGRA") return [{ rowBytes: width * 4, rows: height }];
  const luma = { rowBytes: width, rows: height };
  const half = { rowBytes: Math.ceil(width / 2), rows: Math.ceil(height / 2) };
  return format === "NV12" ? [luma, { ...half, rowBytes: half.rowBytes * 2 }] : [luma, half, half];
}

/** Whether the planes lie one after another without padding. */
export function isTight({ format, codedWidth, codedHeight, layout }: VideoFrame): boolean {
  const planes = planesOf(format, codedWidth, codedHeight);
  let end = 0;
  return (
    planes.length === layout.length &&
    planes.every(({ rowBytes, rows }, index) => {
      const { offset, stride } = layout[index]!;
      const follows = offset === end && stride === rowBytes;
      end += rowBytes * rows;
      return follows;
    })
  );
}

/** Whether every row of every plane lies inside of the data. */
export function liesInside(layout: readonly PlaneLayout[], format: PixelFormat, width: number, height: number, bytes: number): boolean {
  const planes = planesOf(format, width, height);
  return (
    planes.length === layout.length &&
    planes.every(({ rowBytes, rows }, index) => {
      const { offset, stride } = layout[index]!;
      return stride >= rowBytes && offset + stride * (rows - 1) + rowBytes <= bytes;
    })
  );
}
