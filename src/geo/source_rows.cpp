#include "geo/source_rows.hpp"

namespace waypost::geo {
namespace {

/// The fields of a row, one after the other.
class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}
  Encoder& number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
    return *this;
  }
  Encoder& text(std::string_view value) {
    number(value.size());
    out_ += value;
    return *this;
  }
  Encoder& signed_number(std::int64_t value) {  // zigzag: small ones of either sign are short
    return number(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }
  Encoder& location(LatLng at) { return signed_number(at.lat_e7).signed_number(at.lng_e7); }
  Encoder& location(const std::optional<LatLng>& at) {
    number(at.has_value());
    return at ? location(*at) : *this;
  }

 private:
  std::string& out_;
};

/// Reads what an Encoder wrote. Past the end everything is empty and `failed`.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    failed_ = true;
    return 0;
  }
  std::string_view text() {
    const auto size = number();
    if (size > bytes_.size()) {
      failed_ = true;
      return {};
    }
    const auto value = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return value;
  }
  std::int64_t signed_number() {
    const auto value = number();
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
  }
  std::int32_t coordinate() { return static_cast<std::int32_t>(signed_number()); }
  LatLng location() {
    const auto lat = coordinate();
    return {.lat_e7 = lat, .lng_e7 = coordinate()};
  }
  std::optional<LatLng> optional_location() {
    return number() == 0 ? std::nullopt : std::optional(location());
  }
  Kind kind() {
    const auto value = number();
    failed_ |= value >= static_cast<std::uint64_t>(Kind::house);
    return static_cast<Kind>(value);
  }
  std::size_t left() const { return bytes_.size(); }
  bool failed() const { return failed_; }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

void encode(Encoder& out, const DraftPlace& place) {
  out.number(static_cast<std::uint64_t>(place.kind)).number(place.key).location(place.location);
  out.number(place.population).text(place.name).text(place.code).text(place.timezone);
  out.text(place.country).text(place.admin1).text(place.admin2);
}

void encode(Encoder& out, const SourceName& name) {
  out.number(name.key).text(name.language).text(name.name).number(static_cast<std::uint64_t>(name.rank));
}

void encode(Encoder& out, const DraftPostalCode& row) {
  out.text(row.country).text(row.code).text(row.locality).text(row.admin1_name).text(row.admin1);
  out.text(row.admin2_name).location(row.location);
}

void encode(Encoder& out, const DraftAddress& row) {
  out.text(row.country).text(row.number).text(row.street).text(row.city).text(row.district);
  out.text(row.region).text(row.postal_code).location(row.location);
}

void encode(Encoder& out, const SourceShape& shape) {
  out.number(static_cast<std::uint64_t>(shape.kind)).text(shape.country).text(shape.admin1).text(shape.iso);
  out.text(shape.name).number(shape.rings.size());
  for (const auto& ring : shape.rings) {
    out.number(ring.size());
    Corner last;
    for (const auto& corner : ring) {
      out.signed_number(std::int64_t{corner.x} - last.x).signed_number(std::int64_t{corner.y} - last.y);
      last = corner;
    }
  }
}

DraftPlace decode_place(Decoder& in) {
  DraftPlace place{.kind = in.kind(), .key = in.number(), .location = in.optional_location()};
  place.population = static_cast<std::uint32_t>(in.number());
  for (auto* text : {&place.name, &place.code, &place.timezone, &place.country, &place.admin1, &place.admin2})
    *text = in.text();
  return place;
}

SourceName decode_name(Decoder& in) {
  SourceName name{.key = in.number(), .language = in.text(), .name = in.text()};
  name.rank = in.number() == 0 ? NameRank::preferred : NameRank::plain;
  return name;
}

DraftPostalCode decode_postal_code(Decoder& in) {
  DraftPostalCode row{};
  for (auto* text : {&row.country, &row.code, &row.locality, &row.admin1_name, &row.admin1, &row.admin2_name})
    *text = in.text();
  row.location = in.optional_location();
  return row;
}

DraftAddress decode_address(Decoder& in) {
  DraftAddress row{};
  for (auto* text :
       {&row.country, &row.number, &row.street, &row.city, &row.district, &row.region, &row.postal_code})
    *text = in.text();
  row.location = in.location();
  return row;
}

SourceShape decode_shape(Decoder& in) {
  SourceShape shape{.kind = in.kind()};
  for (auto* text : {&shape.country, &shape.admin1, &shape.iso, &shape.name}) *text = in.text();
  for (auto rings = in.number(); rings > 0 && !in.failed(); --rings) {
    auto& ring = shape.rings.emplace_back();
    std::int64_t x = 0, y = 0;
    for (auto corners = in.number(); corners > 0 && !in.failed(); --corners) {
      x += in.signed_number();
      y += in.signed_number();
      ring.push_back({.x = static_cast<std::int32_t>(x), .y = static_cast<std::int32_t>(y)});
    }
  }
  return shape;
}

}  // namespace

void append_row(const SourceRow& row, std::string& out) {
  out += static_cast<char>(row.index());
  Encoder encoder(out);
  std::visit([&encoder](const auto& fields) { encode(encoder, fields); }, row);
}

std::optional<SourceRow> parse_row(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  Decoder in(bytes.substr(1));
  std::optional<SourceRow> row;
  switch (bytes.front()) {  // the alternative's number in SourceRow
    case 0:
      row = decode_place(in);
      break;
    case 1:
      row = decode_name(in);
      break;
    case 2:
      row = decode_postal_code(in);
      break;
    case 3:
      row = decode_address(in);
      break;
    case 4:
      row = decode_shape(in);
      break;
    default:
      return std::nullopt;
  }
  if (in.failed() || in.left() > 0) return std::nullopt;
  return row;
}

}  // namespace waypost::geo
