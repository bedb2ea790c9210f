#include "test/harness/h2_hpack.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace sluice {
namespace {

// RFC 7541 appendix A.
constexpr std::pair<absl::string_view, absl::string_view> kStatic[] = {
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
};
static_assert(std::size(kStatic) == 61);

// RFC 7541 appendix B. The code is canonical: of equal length in the order of symbols, so that the
// lengths say it all. The last symbol is EOS.
constexpr uint8_t kCodeLengths[257] = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,
    5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10, 13, 6,  7,  7,  7,  7,  7,  7,
    7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,
    15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,  6,  7,  6,  5,  5,  6,  7,  7,
    7,  7,  7,  15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
    23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
    21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
};

struct HuffmanCode {
  std::array<uint16_t, 257> symbols;       // in order of code
  std::array<uint32_t, 31> first{};        // code of each length
  std::array<uint16_t, 31> first_index{};  // in symbols
  std::array<uint16_t, 31> count{};
};

HuffmanCode MakeCode() {
  HuffmanCode code;
  std::iota(code.symbols.begin(), code.symbols.end(), 0);
  std::stable_sort(code.symbols.begin(), code.symbols.end(),
                   [](int a, int b) { return kCodeLengths[a] < kCodeLengths[b]; });
  for (const uint8_t length : kCodeLengths) ++code.count[length];
  uint32_t next = 0;
  uint16_t index = 0;
  for (int length = 1; length <= 30; ++length) {
    next <<= 1;
    code.first[length] = next;
    code.first_index[length] = index;
    next += code.count[length];
    index += code.count[length];
  }
  return code;
}

bool HuffmanDecode(absl::string_view in, std::string* out) {
  static const HuffmanCode code = MakeCode();
  uint32_t bits = 0;
  int length = 0;
  for (const char byte : in) {
    for (int i = 7; i >= 0; --i) {
      bits = bits << 1 | ((static_cast<uint8_t>(byte) >> i) & 1);
      if (++length > 30) return false;
      if (bits - code.first[length] >= code.count[length] || bits < code.first[length]) continue;
      const uint16_t symbol = code.symbols[code.first_index[length] + bits - code.first[length]];
      if (symbol == 256) return false;
      out->push_back(static_cast<char>(symbol));
      bits = 0;
      length = 0;
    }
  }
  // Section 5.2: padding is less than a byte, of ones.
  return length < 8 && bits == (uint32_t{1} << length) - 1;
}

bool ReadInteger(absl::string_view* in, uint8_t prefix_bits, uint64_t* value) {
  if (in->empty()) return false;
  const uint8_t mask = static_cast<uint8_t>((1 << prefix_bits) - 1);
  *value = static_cast<uint8_t>(in->front()) & mask;
  in->remove_prefix(1);
  if (*value < mask) return true;
  for (int shift = 0; shift < 35; shift += 7) {
    if (in->empty()) return false;
    const uint8_t byte = static_cast<uint8_t>(in->front());
    in->remove_prefix(1);
    *value += static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

bool ReadString(absl::string_view* in, std::string* out) {
  if (in->empty()) return false;
  const bool huffman = (in->front() & 0x80) != 0;
  uint64_t size;
  if (!ReadInteger(in, 7, &size) || size > in->size()) return false;
  const absl::string_view text = in->substr(0, size);
  in->remove_prefix(size);
  if (huffman) return HuffmanDecode(text, out);
  *out = std::string(text);
  return true;
}

void WriteInteger(std::string* out, uint8_t first, uint8_t prefix_bits, uint64_t value) {
  const uint8_t mask = static_cast<uint8_t>((1 << prefix_bits) - 1);
  if (value < mask) return out->push_back(static_cast<char>(first | value));
  out->push_back(static_cast<char>(first | mask));
  value -= mask;
  for (; value >= 128; value >>= 7) out->push_back(static_cast<char>(0x80 | (value & 0x7f)));
  out->push_back(static_cast<char>(value));
}

void WriteString(std::string* out, absl::string_view text) {
  WriteInteger(out, 0, 7, text.size());
  out->append(text.data(), text.size());
}

}  // namespace

std::string HpackLiterals(const H2Fields& fields) {
  std::string block;
  for (const auto& [name, value] : fields) {
    block.push_back(0);
    WriteString(&block, name);
    WriteString(&block, value);
  }
  return block;
}

std::string HpackIndexedLiteral(absl::string_view name, absl::string_view value) {
  std::string block = "\x40";
  WriteString(&block, name);
  WriteString(&block, value);
  return block;
}

std::string HpackIndex(uint32_t index) {
  std::string block;
  WriteInteger(&block, 0x80, 7, index);
  return block;
}

bool HpackDecoder::Lookup(uint64_t index, std::pair<std::string, std::string>* field) const {
  if (index == 0 || index > std::size(kStatic) + table_.size()) return false;
  if (index <= std::size(kStatic)) {
    *field = {std::string(kStatic[index - 1].first), std::string(kStatic[index - 1].second)};
  } else {
    *field = table_[index - std::size(kStatic) - 1];
  }
  return true;
}

void HpackDecoder::Evict(size_t room) {
  while (!table_.empty() && table_bytes_ + room > size_) {
    table_bytes_ -= table_.back().first.size() + table_.back().second.size() + 32;
    table_.pop_back();
  }
}

bool HpackDecoder::Field(absl::string_view* block, uint8_t prefix_bits, H2Fields* fields,
                         bool remember) {
  uint64_t index;
  if (!ReadInteger(block, prefix_bits, &index)) return false;
  std::pair<std::string, std::string> field;
  if (index == 0) {
    if (!ReadString(block, &field.first)) return false;
  } else if (!Lookup(index, &field)) {
    return false;
  }
  field.second.clear();
  if (!ReadString(block, &field.second)) return false;
  if (remember) {
    const size_t room = field.first.size() + field.second.size() + 32;
    Evict(room);
    if (room <= size_) {
      table_.push_front(field);
      table_bytes_ += room;
    }
  }
  fields->push_back(std::move(field));
  return true;
}

bool HpackDecoder::Decode(absl::string_view block, H2Fields* fields) {
  while (!block.empty()) {
    const uint8_t first = static_cast<uint8_t>(block.front());
    if ((first & 0x80) != 0) {
      uint64_t index;
      std::pair<std::string, std::string> field;
      if (!ReadInteger(&block, 7, &index) || !Lookup(index, &field)) return false;
      fields->push_back(std::move(field));
    } else if ((first & 0x40) != 0) {
      if (!Field(&block, 6, fields, true)) return false;
    } else if ((first & 0x20) != 0) {
      uint64_t size;
      if (!ReadInteger(&block, 5, &size) || size > limit_) return false;
      size_ = size;
      Evict(0);
    } else if (!Field(&block, 4, fields, false)) {
      return false;
    }
  }
  return true;
}

}  // namespace sluice
