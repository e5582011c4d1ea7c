// Makes TensorFlow's context one of several that compute together: it starts the worker service through which their collective operations
// speak. The addon of tfjs-node-gpu is compiled with -DTFE_NewContext=mmolre_new_context, so that it calls this; it changes nothing unless
// MMOLRE_WORKERS names the workers (host:port,host:port) and MMOLRE_RANK this one of them, from 0.
#undef TFE_NewContext
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"

// Of TensorFlow's experimental API: weak, so that the addon loads where a copy lacks it.
extern "C" __attribute__((weak)) void TFE_EnableCollectiveOps(TFE_Context*, const void* server_def, size_t length, TF_Status*);

namespace {

// The few messages that are needed, in the wire format of Protocol Buffers: field numbers are those of TensorFlow's .proto files.
void varint(std::string& message, uint64_t value) {
  for (; value >= 128; value >>= 7) message += static_cast<char>(value | 128);
  message += static_cast<char>(value);
}
void bytes(std::string& message, int field, const std::string& value) {
  varint(message, field << 3 | 2);
  varint(message, value.size());
  message += value;
}
void number(std::string& message, int field, uint64_t value) {
  varint(message, field << 3);
  varint(message, value);
}

// ConfigProto{experimental{collective_group_leader}}
std::string config_proto() {
  std::string experimental, config;
  bytes(experimental, 1, "/job:worker/replica:0/task:0");
  bytes(config, 16, experimental);
  return config;
}

// ServerDef{cluster{job{name, tasks}}, job_name, task_index, default_session_config, protocol}
std::string server_def(const std::string& workers, uint64_t rank, const std::string& config) {
  std::string job, cluster, server, address;
  bytes(job, 1, "worker");
  std::stringstream addresses(workers);
  for (int task = 0; std::getline(addresses, address, ','); task++) {
    std::string entry;
    number(entry, 1, task);
    bytes(entry, 2, address);
    bytes(job, 2, entry);
  }
  bytes(cluster, 1, job);
  bytes(server, 1, cluster);
  bytes(server, 2, "worker");
  number(server, 3, rank);
  bytes(server, 4, config);
  bytes(server, 5, "grpc");
  return server;
}

}  // namespace

extern "C" TFE_Context* mmolre_new_context(const TFE_ContextOptions* options, TF_Status* status) {
  const char* workers = std::getenv("MMOLRE_WORKERS");
  const char* rank = std::getenv("MMOLRE_RANK");
  if (!workers || !rank) return TFE_NewContext(options, status);
  if (!TFE_EnableCollectiveOps) {
    TF_SetStatus(status, TF_UNIMPLEMENTED, "this copy of TensorFlow has no collective operations to call");
    return nullptr;
  }
  const std::string config = config_proto();
  TFE_ContextOptionsSetConfig(const_cast<TFE_ContextOptions*>(options), config.data(), config.size(), status);
  if (TF_GetCode(status) != TF_OK) return nullptr;
  TFE_Context* context = TFE_NewContext(options, status);
  if (TF_GetCode(status) != TF_OK) return context;
  const std::string server = server_def(workers, std::strtoull(rank, nullptr, 10), config);
  TFE_EnableCollectiveOps(context, server.data(), server.size(), status);
  return context;
}
