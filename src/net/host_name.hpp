#pragma once

#include <string>
#include <string_view>

namespace waypost::net {

/// In lower case, and without the dot that may end an absolute name: the form in which hosts are compared.
std::string normal_host(std::string_view host);
/// Whether `host`, in normal form, is a name of letters, digits, hyphens and dots.
bool is_host_name(std::string_view host);
/// Whether other software may read `host`, in normal form, as an IPv4 address: its last part is a number
/// (WHATWG URL, "ends in a number").
bool looks_numeric(std::string_view host);

}  // namespace waypost::net
