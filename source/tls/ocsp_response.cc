#include "source/tls/ocsp_response.h"

#include <utility>

#include "openssl/asn1.h"
#include "openssl/bytestring.h"
#include "openssl/mem.h"
#include "openssl/x509.h"
#include "source/tls/asn1_time.h"

namespace sluice {
namespace {

constexpr unsigned kContext0 = CBS_ASN1_CONTEXT_SPECIFIC | CBS_ASN1_CONSTRUCTED | 0;
// 1.3.6.1.5.5.7.48.1.1, id-pkix-ocsp-basic
constexpr uint8_t kBasicResponse[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};

// A GeneralizedTime element at the front of `from`.
bool TakeTime(CBS& from, WallTime& time) {
  CBS element;
  if (CBS_get_asn1_element(&from, &element, CBS_ASN1_GENERALIZEDTIME) != 1) return false;
  const uint8_t* at = CBS_data(&element);
  const bssl::UniquePtr<ASN1_GENERALIZEDTIME> parsed(
      d2i_ASN1_GENERALIZEDTIME(nullptr, &at, static_cast<long>(CBS_len(&element))));  // NOLINT
  if (parsed == nullptr) return false;
  time = WallTimeOf(parsed.get());
  return true;
}

// Section 4.2.1: OCSPResponse around a BasicOCSPResponse, down to the list of answers.
absl::Status FindAnswers(absl::string_view der, CBS& answers) {
  CBS bytes;
  CBS_init(&bytes, reinterpret_cast<const uint8_t*>(der.data()), der.size());
  CBS response, status;
  if (CBS_get_asn1(&bytes, &response, CBS_ASN1_SEQUENCE) != 1 || CBS_len(&bytes) != 0 ||
      CBS_get_asn1(&response, &status, CBS_ASN1_ENUMERATED) != 1 || CBS_len(&status) != 1) {
    return absl::InvalidArgumentError("is not an OCSP response in DER form");
  }
  if (CBS_data(&status)[0] != 0) {
    return absl::InvalidArgumentError("is an OCSP response of an authority that could not answer");
  }
  CBS wrapped, typed, type, octets, basic, data, skipped;
  const bool ok = CBS_get_asn1(&response, &wrapped, kContext0) == 1 &&
                  CBS_get_asn1(&wrapped, &typed, CBS_ASN1_SEQUENCE) == 1 &&
                  CBS_get_asn1(&typed, &type, CBS_ASN1_OBJECT) == 1 &&
                  CBS_mem_equal(&type, kBasicResponse, sizeof(kBasicResponse)) == 1 &&
                  CBS_get_asn1(&typed, &octets, CBS_ASN1_OCTETSTRING) == 1 &&
                  CBS_get_asn1(&octets, &basic, CBS_ASN1_SEQUENCE) == 1 &&
                  CBS_get_asn1(&basic, &data, CBS_ASN1_SEQUENCE) == 1 &&
                  CBS_get_optional_asn1(&data, &skipped, nullptr, kContext0) == 1 &&
                  CBS_get_any_asn1_element(&data, &skipped, nullptr, nullptr) == 1 &&
                  CBS_get_asn1(&data, &skipped, CBS_ASN1_GENERALIZEDTIME) == 1 &&
                  CBS_get_asn1(&data, &answers, CBS_ASN1_SEQUENCE) == 1;
  if (!ok) return absl::InvalidArgumentError("is not a basic OCSP response");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OcspResponse> OcspResponse::Parse(std::string der) {
  CBS answers;
  if (const absl::Status status = FindAnswers(der, answers); !status.ok()) return status;
  OcspResponse parsed;
  CBS answer, id, serial, skipped;
  unsigned tag;
  const bool ok = CBS_get_asn1(&answers, &answer, CBS_ASN1_SEQUENCE) == 1 &&
                  CBS_get_asn1(&answer, &id, CBS_ASN1_SEQUENCE) == 1 &&
                  CBS_get_asn1(&id, &skipped, CBS_ASN1_SEQUENCE) == 1 &&
                  CBS_get_asn1(&id, &skipped, CBS_ASN1_OCTETSTRING) == 1 &&
                  CBS_get_asn1(&id, &skipped, CBS_ASN1_OCTETSTRING) == 1 &&
                  CBS_get_asn1(&id, &serial, CBS_ASN1_INTEGER) == 1 &&
                  CBS_get_any_asn1_element(&answer, &skipped, &tag, nullptr) == 1 &&
                  TakeTime(answer, parsed.this_update_);
  if (!ok) return absl::InvalidArgumentError("is an OCSP response without an answer");
  if (CBS_len(&answers) != 0) {
    return absl::InvalidArgumentError("answers for more than one certificate");
  }
  CBS next;
  int has_next = 0;
  WallTime next_update;
  if (CBS_get_optional_asn1(&answer, &next, &has_next, kContext0) != 1 ||
      (has_next != 0 && !TakeTime(next, next_update))) {
    return absl::InvalidArgumentError("is an OCSP response with a broken time");
  }
  if (has_next != 0) parsed.next_update_ = next_update;
  parsed.serial_number_.assign(reinterpret_cast<const char*>(CBS_data(&serial)), CBS_len(&serial));
  parsed.der_ = std::move(der);
  return parsed;
}

bool OcspResponse::IsFor(const X509* certificate) const {
  uint8_t* der = nullptr;
  const int size =
      i2d_ASN1_INTEGER(const_cast<ASN1_INTEGER*>(X509_get0_serialNumber(certificate)), &der);
  if (size <= 0) return false;
  const bssl::UniquePtr<uint8_t> owned(der);
  CBS bytes, serial;
  CBS_init(&bytes, der, static_cast<size_t>(size));
  if (CBS_get_asn1(&bytes, &serial, CBS_ASN1_INTEGER) != 1) return false;
  return CBS_mem_equal(&serial, reinterpret_cast<const uint8_t*>(serial_number_.data()),
                       serial_number_.size()) == 1;
}

}  // namespace sluice
