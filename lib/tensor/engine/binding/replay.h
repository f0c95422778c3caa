// Ops that were recorded as they ran, and are run again on a thread of their own with another input.
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

/** A list of ops. Values have indices: the input is 0, then constants and outputs in the order in which they appear. */
class Recording {
 public:
  explicit Recording(TFE_Context* context) : context_(context) { constants_.emplace_back(); }

  /** Adds an array that no recorded op computed; it is kept as long as the recording. Returns its index. */
  int AddConstant(TFE_TensorHandle* handle) {
    constants_.push_back(Share(handle));
    return static_cast<int>(constants_.size()) - 1;
  }

  /** Adds an op with the attributes of `attributes`; returns the index of its first output. */
  int AddOp(std::string name, Op attributes, std::vector<int> inputs, int outputs) {
    const int first = static_cast<int>(constants_.size());
    constants_.resize(first + outputs);
    calls_.push_back({std::move(name), std::move(attributes), std::move(inputs), first, outputs, {}});
    return first;
  }

  /** Ends the recording. Values other than these results are freed after the last op that reads them. */
  void End(std::vector<int> results) {
    results_ = std::move(results);
    // Values that are kept to the end, or whose last use is already known.
    std::vector<bool> done(constants_.size());
    for (size_t v = 0; v < done.size(); ++v) done[v] = v == 0 || constants_[v] != nullptr;
    for (const int result : results_) done[result] = true;
    for (size_t c = calls_.size(); c-- > 0;) {
      const auto mark_last_use = [&](int value) {
        if (done[value]) return;
        done[value] = true;
        calls_[c].last_uses.push_back(value);
      };
      for (const int input : calls_[c].inputs) mark_last_use(input);
      for (int o = 0; o < calls_[c].outputs; ++o) mark_last_use(calls_[c].first_output + o);
    }
  }

  /** Runs all ops on an input of the same shape and type as the recorded one. */
  Handles Run(TFE_TensorHandle* input) const {
    Handles values(constants_.size());
    const auto value_at = [&](int index) {
      return index == 0 ? input : constants_[index] ? constants_[index].get() : values[index].get();
    };
    Status status;
    for (const Call& call : calls_) {
      const Op op = NewOp(context_, call.name);
      for (const int value : call.inputs) {
        TFE_OpAddInput(op.get(), value_at(value), status);
        status.Check();
      }
      TFE_OpAddAttrs(op.get(), TFE_OpGetAttrs(call.attributes.get()));
      std::vector<TFE_TensorHandle*> outputs(call.outputs);
      int count = call.outputs;
      TFE_Execute(op.get(), outputs.data(), &count, status);
      status.Check();
      for (int o = 0; o < count; ++o) values[call.first_output + o].reset(outputs[o]);
      for (const int value : call.last_uses) values[value].reset();
    }
    Handles results;
    for (const int result : results_) results.push_back(Share(value_at(result)));
    return results;
  }

 private:
  struct Call {
    std::string name;
    Op attributes;
    std::vector<int> inputs;
    int first_output, outputs;
    std::vector<int> last_uses;
  };

  TFE_Context* context_;
  /** By index; null for the input and for outputs of ops. */
  Handles constants_;
  std::vector<Call> calls_;
  std::vector<int> results_;
};

/** A thread that runs tasks in order. It is kept for all runs, because oneDNN caches generated code for each thread. */
class Worker {
 public:
  using Task = std::packaged_task<Handles()>;

  Worker() : thread_([this] { Work(); }) {}

  /** Finishes the queued tasks first. */
  ~Worker() {
    Enqueue(Task());
    thread_.join();
  }

  std::future<Handles> Run(Task task) {
    auto result = task.get_future();
    Enqueue(std::move(task));
    return result;
  }

 private:
  void Enqueue(Task task) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    added_.notify_one();
  }

  /** Ends with the first empty task. */
  void Work() {
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      added_.wait(lock, [this] { return !tasks_.empty(); });
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      if (!task.valid()) return;
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<Task> tasks_;
  std::thread thread_;
};

/**
 * One run of a recording, in parallel to the calling thread. Inputs and results are freed on the calling thread: the
 * memory of an array may belong to JavaScript, which can free it only there.
 */
class Replay {
 public:
  Replay(std::shared_ptr<const Recording> recording, std::shared_ptr<Worker> worker, TFE_TensorHandle* input)
      : recording_(std::move(recording)),
        worker_(std::move(worker)),
        input_(Share(input)),
        results_(worker_->Run(Worker::Task([run = recording_.get(), from = input_.get()] { return run->Run(from); }))) {
  }

  ~Replay() {
    try {
      if (results_.valid()) results_.get();
    } catch (const std::exception&) {
      // Wait was never called for this run, and a destructor must not throw: the error is ignored on purpose.
    }
  }

  /** Waits for the results. Throws the error that stopped the run. */
  Handles Wait() {
    if (!results_.valid()) throw std::runtime_error("Wait can be called only once for a run");
    // Freed now, rather than when JavaScript collects the run.
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
