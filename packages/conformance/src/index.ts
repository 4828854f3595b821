/** Suites that every implementation of an interface passes, and what tests need to run nodes. For tests only. */
export { type Collected, collect } from "./collect.ts";
export type { NodeCase, NodeRule } from "./node-case.ts";
export { nodeSuite } from "./node-suite.ts";
export type { TestApi } from "./test-api.ts";
export { type TestHost, type TestHostOptions, testHost } from "./test-host.ts";
export type { JoinedCarriers, TransportCase, TransportRule } from "./transport-case.ts";
export { transportSuite } from "./transport-suite.ts";
export { type Watch, watched } from "./watched.ts";
