export type {
  EnergyVad,
  EnergyVadOptions,
  Kernels,
  ResampleQuality,
  Resampler,
  ResamplerOptions,
  SampleArray,
  SampleFormat,
} from "./kernels.ts";
