// TensorFlow's ops and status, freed by their owners.
#pragma once
#include <memory>
#include <stdexcept>
#include <string>

#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/c/eager/c_api_experimental.h"

namespace ofa {

struct Free {
  void operator()(TFE_Op* op) const { TFE_DeleteOp(op); }
  void operator()(TF_Status* status) const { TF_DeleteStatus(status); }
};
using Op = std::unique_ptr<TFE_Op, Free>;

/** TensorFlow's status; Check throws an exception if it is an error. */
class Status {
 public:
  operator TF_Status*() const { return status_.get(); }
  void Check() const {
    if (TF_GetCode(*this) != TF_OK) throw std::runtime_error(TF_Message(*this));
  }

 private:
  std::unique_ptr<TF_Status, Free> status_{TF_NewStatus()};
};

inline Op NewOp(TFE_Context* context, const std::string& name) {
  Status status;
  Op op(TFE_NewOp(context, name.c_str(), status));
  status.Check();
  return op;
}

}  // namespace ofa
