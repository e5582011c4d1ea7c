// Makes TensorFlow's context one of several that compute together: it starts the worker service through which their collective operations
// speak. The addon of tfjs-node-gpu is compiled with -DTFE_NewContext=mmolre_new_context, so that it calls this; it changes nothing unless
// MMOLRE_WORKERS names the workers (host:port,host:port) and MMOLRE_RANK this one of them, from 0. The service answers on every address of the
// machine; on Linux it is made to hear only those of MMOLRE_SOURCES (IPv4, with commas), and MMOLRE_GUARDED is set to 1 when that is done.
#undef TFE_NewContext
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#ifdef __linux__
#include <arpa/inet.h>
#include <dirent.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>
#endif
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

#ifdef __linux__
// Has the kernel drop, at sockets that listen on a port, all packets but those from the given IPv4 addresses, before a connection is made.
// Whether there is such a socket and all of them took the filter.
bool guard(uint16_t port, const std::vector<uint32_t>& sources) {
  const sock_filter accept = BPF_STMT(BPF_RET | BPF_K, 0xffffffff), drop = BPF_STMT(BPF_RET | BPF_K, 0);
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, static_cast<uint32_t>(SKF_NET_OFF)),  // version and header length
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x40, 1, 0),
      drop,
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(SKF_NET_OFF + 12)),  // where it comes from
  };
  for (uint32_t source : sources) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, source, 0, 1));
    program.push_back(accept);
  }
  program.push_back(drop);
  const sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
  DIR* folder = opendir("/proc/self/fd");
  if (!folder) return false;
  bool found = false, all = true;
  while (const dirent* entry = readdir(folder)) {
    const int socket = std::atoi(entry->d_name);
    int listens = 0;
    socklen_t length = sizeof listens;
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || !listens) continue;
    if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
    const uint16_t bound = address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                           : address.ss_family == AF_INET ? reinterpret_cast<sockaddr_in*>(&address)->sin_port
                                                          : 0;
    if (ntohs(bound) != port) continue;
    found = true;
    if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) all = false;
  }
  closedir(folder);
  return found && all;
}

// The port of the worker of that rank.
uint16_t port_of(const std::string& workers, uint64_t rank) {
  std::stringstream addresses(workers);
  std::string address;
  for (uint64_t i = 0; i <= rank; i++) std::getline(addresses, address, ',');
  return static_cast<uint16_t>(std::atoi(address.substr(address.rfind(':') + 1).c_str()));
}

void guard_workers(const std::string& workers, uint64_t rank) {
  const char* named = std::getenv("MMOLRE_SOURCES");
  if (!named) return;
  std::vector<uint32_t> sources;
  std::stringstream list(named);
  std::string source;
  while (std::getline(list, source, ',')) {
    in_addr address;
    if (inet_pton(AF_INET, source.c_str(), &address) != 1) return;
    sources.push_back(ntohl(address.s_addr));
  }
  if (guard(port_of(workers, rank), sources)) setenv("MMOLRE_GUARDED", "1", 1);
}
#else
void guard_workers(const std::string&, uint64_t) {}
#endif

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
  const uint64_t task = std::strtoull(rank, nullptr, 10);
  const std::string server = server_def(workers, task, config);
  TFE_EnableCollectiveOps(context, server.data(), server.size(), status);
  if (TF_GetCode(status) == TF_OK) guard_workers(workers, task);
  return context;
}
