// TensorFlow functions that are built of recorded ops. Once defined, a function is executed by its name, like any op.
#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "owned.h"
#include "tensorflow/c/c_api.h"
#include "tensorflow/core/framework/attr_value.pb.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {

struct FreeGraph {
  void operator()(TF_Graph* graph) const { TF_DeleteGraph(graph); }
  void operator()(TF_Function* function) const { TF_DeleteFunction(function); }
  void operator()(TF_Buffer* buffer) const { TF_DeleteBuffer(buffer); }
  void operator()(TF_Tensor* tensor) const { TF_DeleteTensor(tensor); }
};

/** The graph of one function. Values have indices, in the order in which they are added. */
class FunctionGraph {
 public:
  /** Adds an input of the type and shape of an array; returns its index. */
  int AddInput(TFE_TensorHandle* like) {
    Status status;
    TF_OperationDescription* node = NewNode("Placeholder");
    TF_SetAttrType(node, "dtype", TFE_TensorHandleDataType(like));
    std::vector<int64_t> shape(TFE_TensorHandleNumDims(like, status));
    status.Check();
    for (size_t d = 0; d < shape.size(); ++d) {
      shape[d] = TFE_TensorHandleDim(like, static_cast<int>(d), status);
      status.Check();
    }
    TF_SetAttrShape(node, "shape", shape.data(), static_cast<int>(shape.size()));
    inputs_.push_back(Finish(node, 1));
    return inputs_.back();
  }

  /** Adds the values of an array as a constant; returns its index. */
  int AddConstant(TFE_TensorHandle* handle) {
    Status status;
    const std::unique_ptr<TF_Tensor, FreeGraph> tensor(TFE_TensorHandleResolve(handle, status));
    status.Check();
    TF_OperationDescription* node = NewNode("Const");
    TF_SetAttrTensor(node, "value", tensor.get(), status);
    status.Check();
    TF_SetAttrType(node, "dtype", TF_TensorType(tensor.get()));
    return Finish(node, 1);
  }

  /** Adds an op with the attributes of `attributes`; returns the index of its first output. */
  int AddOp(const std::string& name, const Op& attributes, const std::vector<int>& inputs, int outputs) {
    const tensorflow::AttrValueMap attrs = AttributesOf(attributes);
    const tensorflow::OpDef* definition;
    const auto found = tensorflow::OpRegistry::Global()->LookUpOpDef(name, &definition);
    if (!found.ok()) throw std::runtime_error(std::string(found.message()));
    TF_OperationDescription* node = NewNode(name);
    size_t next = 0;
    for (const auto& argument : definition->input_arg()) {
      const int length = LengthOf(argument, attrs);
      if (next + (length < 0 ? 1 : length) > inputs.size())
        throw std::runtime_error(name + " has fewer inputs than it declares");
      if (length < 0) {
        TF_AddInput(node, values_[inputs[next++]]);
        continue;
      }
      std::vector<TF_Output> list;
      for (int i = 0; i < length; ++i) list.push_back(values_[inputs[next++]]);
      TF_AddInputList(node, list.data(), length);
    }
    Status status;
    for (const auto& [attribute, value] : attrs) {
      const std::string bytes = value.SerializeAsString();
      TF_SetAttrValueProto(node, attribute.c_str(), bytes.data(), bytes.size(), status);
      status.Check();
    }
    return Finish(node, outputs);
  }

  /** Makes the graph a function of the context. */
  void Define(TFE_Context* context, const std::string& name, const std::vector<int>& results) const {
    const auto at = [this](const std::vector<int>& indices) {
      std::vector<TF_Output> outputs;
      for (const int index : indices) outputs.push_back(values_[index]);
      return outputs;
    };
    const std::vector<TF_Output> inputs = at(inputs_), outputs = at(results);
    Status status;
    const std::unique_ptr<TF_Function, FreeGraph> function(
        TF_GraphToFunction(graph_.get(), name.c_str(), 0, -1, nullptr, static_cast<int>(inputs.size()), inputs.data(),
                           static_cast<int>(outputs.size()), outputs.data(), nullptr, nullptr, nullptr, status));
    status.Check();
    TFE_ContextAddFunction(context, function.get(), status);
    status.Check();
  }

 private:
  TF_OperationDescription* NewNode(const std::string& op) {
    return TF_NewOperation(graph_.get(), op.c_str(), ("n" + std::to_string(nodes_++)).c_str());
  }

  int Finish(TF_OperationDescription* node, int outputs) {
    Status status;
    TF_Operation* operation = TF_FinishOperation(node, status);
    status.Check();
    const int first = static_cast<int>(values_.size());
    for (int o = 0; o < outputs; ++o) values_.push_back({operation, o});
    return first;
  }

  static tensorflow::AttrValueMap AttributesOf(const Op& op) {
    Status status;
    const std::unique_ptr<TF_Buffer, FreeGraph> bytes(TF_NewBuffer());
    TFE_OpAttrsSerialize(TFE_OpGetAttrs(op.get()), bytes.get(), status);
    status.Check();
    tensorflow::NameAttrList list;
    if (!list.ParseFromArray(bytes->data, static_cast<int>(bytes->length)))
      throw std::runtime_error("The attributes of an op could not be read");
    return list.attr();
  }

  /** The count of tensors of an argument that is a list; -1 for an argument that is one tensor. */
  static int LengthOf(const tensorflow::OpDef::ArgDef& argument, const tensorflow::AttrValueMap& attrs) {
    const auto attribute = [&](const std::string& name) -> const tensorflow::AttrValue& {
      const auto found = attrs.find(name);
      if (found == attrs.end()) throw std::runtime_error("The attribute " + name + " is missing");
      return found->second;
    };
    if (!argument.number_attr().empty()) return static_cast<int>(attribute(argument.number_attr()).i());
    if (!argument.type_list_attr().empty()) return attribute(argument.type_list_attr()).list().type_size();
    return -1;
  }

  std::unique_ptr<TF_Graph, FreeGraph> graph_{TF_NewGraph()};
  std::vector<TF_Output> values_;
  std::vector<int> inputs_;
  int nodes_ = 0;
};

}  // namespace ofa
