// TensorFlow.js's binding, extended by functions that are built of recorded ops (function.h). These need the binding's
// private table of arrays; therefore its source is included here, without its registration, and compiled with
// -fno-access-control.
#include <node_api.h>
#undef NAPI_MODULE
#define NAPI_MODULE(name, initialise)
#include "tfjs_binding.cc"

#include "function.h"
#include "tensorflow/core/platform/tensor_float_32_utils.h"

namespace tfnodejs {
void AssignOpAttr(napi_env env, TFE_Op* op, napi_value attribute);
}

namespace ofa {
namespace {

void Check(napi_status status) {
  if (status != napi_ok) throw std::runtime_error("TensorFlow's addon was called with the wrong arguments");
}

tfnodejs::TFJSBackend& Backend(napi_env env) { return *tfnodejs::GetTFJSBackend(env); }

TFE_TensorHandle* HandleOf(napi_env env, int32_t id) {
  const auto& handles = Backend(env).tfe_handle_map_;
  const auto found = handles.find(id);
  if (found == handles.end()) throw std::runtime_error("No array has the id " + std::to_string(id));
  return found->second;
}

int32_t Integer(napi_env env, napi_value value) {
  int32_t result;
  Check(napi_get_value_int32(env, value, &result));
  return result;
}

template <typename Work>
void ForEach(napi_env env, napi_value array, const Work& work) {
  uint32_t length;
  Check(napi_get_array_length(env, array, &length));
  for (uint32_t i = 0; i < length; ++i) {
    napi_value element;
    Check(napi_get_element(env, array, i, &element));
    work(element);
  }
}

std::string Text(napi_env env, napi_value value) {
  size_t length;
  Check(napi_get_value_string_utf8(env, value, nullptr, 0, &length));
  std::string text(length, '\0');
  Check(napi_get_value_string_utf8(env, value, text.data(), length + 1, &length));
  return text;
}

template <typename T>
T& Pointer(napi_env env, napi_value external) {
  void* pointer;
  Check(napi_get_value_external(env, external, &pointer));
  return *static_cast<T*>(pointer);
}

template <typename T>
napi_value External(napi_env env, std::unique_ptr<T> owned) {
  napi_value external;
  Check(napi_create_external(
      env, owned.get(), [](napi_env, void* pointer, void*) { delete static_cast<T*>(pointer); }, nullptr, &external));
  owned.release();
  return external;
}

using Arguments = std::vector<napi_value>;

/** Wraps a function for JavaScript, with exceptions as JavaScript's and null as undefined. */
template <napi_value (*function)(napi_env, const Arguments&)>
napi_value Call(napi_env env, napi_callback_info info) {
  size_t count = 5;
  Arguments arguments(count);
  napi_value result = nullptr;
  try {
    Check(napi_get_cb_info(env, info, &count, arguments.data(), nullptr, nullptr));
    arguments.resize(count);
    result = function(env, arguments);
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return result;
}

/** An op with these attributes and without inputs. */
Op WithAttributes(napi_env env, const std::string& name, napi_value attributes) {
  Op op = NewOp(Backend(env).tfe_context_, name);
  ForEach(env, attributes, [&](napi_value attribute) { tfnodejs::AssignOpAttr(env, op.get(), attribute); });
  if (tfnodejs::IsExceptionPending(env)) throw std::runtime_error("An attribute of " + name + " cannot be recorded");
  return op;
}

std::vector<int> Integers(napi_env env, napi_value array) {
  std::vector<int> integers;
  ForEach(env, array, [&](napi_value value) { integers.push_back(Integer(env, value)); });
  return integers;
}

napi_value Number(napi_env env, int number) {
  napi_value value;
  Check(napi_create_int32(env, number, &value));
  return value;
}

/** newGraph() → graph */
napi_value NewGraph(napi_env env, const Arguments&) { return External(env, std::make_unique<FunctionGraph>()); }

/** addInput(graph, array) → value */
napi_value AddInput(napi_env env, const Arguments& a) {
  return Number(env, Pointer<FunctionGraph>(env, a.at(0)).AddInput(HandleOf(env, Integer(env, a.at(1)))));
}

/** addConstant(graph, array) → value */
napi_value AddConstant(napi_env env, const Arguments& a) {
  return Number(env, Pointer<FunctionGraph>(env, a.at(0)).AddConstant(HandleOf(env, Integer(env, a.at(1)))));
}

/** addOp(graph, name, attributes, inputs, count of outputs) → the first output's value */
napi_value AddOp(napi_env env, const Arguments& a) {
  const std::string name = Text(env, a.at(1));
  const Op op = WithAttributes(env, name, a.at(2));
  auto& graph = Pointer<FunctionGraph>(env, a.at(0));
  return Number(env, graph.AddOp(name, op, Integers(env, a.at(3)), Integer(env, a.at(4))));
}

/** define(graph, name, results): makes the graph a function of this name */
napi_value Define(napi_env env, const Arguments& a) {
  Pointer<FunctionGraph>(env, a.at(0)).Define(Backend(env).tfe_context_, Text(env, a.at(1)), Integers(env, a.at(2)));
  return nullptr;
}

/** remove(name): frees a function */
napi_value Remove(napi_env env, const Arguments& a) {
  Status status;
  TFE_ContextRemoveFunction(Backend(env).tfe_context_, Text(env, a.at(0)).c_str(), status);
  status.Check();
  return nullptr;
}

/** allowTf32(allowed): whether a GPU may round the factors of float32 products to TF32 */
napi_value AllowTf32(napi_env env, const Arguments& a) {
  bool allowed;
  Check(napi_get_value_bool(env, a.at(0), &allowed));
  tsl::enable_tensor_float_32_execution(allowed);
  return nullptr;
}

template <size_t count>
void SetObject(napi_env env, napi_value exports, const char* name, const napi_property_descriptor (&functions)[count]) {
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok || napi_define_properties(env, object, count, functions) != napi_ok ||
      napi_set_named_property(env, exports, name, object) != napi_ok)
    napi_throw_error(env, nullptr, "The functions of TensorFlow.js's addon could not be defined");
}

}  // namespace
}  // namespace ofa

NAPI_MODULE_INIT() {
  tfnodejs::InitTFNodeJSBinding(env, exports);
  const napi_property_descriptor functions[] = {
      {"newGraph", nullptr, ofa::Call<ofa::NewGraph>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"addInput", nullptr, ofa::Call<ofa::AddInput>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"addConstant", nullptr, ofa::Call<ofa::AddConstant>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"addOp", nullptr, ofa::Call<ofa::AddOp>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"define", nullptr, ofa::Call<ofa::Define>, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"remove", nullptr, ofa::Call<ofa::Remove>, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  ofa::SetObject(env, exports, "functions", functions);
  const napi_property_descriptor precision[] = {
      {"allowTf32", nullptr, ofa::Call<ofa::AllowTf32>, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  ofa::SetObject(env, exports, "precision", precision);
  // TensorFlow's default is true. Here float32 is exact by default.
  tsl::enable_tensor_float_32_execution(false);
  return exports;
}
