export { type LoadedKernels, loadKernels } from "./load-kernels.ts";
export { referenceKernels } from "./reference/kernels.ts";
