/** First byte that TypeScript may hand out: what lies below belongs to the module's own constants. */
export function heapBase(): usize {
  return (__heap_base + 15) & ~15;
}
