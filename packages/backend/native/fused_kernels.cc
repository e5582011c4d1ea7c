// Operations of ours for TensorFlow, which do in one pass over memory what a layer otherwise does in many: `fused_rows.h` says what. They are
// registered when the addon loads, on the CPU, and called by name. Rows are dealt out in a partition that depends on their number alone, so
// that results are the same for any number of threads. Nothing is read or written beyond the shapes, which are checked first.
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>
#include "fused_rows.h"
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

// Threads that sleep between operations; the one that calls works too.
class Threads {
 public:
  Threads() {
    const char* asked = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int count = asked && std::atoi(asked) > 0 ? std::atoi(asked) : static_cast<int>(std::thread::hardware_concurrency());
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
  std::atomic<int64_t> next_{0};
  int64_t parts_ = 0, left_ = 0, busy_ = 0;
  uint64_t generation_ = 0;
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

void draw_kept(Call& call, const Attributes& attributes) {
  if (!call.require(call.size(1) == 2, "seed: expected two numbers")) return;
  std::vector<int64_t> shape(call.integers(0), call.integers(0) + call.size(0));
  int64_t size = 1;
  for (int64_t length : shape) {
    if (!call.require(length >= 0 && (length == 0 || size <= INT32_MAX * int64_t{8} / length), "shape: expected sizes from 0")) return;
    size *= length;
  }
  const auto* seed = reinterpret_cast<const uint32_t*>(call.integers(1));
  auto* kept = static_cast<uint8_t*>(call.output_of(TF_BOOL, 0, shape));
  if (!kept) return;
  const uint32_t one = seed[0], other = seed[1], threshold = static_cast<uint32_t>(std::lround(attributes.rate * 65536));
  const int64_t groups = (size + fused::DRAWN_AT_ONCE - 1) / fused::DRAWN_AT_ONCE;
  over_rows(groups, fused::DRAWN_AT_ONCE, [=](int64_t, int64_t begin, int64_t end) {
    fused::draw_kept(one, other, threshold, kept, begin, end, size);
  });
}

void drop(Call& call, const Attributes& attributes) {
  if (!call.require(call.size(1) == call.size(0), "kept: expected as many entries as x")) return;
  const float* x = call.numbers(0);
  const uint8_t* kept = call.kept(1);
  float* y = call.output(0, call.shape(0));
  const float scale = attributes.scale;
  if (!y) return;
  over_rows(call.size(0), 1, [=](int64_t, int64_t begin, int64_t end) {
    fused::drop(x + begin, kept + begin, scale, y + begin, end - begin);
  });
}

// The index that input i is, or null where it is empty.
const int32_t* index_of(const Call& call, int i) { return call.size(i) == 0 ? nullptr : call.integers(i); }

void take_rows(Call& call, const Attributes&) {
  const int64_t count = call.size(1), D = call.last(0), rows = D == 0 ? 0 : call.size(0) / D;
  const float* from = call.numbers(0);
  const int32_t* index = call.integers(1);
  float* to = call.output(0, {count, D});
  if (!to) return;
  over_rows(count, D, [=](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t row = fused::row_at(index, i, rows);
      fused::copy_row(row < 0 ? nullptr : from + row * D, to + i * D, D);
    }
  });
}

void split_heads(Call& call, const Attributes&) {
  if (!call.require(call.size(2) == 3, "shape: expected B, T and H")) return;
  const int64_t B = call.integers(2)[0], T = call.integers(2)[1], H = call.integers(2)[2], D = call.last(0);
  const bool fits = call.require(B >= 0 && T >= 0 && H > 0 && D % H == 0, "heads: expected a number that divides the width") &&
                    call.require(B == 0 || T <= INT32_MAX / B, "shape: expected fewer positions");
  if (!fits) return;
  const int64_t rows = D == 0 ? 0 : call.size(0) / D;
  const int32_t* index = index_of(call, 1);
  if (!call.require(index ? call.size(1) == B * T : rows == B * T, "index: expected a row for each of B * T positions")) return;
  float* to = call.output(0, {B, H, T, D / H});
  if (!to) return;
  const fused::Heads of = {call.numbers(0), index, to, rows, T, H, D / H};
  over_rows(B * T, D, [&](int64_t, int64_t begin, int64_t end) { fused::split_heads(of, begin, end); });
}

void merge_heads(Call& call, const Attributes&) {
  const auto shape = call.shape(0);
  if (!call.require(shape.size() == 4, "heads: expected [B, H, T, d]")) return;
  const int64_t positions = shape[0] * shape[2], D = shape[1] * shape[3];
  const int32_t* index = index_of(call, 1);
  const int64_t rows = index ? call.size(1) : positions;
  float* to = call.output(0, {rows, D});
  if (!to) return;
  const fused::Heads of = {call.numbers(0), index, to, positions, shape[2], shape[1], shape[3]};
  over_rows(rows, D, [&](int64_t, int64_t begin, int64_t end) { fused::merge_heads(of, begin, end); });
}

void add_norm(Call& call, const Attributes& attributes) {
  const int64_t D = call.last(0), size = call.size(0), rows = D == 0 ? 0 : size / D;
  const bool fits = call.require(call.size(1) == 0 || call.size(1) == size, "change: expected nothing, or the shape of x") &&
                    call.require(call.size(2) == 0 || (call.size(1) == size && call.size(2) == size), "kept: expected nothing, or the shape of change") &&
                    call.require(call.size(3) == D && call.size(4) == D, "weight and bias: expected the width of x");
  if (!fits) return;
  float *y = call.output(0, call.shape(0)), *unit = call.output(1, call.shape(0)), *deviation = call.output(2, {rows});
  if (!y || !unit || !deviation) return;
  const float* change = call.size(1) == 0 ? nullptr : call.numbers(1);
  const fused::Norm norm = {call.numbers(0), change, call.kept(2), attributes.scale, call.numbers(3), call.numbers(4),
                            attributes.epsilon, y, unit, deviation, D};
  over_rows(rows, D, [&](int64_t, int64_t begin, int64_t end) { fused::add_norm(norm, begin, end); });
}

void add_norm_gradient(Call& call, const Attributes& attributes) {
  const int64_t D = call.last(0), size = call.size(0), rows = D == 0 ? 0 : size / D;
  const bool fits = call.require(call.size(1) == size && call.size(2) == rows, "unit and deviation: expected those of dy's shape") &&
                    call.require(call.size(3) == D, "weight: expected the width of dy") &&
                    call.require(call.size(4) == 0 || call.size(4) == size, "kept: expected nothing, or the shape of dy");
  if (!fits) return;
  const uint8_t* kept = call.kept(4);
  float* d_sum = call.output(0, call.shape(0));
  float* d_change = call.output(1, kept ? call.shape(0) : std::vector<int64_t>{0});
  float *d_weight = call.output(2, {D}), *d_bias = call.output(3, {D});
  if (!d_weight || !d_bias) return;
  for (int64_t i = 0; i < D; i++) d_weight[i] = d_bias[i] = 0;
  if (!d_sum || (kept && !d_change)) return;
  const fused::NormGradient norm = {call.numbers(0), call.numbers(1), call.numbers(2), call.numbers(3), kept,
                                    attributes.scale, d_sum, d_change, D};
  // Each part adds its rows for itself; the parts are added in their order.
  std::vector<float> sums(parts_of(rows, D) * 2 * D);
  over_rows(rows, D, [&](int64_t part, int64_t begin, int64_t end) {
    float* own = sums.data() + part * 2 * D;
    fused::add_norm_gradient(norm, begin, end, own, own + D);
  });
  for (size_t at = 0; at < sums.size(); at += 2 * D)
    for (int64_t i = 0; i < D; i++) {
      d_weight[i] += sums[at + i];
      d_bias[i] += sums[at + D + i];
    }
}

void softmax(Call& call, const Attributes& attributes) {
  const int64_t K = call.last(0), size = call.size(0), rows = K == 0 ? 0 : size / K, masks = K == 0 ? 0 : call.size(1) / K;
  const bool fits = call.require(call.last(1) == K && (masks == 0 ? rows == 0 : rows % masks == 0),
                                 "mask: expected [B, K] for scores [B, H, Q, K]");
  float* probs = fits ? call.output(0, call.shape(0)) : nullptr;
  if (!probs) return;
  const fused::Softmax of = {call.numbers(0), call.numbers(1), probs, attributes.temperature, K, rows / masks};
  over_rows(rows, K, [&](int64_t, int64_t begin, int64_t end) { fused::softmax(of, begin, end); });
}

void softmax_gradient(Call& call, const Attributes& attributes) {
  const int64_t K = call.last(0), size = call.size(0), rows = K == 0 ? 0 : size / K;
  const bool fits = call.require(call.size(1) == size, "the gradient: expected the shape of the weights") &&
                    call.require(call.size(2) == 0 || call.size(2) == size, "kept: expected nothing, or the shape of the weights");
  float* d_scores = fits ? call.output(0, call.shape(0)) : nullptr;
  if (!d_scores) return;
  const fused::SoftmaxGradient of = {call.numbers(0), call.numbers(1), call.kept(2), attributes.scale,
                                     attributes.temperature, d_scores, K};
  over_rows(rows, K, [&](int64_t, int64_t begin, int64_t end) { fused::softmax_gradient(of, begin, end); });
}

void square_sum(Call& call, const Attributes&) {
  const float* x = call.numbers(0);
  float* total = call.output(0, {});
  if (!total) return;
  std::vector<double> sums(parts_of(call.size(0), 1));
  over_rows(call.size(0), 1, [&](int64_t part, int64_t begin, int64_t end) { sums[part] = fused::square_sum(x, begin, end); });
  *total = static_cast<float>(std::accumulate(sums.begin(), sums.end(), 0.0));
}

void adam_w(Call& call, const Attributes&) {
  const int64_t size = call.size(0);
  fused::AdamStep step;
  const bool fits = call.require(call.size(1) == size && call.size(2) == size && call.size(3) == size, "gradient and means: expected the shape of the value") &&
                    call.require(call.size(4) * sizeof(float) == sizeof step, "step: expected nine numbers");
  float* updated = fits ? call.output(0, call.shape(0)) : nullptr;
  if (!updated) return;
  std::memcpy(&step, call.numbers(4), sizeof step);
  const fused::AdamW of = {call.numbers(0), call.numbers(1), call.changed(2), call.changed(3), updated};
  over_rows(size, 1, [&](int64_t, int64_t begin, int64_t end) { fused::adam_w(of, step, begin, end); });
}

// What is kept of an activation's x, and where its result goes; y is null where there is nothing to do.
fused::Activation activation(Call& call, const Attributes& attributes) {
  const bool fits = call.require(call.size(1) == 0 || call.size(1) == call.size(0), "kept: expected nothing, or the shape of x");
  return {call.numbers(0), call.kept(1), attributes.scale, fits ? call.output(0, call.shape(0)) : nullptr};
}

template <void (*Activate)(const fused::Activation&, int64_t, int64_t)>
void activate(Call& call, const Attributes& attributes) {
  const fused::Activation of = activation(call, attributes);
  if (of.y) over_rows(call.size(0), 1, [&](int64_t, int64_t begin, int64_t end) { Activate(of, begin, end); });
}

template <void (*Gradient)(const fused::Activation&, const float*, int64_t, int64_t)>
void activation_gradient(Call& call, const Attributes& attributes) {
  if (!call.require(call.size(2) == call.size(0), "the gradient: expected the shape of x")) return;
  const fused::Activation of = activation(call, attributes);
  const float* dy = call.numbers(2);
  if (of.y) over_rows(call.size(0), 1, [&](int64_t, int64_t begin, int64_t end) { Gradient(of, dy, begin, end); });
}

void add_bias(Call& call, const Attributes&) {
  const int64_t D = call.last(0);
  if (!call.require(call.size(1) == D, "bias: expected the width of the rows") || D == 0) return;
  float* rows = call.changed(0);
  const float* bias = call.numbers(1);
  over_rows(call.size(0) / D, D, [=](int64_t, int64_t begin, int64_t end) { fused::add_to_rows(rows, bias, D, begin, end); });
}

struct Operation {
  const char* name;
  std::vector<const char*> inputs, outputs, attributes;
  void (*compute)(Call&, const Attributes&);
};

const Operation OPERATIONS[] = {
    {"MmolreDrawKept", {"shape: int32", "seed: int32"}, {"kept: bool"}, {"rate"}, draw_kept},
    {"MmolreDrop", {"x: float", "kept: bool"}, {"y: float"}, {"scale"}, drop},
    {"MmolreTakeRows", {"rows: float", "index: int32"}, {"taken: float"}, {}, take_rows},
    {"MmolreSplitHeads", {"rows: float", "index: int32", "shape: int32"}, {"heads: float"}, {}, split_heads},
    {"MmolreMergeHeads", {"heads: float", "index: int32"}, {"rows: float"}, {}, merge_heads},
    {"MmolreAddNorm",
     {"x: float", "change: float", "kept: bool", "weight: float", "bias: float"},
     {"y: float", "unit: float", "deviation: float"},
     {"scale", "epsilon"},
     add_norm},
    {"MmolreAddNormGradient",
     {"dy: float", "unit: float", "deviation: float", "weight: float", "kept: bool"},
     {"d_sum: float", "d_change: float", "d_weight: float", "d_bias: float"},
     {"scale"},
     add_norm_gradient},
    {"MmolreSoftmax", {"scores: float", "mask: float"}, {"probs: float"}, {"temperature"}, softmax},
    {"MmolreSoftmaxGradient",
     {"probs: float", "d_dropped: float", "kept: bool"},
     {"d_scores: float"},
     {"scale", "temperature"},
     softmax_gradient},
    {"MmolreSquareSum", {"x: float"}, {"sum: float"}, {}, square_sum},
    {"MmolreAdamW",
     {"value: float", "grad: float", "first: float", "second: float", "step: float"},
     {"updated: float"},
     {},
     adam_w},
    {"MmolreGelu", {"x: float", "kept: bool"}, {"y: float"}, {"scale"}, activate<fused::gelu>},
    {"MmolreGeluGradient", {"x: float", "kept: bool", "dy: float"}, {"dx: float"}, {"scale"}, activation_gradient<fused::gelu_gradient>},
    {"MmolreRelu", {"x: float", "kept: bool"}, {"y: float"}, {"scale"}, activate<fused::relu>},
    {"MmolreReluGradient", {"x: float", "kept: bool", "dy: float"}, {"dx: float"}, {"scale"}, activation_gradient<fused::relu_gradient>},
    {"MmolreAddBias", {"rows: float", "bias: float"}, {}, {}, add_bias},
};

// One of an operation's kernels, as TensorFlow keeps it.
template <int I>
struct Kernel {
  static void* create(TF_OpKernelConstruction* construction) {
    auto* attributes = new Attributes;
    TF_Status* status = TF_NewStatus();
    for (const std::string name : OPERATIONS[I].attributes) {
      float* to = name == "scale" ? &attributes->scale : name == "epsilon" ? &attributes->epsilon : name == "rate" ? &attributes->rate : &attributes->temperature;
      TF_OpKernelConstruction_GetAttrFloat(construction, name.c_str(), to, status);
    }
    if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
    TF_DeleteStatus(status);
    return attributes;
  }
  static void compute(void* attributes, TF_OpKernelContext* context) {
    Call call(context);
    if (call.is_right()) OPERATIONS[I].compute(call, *static_cast<Attributes*>(attributes));
  }
  static void destroy(void* attributes) { delete static_cast<Attributes*>(attributes); }
};

void unknown_shapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

template <int I>
bool register_operation() {
  const Operation& operation = OPERATIONS[I];
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

#ifndef NO_FUSED_KERNELS
const bool registered = register_all(std::make_integer_sequence<int, sizeof OPERATIONS / sizeof *OPERATIONS>{});
#endif

}  // namespace
