#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "geo/address_format.hpp"
#include "waypost/geo/search.hpp"

/// How a hit is written: what its address is made of, the address in one line, Google's types. Every dialect
/// writes from here. Pure; any thread.
namespace waypost::geo {

/// What addresses are made of, from small to large.
enum class Part : std::uint8_t {
  plus_code,
  house_number,
  street,
  sublocality,
  locality,
  admin5,
  admin4,
  admin3,
  admin2,
  admin1,
  country,
  postal_code,
};

/// Google's types of a part, of a result.
std::span<const std::string_view> google_types(Part part);
std::span<const std::string_view> google_types(Kind kind);
/// The same as a JSON array.
std::string_view google_types_json(Part part);
std::string_view google_types_json(Kind kind);

struct Component {
  Part part;
  std::string_view long_name;
  std::string_view short_name;  ///< Google's: ISO code, postal abbreviation of a state, "Main St"
};

/// The address of one hit, in the answer's language. Looks into both; lives no longer than they.
class Address {
 public:
  Address(const Answer& answer, const Hit& hit);
  Address(const Address&) = delete;
  Address& operator=(const Address&) = delete;

  /// From small to large, the postal code last, unless it is what the hit is.
  std::span<const Component> components() const { return {components_.data(), size_}; }
  /// The long name of a part; empty when the address has none.
  std::string_view text(Part part) const;
  /// ISO 3166 alpha-2, upper case; empty at sea.
  std::string_view country_code() const { return country_code_; }
  Kind kind() const { return kind_; }
  const Hit& hit() const { return hit_; }
  /// The hit's place; its number is no_place when a Plus Code lies near none.
  const Place& place() const { return place_; }
  /// The locality that the hit is or lies in.
  PlaceNumber locality() const { return locality_; }
  /// What the hit itself is called: its part of its own kind; of a house "16 Rue de Rivoli".
  std::string name() const;
  /// In one line, by the habit of country and language: "10 Main St, Boulder, CO 80302, USA", "日本、東京都".
  std::string formatted() const;

 private:
  void add(Part part, std::string_view long_name, std::string_view short_name);
  /// Nothing for no_place.
  void add_place(Part part, PlaceNumber number);
  std::string_view short_text(Part part) const;
  std::string_view town() const;
  std::string street_line() const;
  std::string_view state() const;
  std::string_view country_line() const;
  std::string formatted_large_first() const;

  const Answer& answer_;
  const Hit& hit_;
  Place place_;
  std::string_view country_code_;
  const AddressFormat* format_;  // of the country
  Kind kind_;
  std::array<Component, 12> components_;
  std::size_t size_ = 0;
  PlaceNumber locality_ = no_place;
  std::string short_street_, short_code_;
};

/// The code of a place as people near it say it: "CWC8+R9 Mountain View, CA, USA". Empty when no town is near
/// enough.
std::string compound_code(const Answer& answer, LatLng point, PlaceNumber town);

/// What a map should show of the hit.
Bounds viewport(const Address& address);
/// The extent of the hit, where it has one.
std::optional<Bounds> extent(const Address& address);

}  // namespace waypost::geo
