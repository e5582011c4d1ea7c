// dup and dup2 for JavaScript, which has neither. TensorFlow writes two lines to file descriptor 2 at its first
// operation whatever its log level; with these two calls the loader can hold that descriptor for a moment.
#include <node_api.h>
#include <unistd.h>

static napi_value Dup(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value args[1], result;
  int32_t fd = -1;
  napi_get_cb_info(env, info, &argc, args, nullptr, nullptr);
  napi_get_value_int32(env, args[0], &fd);
  napi_create_int32(env, dup(fd), &result);
  return result;
}

static napi_value Dup2(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value args[2], result;
  int32_t from = -1, to = -1;
  napi_get_cb_info(env, info, &argc, args, nullptr, nullptr);
  napi_get_value_int32(env, args[0], &from);
  napi_get_value_int32(env, args[1], &to);
  napi_create_int32(env, dup2(from, to), &result);
  return result;
}

static napi_value Init(napi_env env, napi_value exports) {
  napi_value fn;
  napi_create_function(env, "dup", NAPI_AUTO_LENGTH, Dup, nullptr, &fn);
  napi_set_named_property(env, exports, "dup", fn);
  napi_create_function(env, "dup2", NAPI_AUTO_LENGTH, Dup2, nullptr, &fn);
  napi_set_named_property(env, exports, "dup2", fn);
  return exports;
}

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
