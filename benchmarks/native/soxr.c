/* libsoxr, the resampler behind librosa and `sox -h`. VARIANT is a quality recipe: "hq", "vhq", "mq", "lq", "qq". */
#include "contestant.h"
#include <soxr.h>

static unsigned long recipe(const char *variant) {
  if (!strcmp(variant, "hq")) return SOXR_HQ;
  if (!strcmp(variant, "vhq")) return SOXR_VHQ;
  if (!strcmp(variant, "mq")) return SOXR_MQ;
  if (!strcmp(variant, "lq")) return SOXR_LQ;
  return SOXR_QQ;
}

static void *open_resampler(const job *job) {
  soxr_error_t error = 0;
  if (job->is_s16_stereo) skip("libsoxr does not mix channels");
  soxr_quality_spec_t quality = soxr_quality_spec(recipe(job->variant), 0);
  soxr_runtime_spec_t one_thread = soxr_runtime_spec(1);
  soxr_t soxr = soxr_create(job->input_rate, job->output_rate, 1, &error, NULL, &quality, &one_thread);
  if (error) skip(soxr_strerror(error));
  return soxr;
}

static size_t resample(void *resampler, const void *input, size_t frames, void *output, size_t room) {
  size_t used = 0, written = 0;
  soxr_process(resampler, input, frames, &used, output, room, &written);
  return written;
}

static void close_resampler(void *resampler) { soxr_delete(resampler); }
static const char *library_version(void) { return soxr_version(); }
