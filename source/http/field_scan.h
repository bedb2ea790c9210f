// Field scan: the byte loops of the parser, sixteen bytes a step where the text has them. Pure; any
// thread. Never reads past `end`, nor before `begin`: the beginning of the text, which a last step
// that is cut short takes in a second time.
#pragma once

#include <emmintrin.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "source/http/header_names.h"

namespace sluice {

// Lower case of a token byte (RFC 9110 section 5.6.2), 0 for any other.
constexpr std::array<uint8_t, 256> MakeTokenTable() {
  std::array<uint8_t, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[c] = static_cast<uint8_t>(c);
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = static_cast<uint8_t>(c - 'A' + 'a');
  for (int c = '0'; c <= '9'; ++c) table[c] = static_cast<uint8_t>(c);
  for (const char c :
       {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
    table[static_cast<uint8_t>(c)] = static_cast<uint8_t>(c);
  }
  return table;
}
inline constexpr std::array<uint8_t, 256> kTokenLowerCase = MakeTokenTable();

inline uint8_t TokenLowerCase(char c) { return kTokenLowerCase[static_cast<uint8_t>(c)]; }

// The first byte that is not of a token, or `end`.
inline const char* ScanToken(const char* at, const char* end) {
  while (at != end && TokenLowerCase(*at) != 0) ++at;
  return at;
}

inline constexpr ptrdiff_t kScanStep = 16;

inline __m128i LoadStep(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

// Bit i: byte i of the step is a control byte that a field value may not have: below space but TAB,
// or DEL.
inline unsigned ControlBits(__m128i bytes) {
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  const __m128i control = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t')), low);
  const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
  return _mm_movemask_epi8(_mm_or_si128(control, del));
}

// ... is a byte that a request target may not have (request_target.h).
inline unsigned NotTargetBits(__m128i bytes) {
  // Signed: bytes from 0x80 on are below space as well.
  const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ' + 1));
  const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
  const __m128i hash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('#'));
  return _mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(del, hash)));
}

inline unsigned ColonBits(__m128i bytes) {
  return _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(':')));
}

// All ones where a byte is one of the `count` bytes from `first` on.
inline __m128i InRange(__m128i bytes, char first, char count) {
  const __m128i offset = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
  return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8(static_cast<char>(count - 1))), offset);
}

// ... is a letter, a digit or "-", as in nearly all names.
inline unsigned PlainNameBits(__m128i bytes) {
  const __m128i letters = InRange(_mm_or_si128(bytes, _mm_set1_epi8('a' - 'A')), 'a', 26);
  const __m128i digits = InRange(bytes, '0', 10);
  const __m128i dashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-'));
  return _mm_movemask_epi8(_mm_or_si128(letters, _mm_or_si128(digits, dashes)));
}

// The bits of a text that is shorter than a step.
template <class Bits>
[[gnu::noinline]] unsigned BitsOfShortText(const char* at, const char* end, Bits bits) {
  char part[kScanStep] = {};
  std::memcpy(part, at, end - at);
  return bits(LoadStep(part)) & ((1u << (end - at)) - 1);
}

// The bits of the step at `at`, as far as there are bytes.
template <class Bits>
inline unsigned BitsAt(const char* begin, const char* at, const char* end, Bits bits) {
  if (end - at >= kScanStep) [[likely]]
    return bits(LoadStep(at));
  if (end - begin >= kScanStep) [[likely]]
    return bits(LoadStep(end - kScanStep)) >> (kScanStep - (end - at));
  return BitsOfShortText(at, end, bits);
}

// The first byte that `bits` looks for, or `end`.
template <class Bits>
inline const char* ScanFor(const char* begin, const char* at, const char* end, Bits bits) {
  for (; at < end; at += kScanStep) {
    const unsigned found = BitsAt(begin, at, end, bits);
    if (found != 0) return at + std::countr_zero(found);
  }
  return end;
}

inline const char* ScanValue(const char* begin, const char* at, const char* end) {
  return ScanFor(begin, at, end, ControlBits);
}

inline const char* ScanTarget(const char* begin, const char* at, const char* end) {
  return ScanFor(begin, at, end, NotTargetBits);
}

// Of a text that is nothing else.
inline const char* ScanValue(const char* at, const char* end) { return ScanValue(at, at, end); }
inline const char* ScanTarget(const char* at, const char* end) { return ScanTarget(at, at, end); }

// A field line in one pass: its first colon, and the first control byte behind it, or `end`. False:
// there is no colon within kShortNameMax bytes, or a control byte before it.
struct FieldLine {
  const char* colon;
  const char* control;
};
inline bool ScanFieldLine(const char* begin, const char* at, const char* end, FieldLine* line) {
  const char* const name_end = end - at < ptrdiff_t{kShortNameMax} ? end : at + kShortNameMax;
  for (; at < name_end; at += kScanStep) {
    const unsigned colons = BitsAt(begin, at, end, ColonBits);
    const unsigned controls = BitsAt(begin, at, end, ControlBits);
    if ((colons | controls) == 0) continue;
    const int first = std::countr_zero(colons | controls);
    if ((colons >> first & 1) == 0) return false;
    line->colon = at + first;
    line->control =
        controls != 0 ? at + std::countr_zero(controls) : ScanValue(begin, at + kScanStep, end);
    return true;
  }
  return false;
}

// Makes the letters of `text` small. Reads and writes whole steps: up to kScanStep - 1 bytes behind
// the text are written as they were.
inline void LowerCaseInSteps(char* text, size_t size) {
  const __m128i places = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (size_t done = 0; done < size; done += kScanStep) {
    const size_t left = size - done;
    const __m128i mine =
        _mm_cmplt_epi8(places, _mm_set1_epi8(static_cast<char>(left < 16 ? left : 16)));
    const __m128i bytes = LoadStep(text + done);
    const __m128i upper = _mm_and_si128(InRange(bytes, 'A', 26), mine);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(text + done),
                     _mm_or_si128(bytes, _mm_and_si128(upper, _mm_set1_epi8('a' - 'A'))));
  }
}

}  // namespace sluice
