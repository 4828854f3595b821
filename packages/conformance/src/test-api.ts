/** What the suites need of a test runner; Vitest's `describe`, `it` and `expect` are that. */
export interface TestApi {
  describe(title: string, define: () => void): unknown;
  it(title: string, run: () => Promise<void>): unknown;
  expect(value: unknown, message?: string): { toEqual(expected: unknown): void };
}
