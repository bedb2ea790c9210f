// Field scan: the byte loops of the parser, sixteen bytes a step where the text has them. Pure; any
// thread. Never reads past `end`.
#pragma once

#include <emmintrin.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

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

// The first control byte that a field value may not have: below space but TAB, or DEL; or `end`.
inline const char* ScanValue(const char* at, const char* end) {
  const __m128i below_space = _mm_set1_epi8(0x1f);
  const __m128i del = _mm_set1_epi8(0x7f);
  const __m128i tab = _mm_set1_epi8('\t');
  while (end - at >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i control = _mm_andnot_si128(
        _mm_cmpeq_epi8(bytes, tab), _mm_cmpeq_epi8(_mm_min_epu8(bytes, below_space), bytes));
    const unsigned found = _mm_movemask_epi8(_mm_or_si128(control, _mm_cmpeq_epi8(bytes, del)));
    if (found != 0) return at + std::countr_zero(found);
    at += 16;
  }
  for (; at != end; ++at) {
    const auto c = static_cast<uint8_t>(*at);
    if ((c < 0x20 && c != '\t') || c == 0x7f) break;
  }
  return at;
}

// The first byte that a request target may not have (request_target.h), or `end`.
inline const char* ScanTarget(const char* at, const char* end) {
  const __m128i space = _mm_set1_epi8(' ');
  const __m128i del = _mm_set1_epi8(0x7f);
  const __m128i hash = _mm_set1_epi8('#');
  while (end - at >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // Signed: bytes from 0x80 on are below space as well.
    const __m128i good = _mm_cmpgt_epi8(bytes, space);
    const __m128i bad = _mm_or_si128(_mm_cmpeq_epi8(bytes, del), _mm_cmpeq_epi8(bytes, hash));
    const unsigned found = 0xffff & (~static_cast<unsigned>(_mm_movemask_epi8(good)) |
                                     static_cast<unsigned>(_mm_movemask_epi8(bad)));
    if (found != 0) return at + std::countr_zero(found);
    at += 16;
  }
  for (; at != end; ++at) {
    const auto c = static_cast<signed char>(*at);
    if (c <= ' ' || c == 0x7f || c == '#') break;
  }
  return at;
}

// Room for a name in lower case: as long as the longest that is well known, and a step.
inline constexpr size_t kShortNameMax = 32;

// For names of less than kShortNameMax bytes in a text that goes on for a step: finds the colon and
// writes the name in lower case. Returns the length, or kShortNameMax: not so.
inline size_t LowerCaseShortName(const char* at, const char* end, char* lower) {
  const __m128i colon = _mm_set1_epi8(':');
  for (size_t step = 0; step < kShortNameMax; step += 16) {
    if (end - at < static_cast<ptrdiff_t>(step + 16)) break;
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + step));
    const __m128i upper = _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('A' - 1)),
                                        _mm_cmplt_epi8(bytes, _mm_set1_epi8('Z' + 1)));
    const __m128i lowered = _mm_or_si128(bytes, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(lower + step), lowered);
    const unsigned found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, colon));
    if (found != 0) return step + std::countr_zero(found);
  }
  return kShortNameMax;
}

}  // namespace sluice
