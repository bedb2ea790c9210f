#pragma once

#include <string>

namespace sluice {

// api/SUPPORT.md: the table of field_support.h for people, with the fields it leaves out, which are
// unsupported. A test keeps the file equal to this.
std::string SupportPage();

}  // namespace sluice
