// The addon that carries our kernels. Loading it registers them with TensorFlow; it exports nothing to JavaScript.
#include <node_api.h>

NAPI_MODULE_INIT() { return exports; }
