#include <algorithm>

#include "absl/strings/ascii.h"
#include "llhttp.h"
#include "test/fuzz/http1_messages.h"

namespace sluice {
namespace {

struct Reader {
  llhttp_t parser;  // first: llhttp hands it back
  std::vector<FuzzMessage> messages;
  absl::string_view asked;
  std::string name;
  std::string value;
  bool in_head = false;
  bool field_open = false;

  FuzzMessage& message() { return messages.back(); }
  void CloseField() {
    if (field_open && in_head) {
      absl::AsciiStrToLower(&name);
      if (name != "host" || parser.type == HTTP_RESPONSE) {
        if (name != "host") message().fields.emplace_back(name, absl::StripAsciiWhitespace(value));
      }
    }
    name.clear();
    value.clear();
    field_open = false;
  }
};

Reader& Of(llhttp_t* parser) { return *reinterpret_cast<Reader*>(parser); }

int OnBegin(llhttp_t* parser) {
  Of(parser).messages.emplace_back();
  Of(parser).in_head = true;
  return 0;
}

int OnName(llhttp_t* parser, const char* at, size_t size) {
  Of(parser).name.append(at, size);
  return 0;
}

int OnValue(llhttp_t* parser, const char* at, size_t size) {
  Of(parser).value.append(at, size);
  return 0;
}

int OnValueComplete(llhttp_t* parser) {
  Of(parser).field_open = true;
  Of(parser).CloseField();
  return 0;
}

int OnHeadersComplete(llhttp_t* parser) {
  Reader& reader = Of(parser);
  reader.in_head = false;
  if (parser->type == HTTP_REQUEST) {
    reader.message().start = llhttp_method_name(static_cast<llhttp_method_t>(parser->method));
    return 0;
  }
  reader.message().start = std::to_string(parser->status_code);
  // We drop a zero length where none may be.
  auto& fields = reader.message().fields;
  if (parser->status_code < 200 || parser->status_code == 204) {
    fields.erase(std::remove_if(fields.begin(), fields.end(),
                                [](const auto& field) { return field.first == "content-length"; }),
                 fields.end());
  }
  // llhttp leaves to its user what has no body but its fields say (RFC 9112 section 6.3).
  const int status = parser->status_code;
  return reader.asked == "HEAD" || status < 200 || status == 204 || status == 304 ? 1 : 0;
}

int OnBody(llhttp_t* parser, const char* at, size_t size) {
  Of(parser).message().body.append(at, size);
  return 0;
}

int OnComplete(llhttp_t* parser) {
  Reader& reader = Of(parser);
  reader.message().complete = true;
  reader.message().ends_reading = parser->upgrade != 0;
  return 0;
}

std::vector<FuzzMessage> Read(absl::string_view bytes, llhttp_type_t type,
                              absl::string_view asked) {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_message_begin = OnBegin;
  settings.on_header_field = OnName;
  settings.on_header_value = OnValue;
  settings.on_header_value_complete = OnValueComplete;
  settings.on_headers_complete = OnHeadersComplete;
  settings.on_body = OnBody;
  settings.on_message_complete = OnComplete;
  Reader reader;
  llhttp_init(&reader.parser, type, &settings);
  reader.asked = asked;
  const llhttp_errno_t error = llhttp_execute(&reader.parser, bytes.data(), bytes.size());
  if (error == HPE_OK && type == HTTP_RESPONSE) llhttp_finish(&reader.parser);
  // Of chunk extensions it knows only lone names, and says so.
  const bool chunk = error == HPE_STRICT || error == HPE_INVALID_CHUNK_SIZE;
  if (chunk && bytes.find(';') != bytes.npos) reader.message().gave_up = true;
  return std::move(reader.messages);
}

}  // namespace

std::vector<FuzzMessage> ReadRequestsByLlhttp(absl::string_view bytes) {
  return Read(bytes, HTTP_REQUEST, "");
}

std::vector<FuzzMessage> ReadResponsesByLlhttp(absl::string_view bytes, absl::string_view method) {
  return Read(bytes, HTTP_RESPONSE, method);
}

}  // namespace sluice
