/*
 * What every native peer shares: it is timed and measured by the same loop, so that only the library differs.
 *
 *   PEER bench INPUT_RATE OUTPUT_RATE BLOCK VARIANT LAYOUT   one line of JSON, then per line "N" on stdin one line {"ns":[…]} for N passes
 *   PEER filter INPUT_RATE OUTPUT_RATE BLOCK VARIANT LAYOUT  streams as [u32 samples][f32…] on stdin, their output alike on stdout
 *
 * A pass is ten seconds of an endless stream: neither side pays for opening, resetting or flushing. BLOCK is input samples per call, 0 for
 * all ten seconds in one call. LAYOUT is "f32" (mono to mono) or "s16" (interleaved stereo to mono).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECONDS = 10, SKIPPED = 77 };

typedef struct {
  int input_rate, output_rate;
  const char *variant;
  int is_s16_stereo;
} job;

/* The three functions that a peer implements. `input` NULL asks for what is held back; the result is frames written. */
static void *open_resampler(const job *job);
static size_t resample(void *resampler, const void *input, size_t frames, void *output, size_t room);
static void close_resampler(void *resampler);
static const char *library_version(void);

/* A peer whose library lacks the variant says so and exits as skipped. */
static void skip(const char *why) {
  printf("{\"skipped\":\"%s\"}\n", why);
  exit(SKIPPED);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Noise at -10 dB from a fixed seed: no library has a shortcut for it, and it holds no denormals. */
static void *make_input(const job *job, size_t frames) {
  size_t samples = frames * (job->is_s16_stereo ? 2 : 1);
  float *f32 = malloc(samples * sizeof *f32);
  int16_t *s16 = (int16_t *)f32;
  uint32_t state = 1;
  for (size_t i = 0; i < samples; i++) {
    state = state * 1664525u + 1013904223u;
    float x = 0.3f * ((float)(state >> 8) / 8388608.0f - 1.0f);
    if (job->is_s16_stereo) s16[i] = (int16_t)(x * 32768.0f);
    else f32[i] = x;
  }
  return f32;
}

/* Feeds ten seconds; gives the worst backlog in ms of output owed after a block. */
static double run_pass(void *resampler, const job *job, const char *input, size_t frames, size_t block, char *output, size_t room) {
  const size_t input_stride = 4, output_stride = job->is_s16_stereo ? 2 : 4;
  size_t written = 0;
  double worst = 0;
  for (size_t at = 0; at < frames; at += block) {
    size_t count = frames - at < block ? frames - at : block;
    written += resample(resampler, input + at * input_stride, count, output + written * output_stride, room - written);
    double owed = (double)(at + count) * job->output_rate / job->input_rate - (double)written;
    if (owed > worst) worst = owed;
  }
  return worst * 1000.0 / job->output_rate;
}

/* The first pass is cold and goes into a fresh stream: with it the harness takes how long opening took, and what was held back. */
static int bench(const job *job, size_t block) {
  size_t frames = (size_t)job->input_rate * SECONDS, room = (size_t)job->output_rate * (SECONDS + 1);
  char *input = make_input(job, frames), *output = calloc(room, 4);
  uint64_t opening = now_ns();
  void *resampler = open_resampler(job);
  printf("{\"ready\":true,\"library\":\"%s\",\"openNs\":%llu}\n", library_version(), (unsigned long long)(now_ns() - opening));
  fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    int passes = atoi(line);
    double backlog = 0;
    printf("{\"ns\":[");
    for (int pass = 0; pass < passes; pass++) {
      uint64_t start = now_ns();
      backlog = run_pass(resampler, job, input, frames, block, output, room);
      printf("%s%llu", pass ? "," : "", (unsigned long long)(now_ns() - start));
    }
    printf("],\"backlogMs\":%.3f}\n", backlog);
    fflush(stdout);
  }
  return 0;
}

static int filter(const job *job, size_t block) {
  uint32_t frames;
  while (fread(&frames, 4, 1, stdin) == 1) {
    size_t room = (size_t)((double)frames * job->output_rate / job->input_rate) + (size_t)job->output_rate;
    float *input = malloc((frames + 1) * 4), *output = malloc(room * 4);
    if (fread(input, 4, frames, stdin) != frames) return 1;
    void *resampler = open_resampler(job);
    size_t step = block ? block : frames, written = 0;
    for (size_t at = 0; at < frames; at += step) {
      size_t count = frames - at < step ? frames - at : step;
      written += resample(resampler, input + at, count, output + written, room - written);
    }
    written += resample(resampler, NULL, 0, output + written, room - written);
    close_resampler(resampler);
    uint32_t header = (uint32_t)written;
    fwrite(&header, 4, 1, stdout);
    fwrite(output, 4, written, stdout);
    free(input);
    free(output);
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  size_t block = (size_t)atoi(argv[4]);
  job job = {.input_rate = atoi(argv[2]), .output_rate = atoi(argv[3]), .variant = argv[5], .is_s16_stereo = !strcmp(argv[6], "s16")};
  if (strcmp(argv[1], "bench")) return filter(&job, block);
  return bench(&job, block ? block : (size_t)job.input_rate * SECONDS);
}
