/*
 * GStreamer's audioresample, without the pipeline around it: GstAudioConverter is what that element calls, with the same options.
 * VARIANT is its quality, "0" to "10"; the element's default is 4.
 */
#include "contestant.h"
#include <gst/audio/audio.h>

typedef struct {
  GstAudioConverter *converter;
  size_t block;
} gst_resampler;

static void *open_resampler(const job *job) {
  gst_init(NULL, NULL);
  GstAudioFormat format = job->is_s16_stereo ? GST_AUDIO_FORMAT_S16LE : GST_AUDIO_FORMAT_F32LE;
  GstAudioInfo in, out;
  gst_audio_info_set_format(&in, format, job->input_rate, job->is_s16_stereo ? 2 : 1, NULL);
  gst_audio_info_set_format(&out, format, job->output_rate, 1, NULL);
  GstStructure *options = gst_structure_new_empty("options");
  gst_structure_set(options, GST_AUDIO_CONVERTER_OPT_RESAMPLER_METHOD, GST_TYPE_AUDIO_RESAMPLER_METHOD, GST_AUDIO_RESAMPLER_METHOD_KAISER, NULL);
  gst_audio_resampler_options_set_quality(GST_AUDIO_RESAMPLER_METHOD_KAISER, (guint)atoi(job->variant), job->input_rate, job->output_rate, options);
  gst_resampler *resampler = malloc(sizeof *resampler);
  resampler->converter = gst_audio_converter_new(GST_AUDIO_CONVERTER_FLAG_NONE, &in, &out, options);
  if (!resampler->converter) skip("no converter between these formats");
  return resampler;
}

static size_t resample(void *resampler, const void *input, size_t frames, void *output, size_t room) {
  GstAudioConverter *converter = ((gst_resampler *)resampler)->converter;
  if (!input) frames = gst_audio_converter_get_max_latency(converter); /* NULL in is silence: it drives out the tail */
  size_t written = gst_audio_converter_get_out_frames(converter, frames);
  if (written > room) written = room;
  gpointer in[1] = {(gpointer)input}, out[1] = {output};
  gst_audio_converter_samples(converter, GST_AUDIO_CONVERTER_FLAG_NONE, input ? in : NULL, frames, out, written);
  return written;
}

static void close_resampler(void *resampler) {
  gst_audio_converter_free(((gst_resampler *)resampler)->converter);
  free(resampler);
}

static const char *library_version(void) {
  static char text[64];
  guint major, minor, micro, nano;
  gst_version(&major, &minor, &micro, &nano);
  snprintf(text, sizeof text, "GStreamer %u.%u.%u", major, minor, micro);
  return text;
}
