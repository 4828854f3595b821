import { type Capability, type Clock, type Host, type Kernels, type NodeDefinition, Registry, VirtualClock } from "@remotemedia/core";

/** What a {@link testHost} may be given. */
export interface TestHostOptions<C extends Clock = Clock> {
  /** Node types that manifests can name. */
  readonly nodes?: Iterable<{ readonly definition: NodeDefinition }>;
  /** What nodes compute with. Default: kernels that fail when they are used. */
  readonly kernels?: Kernels;
  /** Default: a virtual clock that stands still. */
  readonly clock?: C;
  /** Default: none. */
  readonly capabilities?: readonly Capability[];
}

/** A host for tests: what was logged lies in `lines`, and its clock stands still unless another one was given. */
export interface TestHost<C extends Clock = Clock> extends Host {
  readonly clock: C;
  /** Logged warnings and errors, oldest first, each with its level before it. */
  readonly lines: readonly string[];
}

/**
 * A host that brings nothing but what it is given.
 *
 * @example
 * const host = testHost({ nodes: [gain] });
 * const { outputs } = await new Pipeline("test", host).add(gain()).run(frames);
 */
export function testHost(options?: TestHostOptions<VirtualClock>): TestHost<VirtualClock>;
export function testHost<C extends Clock>(options: TestHostOptions<C> & { readonly clock: C }): TestHost<C>;
export function testHost({
  nodes = [],
  kernels = noKernels,
  clock = new VirtualClock(),
  capabilities = [],
}: TestHostOptions = {}): TestHost {
  const lines: string[] = [];
  const write = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  return {
    name: "test",
    registry: new Registry(nodes),
    kernels: async () => ({ js: kernels }),
    clock,
    log: { debug: () => undefined, info: () => undefined, warn: write("warning"), error: write("error") },
    capabilities,
    lines,
  };
}

const noKernels = new Proxy({ runtime: "js", warmUp: () => undefined } as Partial<Kernels> as Kernels, {
  get(target, name) {
    if (name in target) return target[name as keyof Kernels];
    throw new Error(`this test host has no kernels: give it some, a node wants "${String(name)}"`);
  },
});
