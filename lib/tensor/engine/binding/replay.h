// Ops that were recorded as they ran, and run again in a thread of their own, on another input.
#pragma once
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/c/eager/c_api_experimental.h"

namespace ofa {

struct Free {
  void operator()(TFE_Op* op) const { TFE_DeleteOp(op); }
  void operator()(TFE_TensorHandle* handle) const { TFE_DeleteTensorHandle(handle); }
  void operator()(TF_Status* status) const { TF_DeleteStatus(status); }
};
using Op = std::unique_ptr<TFE_Op, Free>;
using Handle = std::unique_ptr<TFE_TensorHandle, Free>;
using Handles = std::vector<Handle>;

/** TensorFlow's status, as an exception where it is not well. */
class Status {
 public:
  operator TF_Status*() const { return status_.get(); }
  void Check() const {
    if (TF_GetCode(*this) != TF_OK) throw std::runtime_error(TF_Message(*this));
  }

 private:
  std::unique_ptr<TF_Status, Free> status_{TF_NewStatus()};
};

inline Handle Share(TFE_TensorHandle* handle) {
  Status status;
  Handle shared(TFE_TensorHandleCopySharingTensor(handle, status));
  status.Check();
  return shared;
}

inline Op NewOp(TFE_Context* context, const std::string& name) {
  Status status;
  Op op(TFE_NewOp(context, name.c_str(), status));
  status.Check();
  return op;
}

/** Values are numbered: the input is 0, then come constants and outputs in the order of their first appearance. */
class Recording {
 public:
  explicit Recording(TFE_Context* context) : context_(context) { constants_.emplace_back(); }

  /** An array that no op of the recording made; it is kept as long as the recording. */
  int Constant(TFE_TensorHandle* handle) {
    constants_.push_back(Share(handle));
    return static_cast<int>(constants_.size()) - 1;
  }

  /** An op whose attributes are those of `model`; returns the number of its first output. */
  int Add(std::string name, Op model, std::vector<int> inputs, int outputs) {
    const int first = static_cast<int>(constants_.size());
    constants_.resize(first + outputs);
    calls_.push_back({std::move(name), std::move(model), std::move(inputs), first, outputs, {}});
    return first;
  }

  /** Ends the recording: what it is to give. Other values are freed after the last op that reads them. */
  void End(std::vector<int> results) {
    results_ = std::move(results);
    // Those of which it is known when they are freed, if ever.
    std::vector<bool> settled(constants_.size());
    for (size_t v = 0; v < settled.size(); ++v) settled[v] = v == 0 || constants_[v] != nullptr;
    for (const int result : results_) settled[result] = true;
    for (size_t c = calls_.size(); c-- > 0;) {
      const auto settle = [&](int value) {
        if (settled[value]) return;
        settled[value] = true;
        calls_[c].last.push_back(value);
      };
      for (const int input : calls_[c].inputs) settle(input);
      for (int o = 0; o < calls_[c].outputs; ++o) settle(calls_[c].first + o);
    }
  }

  /** Runs all ops on another input; its shape and type must be those of the recorded one. */
  Handles Run(TFE_TensorHandle* input) const {
    Handles values(constants_.size());
    const auto at = [&](int value) {
      return value == 0 ? input : constants_[value] ? constants_[value].get() : values[value].get();
    };
    Status status;
    for (const Call& call : calls_) {
      const Op op = NewOp(context_, call.name);
      for (const int value : call.inputs) {
        TFE_OpAddInput(op.get(), at(value), status);
        status.Check();
      }
      TFE_OpAddAttrs(op.get(), TFE_OpGetAttrs(call.model.get()));
      std::vector<TFE_TensorHandle*> outputs(call.outputs);
      int count = call.outputs;
      TFE_Execute(op.get(), outputs.data(), &count, status);
      status.Check();
      for (int o = 0; o < count; ++o) values[call.first + o].reset(outputs[o]);
      for (const int value : call.last) values[value].reset();
    }
    Handles results;
    for (const int result : results_) results.push_back(Share(at(result)));
    return results;
  }

 private:
  struct Call {
    std::string name;
    Op model;
    std::vector<int> inputs;
    int first, outputs;
    std::vector<int> last;
  };

  TFE_Context* context_;
  /** By number; empty where the value is the input or an op's. */
  Handles constants_;
  std::vector<Call> calls_;
  std::vector<int> results_;
};

/** A thread that does one thing after another. It lasts, since oneDNN keeps for each thread the code that it has
 * generated. */
class Worker {
 public:
  using Task = std::packaged_task<Handles()>;

  Worker() : thread_([this] { Work(); }) {}

  /** Does first what it was given. */
  ~Worker() {
    Give(Task());
    thread_.join();
  }

  std::future<Handles> Do(Task task) {
    auto result = task.get_future();
    Give(std::move(task));
    return result;
  }

 private:
  void Give(Task task) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    given_.notify_one();
  }

  /** Until there comes a task that is none. */
  void Work() {
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      given_.wait(lock, [this] { return !tasks_.empty(); });
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      if (!task.valid()) return;
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable given_;
  std::deque<Task> tasks_;
  std::thread thread_;
};

/**
 * One run of a recording beside the caller. What it was given and what it found are freed by the caller's thread: the
 * memory of an array may be JavaScript's, which frees it nowhere else.
 */
class Replay {
 public:
  Replay(std::shared_ptr<const Recording> recording, std::shared_ptr<Worker> worker, TFE_TensorHandle* input)
      : recording_(std::move(recording)),
        worker_(std::move(worker)),
        input_(Share(input)),
        results_(worker_->Do(Worker::Task([run = recording_.get(), from = input_.get()] { return run->Run(from); }))) {}

  ~Replay() {
    try {
      if (results_.valid()) results_.get();
    } catch (const std::exception&) {
      // Nobody asks any more.
    }
  }

  /** Waits for its end. Throws what stopped it. */
  Handles Wait() {
    if (!results_.valid()) throw std::runtime_error("A run can be waited for once");
    // What it was given is freed here and now, and not when JavaScript comes to collect what is left of the run.
    results_.wait();
    input_.reset();
    recording_.reset();
    worker_.reset();
    return results_.get();
  }

 private:
  std::shared_ptr<const Recording> recording_;
  std::shared_ptr<Worker> worker_;
  Handle input_;
  std::future<Handles> results_;
};

}  // namespace ofa
