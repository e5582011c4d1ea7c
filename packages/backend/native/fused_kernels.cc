// Operations of ours for TensorFlow, which do in one pass over memory what a layer otherwise does in many: `fused_rows.h` says what. They are
// registered when the addon loads, on the CPU, and called by name. Rows are dealt out in a partition that depends on their number alone, so
// that results are the same for any number of threads. Nothing is read or written beyond the shapes, which are checked first.
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

// Of tensorflow/c/kernels.h, which includes what the wheel does not have.
extern "C" {
struct TF_KernelBuilder;
struct TF_OpKernelConstruction;
struct TF_OpKernelContext;
TF_KernelBuilder* TF_NewKernelBuilder(const char* op, const char* device, void* (*create)(TF_OpKernelConstruction*),
                                      void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));
void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder*, TF_Status*);
int TF_NumInputs(TF_OpKernelContext*);
void TF_GetInput(TF_OpKernelContext*, int, TF_Tensor**, TF_Status*);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext*, int, TF_DataType, const int64_t* shape, int axes, size_t bytes, TF_Status*);
void TF_OpKernelContext_Failure(TF_OpKernelContext*, TF_Status*);
void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction*, const char* name, float*, TF_Status*);
void TF_OpKernelConstruction_Failure(TF_OpKernelConstruction*, TF_Status*);
}

namespace {

// Looks out for a moment for what another thread changes, before it is worth to sleep: about as long as JavaScript takes between two operations.
template <typename Seen>
void look_out(Seen seen) {
  for (int i = 0; i < 2000 && !seen(); i++) {
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
  }
}

// Threads that sleep between operations, after looking out for the next one for a moment; the one that calls works too.
class Threads {
 public:
  Threads() {
    const char* asked = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int hardware = static_cast<int>(std::thread::hardware_concurrency());
    const int count = asked && std::atoi(asked) > 0 ? std::atoi(asked) : hardware > 0 ? hardware : 1;
    for (int i = 1; i < count; i++) std::thread([this] { serve(); }).detach();
  }
  // Calls work(0) .. work(parts - 1), and returns when all have returned.
  void run(int64_t parts, const std::function<void(int64_t)>& work) {
    std::lock_guard<std::mutex> one_caller(caller_);
    {
      std::lock_guard<std::mutex> lock(state_);
      work_ = &work;
      parts_ = parts;
      next_ = 0;
      left_ = parts;
      generation_++;
    }
    wake_.notify_all();
    take(work, parts);
    look_out([this] { return left_ == 0 && busy_ == 0; });
    std::unique_lock<std::mutex> lock(state_);
    done_.wait(lock, [this] { return left_ == 0 && busy_ == 0; });
    work_ = nullptr;
  }

 private:
  void take(const std::function<void(int64_t)>& work, int64_t parts) {
    int64_t finished = 0;
    for (int64_t part; (part = next_.fetch_add(1)) < parts; finished++) work(part);
    if (finished == 0) return;
    std::lock_guard<std::mutex> lock(state_);
    left_ -= finished;
    if (left_ == 0) done_.notify_one();
  }
  void serve() {
    uint64_t seen = 0;
    std::unique_lock<std::mutex> lock(state_);
    for (;;) {
      lock.unlock();
      look_out([&] { return generation_ != seen; });
      lock.lock();
      wake_.wait(lock, [&] { return work_ && generation_ != seen; });
      seen = generation_;
      const auto* work = work_;
      const int64_t parts = parts_;
      busy_++;
      lock.unlock();
      take(*work, parts);
      lock.lock();
      if (--busy_ == 0 && left_ == 0) done_.notify_one();
    }
  }
  std::mutex caller_, state_;
  std::condition_variable wake_, done_;
  const std::function<void(int64_t)>* work_ = nullptr;
  std::atomic<int64_t> next_{0}, left_{0}, busy_{0};
  int64_t parts_ = 0;
  std::atomic<uint64_t> generation_{0};
};

Threads& threads() {
  static Threads* all = new Threads;  // never freed: its threads end with the process
  return *all;
}

constexpr int64_t NUMBERS_PER_PART = 1 << 15;
constexpr int64_t MOST_PARTS = 64;

// In how many parts rows of a width are worked on.
int64_t parts_of(int64_t rows, int64_t width) {
  const int64_t parts = rows * width / NUMBERS_PER_PART;
  const int64_t most = rows < MOST_PARTS ? rows : MOST_PARTS;
  return parts < 1 ? 1 : parts < most ? parts : most;
}

// Calls work(part, begin, end) for all rows.
template <typename Work>
void over_rows(int64_t rows, int64_t width, Work work) {
  const int64_t parts = parts_of(rows, width);
  const auto one = [&](int64_t part) { work(part, rows * part / parts, rows * (part + 1) / parts); };
  if (parts == 1) one(0);
  else threads().run(parts, one);
}

// One call of an operation: its inputs and outputs, and what was wrong with them.
class Call {
 public:
  Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {
    for (int i = 0; i < TF_NumInputs(context); i++) {
      TF_Tensor* tensor = nullptr;
      TF_GetInput(context, i, &tensor, status_);
      inputs_.push_back(tensor);
    }
  }
  ~Call() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* tensor : inputs_) TF_DeleteTensor(tensor);
    for (TF_Tensor* tensor : outputs_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }
  bool is_right() const { return TF_GetCode(status_) == TF_OK; }
  bool require(bool holds, const char* what) {
    if (!holds && is_right()) TF_SetStatus(status_, TF_INVALID_ARGUMENT, what);
    return holds && is_right();
  }
  int64_t size(int i) const { return TF_TensorElementCount(inputs_[i]); }
  std::vector<int64_t> shape(int i) const {
    std::vector<int64_t> shape;
    for (int axis = 0; axis < TF_NumDims(inputs_[i]); axis++) shape.push_back(TF_Dim(inputs_[i], axis));
    return shape;
  }
  int64_t last(int i) const { return TF_NumDims(inputs_[i]) == 0 ? 1 : TF_Dim(inputs_[i], TF_NumDims(inputs_[i]) - 1); }
  // For the operations whose caller gives a buffer up to be written.
  float* changed(int i) const { return static_cast<float*>(TF_TensorData(inputs_[i])); }
  const float* numbers(int i) const { return static_cast<const float*>(TF_TensorData(inputs_[i])); }
  // Null where it is empty, which says that nothing is dropped.
  const uint8_t* kept(int i) const { return size(i) == 0 ? nullptr : static_cast<const uint8_t*>(TF_TensorData(inputs_[i])); }
  const int32_t* integers(int i) const { return static_cast<const int32_t*>(TF_TensorData(inputs_[i])); }
  // Null where it could not be had, or there is nothing to write.
  float* output(int i, const std::vector<int64_t>& shape) { return static_cast<float*>(output_of(TF_FLOAT, i, shape)); }
  void* output_of(TF_DataType type, int i, const std::vector<int64_t>& shape) {
    size_t bytes = TF_DataTypeSize(type);
    for (int64_t length : shape) bytes *= length;
    if (!is_right()) return nullptr;
    TF_Tensor* tensor = TF_AllocateOutput(context_, i, type, shape.data(), static_cast<int>(shape.size()), bytes, status_);
    if (!tensor) return nullptr;
    outputs_.push_back(tensor);
    return bytes == 0 || !is_right() ? nullptr : TF_TensorData(tensor);
  }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> inputs_, outputs_;
};

// What an operation is told beside its inputs; those that it has not are 0.
struct Attributes {
  float scale = 0, epsilon = 0, temperature = 0, rate = 0;
};

struct Operation {
  const char* name;
  std::vector<const char*> inputs, outputs, attributes;
  void (*compute)(Call&, const Attributes&);
};

// Once for each set of instructions, since a compiler makes vectors of one length only; on other processors and by other compilers, TensorFlow's own
// operations are as fast, and there are none of ours.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4")
namespace avx512 {
constexpr int LANES = 16, TILE_ROWS = 12;
#include "operations.h"
}  // namespace avx512
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
namespace avx2 {
constexpr int LANES = 8, TILE_ROWS = 6;
#include "operations.h"
}  // namespace avx2
#pragma GCC pop_options
namespace sse {
constexpr int LANES = 4, TILE_ROWS = 4;
#include "operations.h"
}  // namespace sse

// Those of the processor's best set.
const Operation& operation(int i) {
  static const Operation* const best = __builtin_cpu_supports("x86-64-v4")   ? avx512::OPERATIONS
                                       : __builtin_cpu_supports("x86-64-v3") ? avx2::OPERATIONS
                                                                             : sse::OPERATIONS;
  return best[i];
}

// One of an operation's kernels, as TensorFlow keeps it.
template <int I>
struct Kernel {
  static void* create(TF_OpKernelConstruction* construction) {
    auto* attributes = new Attributes;
    TF_Status* status = TF_NewStatus();
    for (const std::string name : operation(I).attributes) {
      float* to = name == "scale" ? &attributes->scale : name == "epsilon" ? &attributes->epsilon : name == "rate" ? &attributes->rate : &attributes->temperature;
      TF_OpKernelConstruction_GetAttrFloat(construction, name.c_str(), to, status);
    }
    if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
    TF_DeleteStatus(status);
    return attributes;
  }
  static void compute(void* attributes, TF_OpKernelContext* context) {
    Call call(context);
    if (call.is_right()) operation(I).compute(call, *static_cast<Attributes*>(attributes));
  }
  static void destroy(void* attributes) { delete static_cast<Attributes*>(attributes); }
};

void unknown_shapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

template <int I>
bool register_operation() {
  const Operation& operation = ::operation(I);
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(operation.name);
  for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : operation.outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  for (const char* name : operation.attributes) TF_OpDefinitionBuilderAddAttr(definition, (std::string(name) + ": float").c_str());
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, unknown_shapes);
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_KernelBuilder* builder =
        TF_NewKernelBuilder(operation.name, "CPU", Kernel<I>::create, Kernel<I>::compute, Kernel<I>::destroy);
    TF_RegisterKernelBuilder(operation.name, builder, status);
  }
  const bool done = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return done;
}

template <int... I>
bool register_all(std::integer_sequence<int, I...>) {
  return (register_operation<I>() && ...);
}

const bool registered = register_all(std::make_integer_sequence<int, sizeof sse::OPERATIONS / sizeof *sse::OPERATIONS>{});
#endif

}  // namespace
