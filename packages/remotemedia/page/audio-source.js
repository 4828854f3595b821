// @ts-check
import { insecureProblem, microphoneProblem } from "./problems.js";

/** @returns {Promise<MediaStream>} rejects with a `Problem` */
export async function openMicrophone() {
  // Absent on pages that are not secure.
  if (navigator.mediaDevices === undefined) throw insecureProblem();
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return navigator.mediaDevices.getUserMedia({ audio }).catch((error) => {
    throw microphoneProblem(error);
  });
}

/** For whoever only writes. @param {AudioContext} context @returns {MediaStream} */
export const createSilence = (context) => context.createMediaStreamDestination().stream;

/** Vowels of about a man's voice: formants of an "a", in Hz. */
const pitchHz = 140;
const formantsHz = [700, 1220, 2600];
/** Four syllables, then as much silence as speech detectors need. */
const syllableSeconds = 0.24;
const syllables = 4;
const periodSeconds = 2.4;

/** Something like a voice that speaks and is silent in turns. @param {AudioContext} context @returns {MediaStream} */
export function createTestSound(context) {
  const voice = new OscillatorNode(context, { type: "sawtooth", frequency: pitchHz });
  const loudness = new GainNode(context, { gain: 0 });
  const target = context.createMediaStreamDestination();
  for (const frequency of formantsHz) voice.connect(new BiquadFilterNode(context, { type: "bandpass", frequency, Q: 6 })).connect(loudness);
  const envelope = new AudioBufferSourceNode(context, { buffer: envelopeOf(context.sampleRate), loop: true });
  envelope.connect(loudness.gain);
  loudness.connect(target);
  voice.start();
  envelope.start();
  return target.stream;
}

/** @param {number} sampleRate */
function envelopeOf(sampleRate) {
  const buffer = new AudioBuffer({ length: Math.round(periodSeconds * sampleRate), sampleRate });
  const samples = buffer.getChannelData(0);
  for (let i = 0; i < syllables * syllableSeconds * sampleRate; i++)
    samples[i] = 0.8 * Math.sin((Math.PI * i) / (syllableSeconds * sampleRate)) ** 2;
  return buffer;
}
