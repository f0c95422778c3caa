// An addon to load before TensorFlow, which greets each process on stderr; only errors are of use in a notebook.
// Linked with -z initfirst, so that this comes before the greeting, which stands in the initialisation of TensorFlow's
// own library.
#include <node_api.h>

#include "absl/log/globals.h"

static const bool quiet = [] {
  absl::SetMinLogLevel(absl::LogSeverityAtLeast::kError);
  return true;
}();

NAPI_MODULE_INIT() { return exports; }
