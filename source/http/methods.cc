#include "source/http/methods.h"

#include <cstddef>

namespace sluice {

Method FindMethod(absl::string_view text) {
  switch (text.size()) {
    case 3:
      if (text == "GET") return Method::kGet;
      if (text == "PUT") return Method::kPut;
      break;
    case 4:
      if (text == "POST") return Method::kPost;
      if (text == "HEAD") return Method::kHead;
      break;
    case 5:
      if (text == "TRACE") return Method::kTrace;
      break;
    case 6:
      if (text == "DELETE") return Method::kDelete;
      break;
    case 7:
      if (text == "CONNECT") return Method::kConnect;
      if (text == "OPTIONS") return Method::kOptions;
      break;
  }
  return Method::kOther;
}

bool IsKnownMethod(absl::string_view text) {
  if (FindMethod(text) != Method::kOther) return true;
  static constexpr absl::string_view kOthers[] = {
      "PATCH",     "PROPFIND", "PROPPATCH", "MKCOL",       "COPY",  "MOVE",       "LOCK",
      "UNLOCK",    "SEARCH",   "REPORT",    "CHECKOUT",    "MERGE", "MKACTIVITY", "MKCALENDAR",
      "ACL",       "BIND",     "REBIND",    "UNBIND",      "LINK",  "UNLINK",     "NOTIFY",
      "SUBSCRIBE", "M-SEARCH", "SOURCE",    "UNSUBSCRIBE", "PURGE",
  };
  for (absl::string_view other : kOthers) {
    if (text == other) return true;
  }
  return false;
}

bool IsIdempotent(Method method) {
  switch (method) {
    case Method::kGet:
    case Method::kHead:
    case Method::kPut:
    case Method::kDelete:
    case Method::kOptions:
    case Method::kTrace:
      return true;
    default:
      return false;
  }
}

}  // namespace sluice
