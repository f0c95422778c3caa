// An addon to load before TensorFlow, which otherwise prints several lines to stderr in each process; notebooks should
// show errors only. It is linked with -z initfirst, because TensorFlow prints while its library is initialised.
#include <node_api.h>

#include "absl/log/globals.h"

static const bool quiet = [] {
  absl::SetMinLogLevel(absl::LogSeverityAtLeast::kError);
  return true;
}();

NAPI_MODULE_INIT() { return exports; }
