/* FFmpeg's libswresample. VARIANT is "default" (its own engine as FFmpeg sets it) or "soxr" (libsoxr inside, 20 bits = HQ). */
#include "contestant.h"
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

static void *open_resampler(const job *job) {
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO, stereo = AV_CHANNEL_LAYOUT_STEREO;
  enum AVSampleFormat format = job->is_s16_stereo ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_FLT;
  SwrContext *swr = NULL;
  swr_alloc_set_opts2(&swr, &mono, format, job->output_rate, job->is_s16_stereo ? &stereo : &mono, format, job->input_rate, 0, NULL);
  if (!strcmp(job->variant, "soxr")) av_opt_set_int(swr, "resampler", SWR_ENGINE_SOXR, 0);
  if (swr_init(swr) < 0) skip("this build of libswresample lacks the soxr engine");
  return swr;
}

static size_t resample(void *resampler, const void *input, size_t frames, void *output, size_t room) {
  const uint8_t *in[1] = {input};
  uint8_t *out[1] = {output};
  int written = swr_convert(resampler, out, (int)room, input ? in : NULL, (int)frames);
  return written > 0 ? (size_t)written : 0;
}

static void close_resampler(void *resampler) {
  SwrContext *swr = resampler;
  swr_free(&swr);
}

static const char *library_version(void) {
  static char text[64];
  unsigned v = swresample_version();
  snprintf(text, sizeof text, "libswresample %u.%u.%u (FFmpeg %s)", v >> 16, v >> 8 & 255, v & 255, av_version_info());
  return text;
}
