#include "source/tls/certificate_names.h"

#include <arpa/inet.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "openssl/bio.h"
#include "openssl/err.h"
#include "openssl/mem.h"
#include "openssl/obj.h"
#include "openssl/x509.h"
#include "openssl/x509v3.h"

namespace sluice {
namespace {

std::string BytesOf(const ASN1_STRING* text) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<size_t>(ASN1_STRING_length(text)));
}

std::string AddressText(const ASN1_OCTET_STRING* address) {
  char text[INET6_ADDRSTRLEN] = {};
  const int size = ASN1_STRING_length(address);
  if (size != 4 && size != 16) return "";
  inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof(text));
  return text;
}

std::string OidText(const ASN1_OBJECT* oid) {
  char text[128] = {};
  OBJ_obj2txt(text, sizeof(text), oid, 1);
  return text;
}

// Strings and numbers; other kinds of values have no text to match.
std::string OtherNameText(const ASN1_TYPE* value) {
  switch (value->type) {
    case V_ASN1_UTF8STRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_T61STRING:
    case V_ASN1_VISIBLESTRING:
    case V_ASN1_NUMERICSTRING:
    case V_ASN1_OCTET_STRING:
      return BytesOf(value->value.asn1_string);
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING: {
      uint8_t* utf8 = nullptr;
      const int size = ASN1_STRING_to_UTF8(&utf8, value->value.asn1_string);
      if (size < 0) return "";
      const bssl::UniquePtr<uint8_t> owned(utf8);
      return std::string(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size));
    }
    default:
      return "";
  }
}

}  // namespace

std::vector<SubjectAltName> SubjectAltNamesOf(const X509* certificate) {
  std::vector<SubjectAltName> names;
  const bssl::UniquePtr<GENERAL_NAMES> list(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  if (list == nullptr) return names;
  for (const GENERAL_NAME* name : list.get()) {
    switch (name->type) {
      case GEN_EMAIL:
        names.push_back({SanType::kEmail, BytesOf(name->d.rfc822Name), ""});
        break;
      case GEN_DNS:
        names.push_back({SanType::kDns, BytesOf(name->d.dNSName), ""});
        break;
      case GEN_URI:
        names.push_back({SanType::kUri, BytesOf(name->d.uniformResourceIdentifier), ""});
        break;
      case GEN_IPADD:
        names.push_back({SanType::kIpAddress, AddressText(name->d.iPAddress), ""});
        break;
      case GEN_OTHERNAME:
        names.push_back({SanType::kOtherName, OtherNameText(name->d.otherName->value),
                         OidText(name->d.otherName->type_id)});
        break;
      default:
        break;
    }
  }
  return names;
}

std::vector<std::string> ServerNamesOf(const X509* certificate) {
  std::vector<std::string> names;
  for (const SubjectAltName& name : SubjectAltNamesOf(certificate)) {
    if (name.type == SanType::kDns) names.push_back(absl::AsciiStrToLower(name.value));
  }
  if (!names.empty()) return names;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return names;
  names.push_back(
      absl::AsciiStrToLower(BytesOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)))));
  return names;
}

std::string NameText(const X509_NAME* name) {
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  if (X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return "";
  const uint8_t* bytes = nullptr;
  size_t size = 0;
  if (BIO_mem_contents(bio.get(), &bytes, &size) != 1) return "";
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

}  // namespace sluice
