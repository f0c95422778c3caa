// The addon that carries our kernels. Loading it registers them with TensorFlow; it exports nothing to JavaScript.
#include <node_api.h>

#include "absl/log/globals.h"

// TensorFlow greets each process with lines about its build on stderr; only errors are of use in a notebook.
static const bool quiet = [] {
  absl::SetMinLogLevel(absl::LogSeverityAtLeast::kError);
  return true;
}();

NAPI_MODULE_INIT() { return exports; }
