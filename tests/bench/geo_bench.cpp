// The geocoder over 33,000 cities, 517,000 postal rows and 870,000 addresses: how often the first answer is
// right, and how long one lookup takes on one core.
//
//   geo_bench [FOLDER]          accuracy and speed; the index is kept in FOLDER (default: beside the program)
//   ONLY=typing geo_bench …     one part: cities, typing, addresses, reverse, borders or autocomplete
//   QUERY=… geo_bench [FOLDER]  the answer to one query
//   geo_bench --grow [FOLDER]   the same with ten million addresses made of the real ones

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numbers>
#include <unordered_map>

#include "bench/geo_grown.hpp"
#include "bench/geo_line.hpp"
#include "bench/geo_perturb.hpp"
#include "bench/geo_rows.hpp"
#include "bench/geo_shapes.hpp"
#include "bench/geo_world.hpp"
#include "geo/fold.hpp"
#include "waypost/geo/search.hpp"

namespace waypost::bench {
namespace {

using geo::Answer;
using geo::GazetteerPtr;
using geo::LatLng;

constexpr std::size_t sample = 20'000;
constexpr double city_m = 25'000;

class Bench {
 public:
  explicit Bench(GazetteerPtr gazetteer)
      : gazetteer_(std::move(gazetteer)), verbose_(std::getenv("VERBOSE") != nullptr) {}

  void run() {
    read();
    const char* only = std::getenv("ONLY");
    const auto part = [only](std::string_view name, auto measure) {
      if (only == nullptr || name == only) measure();
    };
    part("cities", [this] { cities(); });
    part("typing", [this] { typing_errors(); });
    part("addresses", [this] { addresses(); });
    part("reverse", [this] { reverse(); });
    part("borders", [this] { borders(); });
    part("autocomplete", [this] { autocomplete(); });
  }

 private:
  bool near(const Answer& answer, LatLng where, double metres) const {
    return !answer.hits.empty() && distance_m(location_of(*gazetteer_, answer.hits.front()), where) <= metres;
  }

  /// Right is what lies near enough; of an address also any other row that bears the very same address, since
  /// sources list a house once for each entrance.
  bool ask(Line& line, const std::string& text, LatLng where, double metres,
           const Address* address = nullptr) {
    const bool right = line.measure([&] { return geocode(gazetteer_, {.text = text}); },
                                    [&](const Answer& answer) {
                                      return near(answer, where, metres) ||
                                             (address != nullptr && near_twin(answer, *address, metres));
                                    });
    if (!right && verbose_ && ++shown_ % 8 == 0) {
      std::printf("  %.0f m off: ", wrong_by(text, where));
      show(text);
    }
    return right;
  }

  double wrong_by(const std::string& text, LatLng where) const {
    const auto answer = geocode(gazetteer_, {.text = text});
    return answer.hits.empty() ? INFINITY : distance_m(location_of(*gazetteer_, answer.hits.front()), where);
  }

 public:
  /// The answer to one query, for a look by eye.
  void show(const std::string& text) const {
    const auto answer = geocode(gazetteer_, {.text = text});
    std::printf("'%s'\n", text.c_str());
    for (const auto& hit : answer.hits) {
      const auto place = gazetteer_->place(hit.place);
      const auto name_of = [&](geo::PlaceNumber number) {
        return number == geo::no_place ? std::string("-") : std::string(gazetteer_->place(number).name);
      };
      std::printf("      %.3f %s%s%s in %s, %s, %s (%.2f %.2f)\n", hit.score, std::string(place.name).c_str(),
                  hit.house ? " no. " : "", hit.house ? hit.house->number.c_str() : "",
                  name_of(place.locality).c_str(), name_of(place.admin1).c_str(),
                  name_of(place.country).c_str(), hit.parts.match, hit.parts.completeness);
    }
  }

 private:
  std::string name_of_country(const std::string& code) const {
    const auto places = gazetteer_->coded(geo::fold(code));
    return places.empty() ? code : std::string(gazetteer_->name(places.front(), gazetteer_->languages("en")));
  }

  std::string name_of_state(LatLng where) const {
    geo::Gazetteer::Near near[1];
    if (gazetteer_->nearest(where, 1'000, near) == 0) return {};
    const auto admin1 = gazetteer_->place(near[0].number).admin1;
    return admin1 == geo::no_place ? std::string() : std::string(gazetteer_->place(admin1).name);
  }

  static std::string written(const Address& a) {
    return a.number + "|" + a.street + "|" + a.city + "|" + a.postal_code;
  }

  bool near_twin(const Answer& answer, const Address& address, double metres) const {
    const auto [first, last] = twins_.equal_range(written(address));
    return std::any_of(first, last, [&](const auto& twin) { return near(answer, twin.second, metres); });
  }

  void read() {
    if (!addresses_.empty()) return;
    cities_ = read_cities();
    std::ranges::sort(cities_, std::ranges::greater{}, &City::population);
    addresses_ = read_addresses();
    for (const auto& a : addresses_) twins_.emplace(written(a), a.location);
  }

  /// Of each name the biggest city.
  std::vector<const City*> biggest_of_names() const {
    std::map<std::string, bool> named;
    std::vector<const City*> biggest;
    for (const auto& city : cities_) {
      if (named.try_emplace(geo::fold(city.name)).second) biggest.push_back(&city);
    }
    return biggest;
  }

  void cities() {
    std::map<std::string, bool> named_there;
    std::vector<const City*> biggest_there, biggest_in_country;
    for (std::size_t i = 0; i < cities_.size(); ++i) {
      const auto folded = geo::fold(cities_[i].name);
      if (named_there.try_emplace(folded + "|" + cities_[i].country + "|" + cities_[i].admin1).second)
        biggest_there.push_back(&cities_[i]);
      if (named_there.try_emplace(folded + "|" + cities_[i].country).second)
        biggest_in_country.push_back(&cities_[i]);
    }
    {
      Line line("city by bare name, the biggest wins");
      for (const auto* city : biggest_of_names()) ask(line, city->name, city->location, city_m);
    }
    {
      Line with_state("city, admin1"), with_country("city, admin1, country");
      for (const auto* city : biggest_there) {
        const auto state = name_of_state(city->location);
        if (state.empty()) continue;
        ask(with_state, city->name + ", " + state, city->location, city_m);
        ask(with_country, city->name + ", " + state + ", " + name_of_country(city->country), city->location,
            city_m);
      }
    }
    {
      Line folded("city without its accents, country"), alternate("city by another of its names, country");
      Random random(1);
      for (const auto* city : biggest_in_country) {
        const auto country = name_of_country(city->country);
        if (city->ascii != city->name) ask(folded, city->ascii + ", " + country, city->location, city_m);
        const auto names = text::split(city->alternates, ',');
        if (city->population < 50'000 || names.empty() || names.front().empty()) continue;
        const auto& name = names[below(random, names.size())];
        if (name.size() > 3) ask(alternate, std::string(name) + ", " + country, city->location, city_m);
      }
    }
  }

  /// Whether nobody can tell what was meant: the error made another place's name (of that country), or left a
  /// word so short that errors in it are not forgiven.
  bool is_lost(const std::string& wrong, const std::string& country) const {
    const auto folded = geo::fold_words(wrong);
    for (const auto number : gazetteer_->named(folded.text)) {
      const auto of = gazetteer_->place(number).country;
      if (country.empty() || (of != geo::no_place && gazetteer_->place(of).code == country)) return true;
    }
    return false;
  }

  void typing_errors() {
    Line with_state_told("… of these"), with_state("city with one typing error, admin1, country"),
        with_country_told("… of these"), with_country("city with one typing error, country"),
        bare_told("… where that makes no other place's name, nor a word of three letters"),
        bare("city by bare name, one typing error");  // printed from the last one up
    Random random(2);
    for (const auto* city : biggest_of_names()) {
      bool short_word = false;
      const auto wrong = mistyped(city->name, random, &short_word);
      if (wrong.empty()) continue;
      const auto country = name_of_country(city->country), state = name_of_state(city->location);
      const bool found = ask(bare, wrong, city->location, city_m);
      if (!short_word && !is_lost(wrong, "")) bare_told.count(found);
      const bool told = !short_word && !is_lost(wrong, city->country);
      const bool found_there = ask(with_country, wrong + ", " + country, city->location, city_m);
      if (told) with_country_told.count(found_there);
      if (state.empty()) continue;
      const bool found_in_state =
          ask(with_state, wrong + ", " + state + ", " + country, city->location, city_m);
      if (told) with_state_told.count(found_in_state);
    }
  }

  std::string rewritten(const Address& a, Random& random) const {
    std::string street = below(random, 2) == 0 ? abbreviated(a.street) : a.street;
    std::string text = below(random, 2) == 0 ? a.number + " " + street : street + " " + a.number;
    if (below(random, 4) == 0)
      text = a.city + ", " + text;
    else
      text += (below(random, 2) == 0 ? ", " : " ") + a.city;
    if (below(random, 3) == 0) text += " " + a.postal_code;
    if (below(random, 3) == 0) text += ", " + name_of_country(a.country);
    if (below(random, 4) == 0) text = upper(text);
    return text;
  }

  void addresses() {
    constexpr double metres = 10;
    Random random(3);
    std::vector<const Address*> sampled;
    for (std::size_t i = 0; i < sample; ++i) sampled.push_back(&addresses_[below(random, addresses_.size())]);
    {
      Line line("address as imported, within 10 m");
      for (const auto* a : sampled) {
        ask(line,
            a->number + " " + a->street + ", " + a->city + ", " + a->region + " " + a->postal_code + ", " +
                name_of_country(a->country),
            a->location, metres, a);
      }
    }
    {
      Line line("address rewritten, within 50 m");
      for (const auto* a : sampled) ask(line, rewritten(*a, random), a->location, 50, a);
    }
    {
      Line line("address with one typing error in the street");
      for (const auto* a : sampled) {
        const auto street = mistyped(a->street, random);
        if (!street.empty())
          ask(line, a->number + " " + street + ", " + a->city + " " + a->postal_code, a->location, 50, a);
      }
    }
  }

  void reverse() {
    Random random(4);
    Line land("reverse: the country of each city"), town("reverse at 15 m: the locality"),
        among("reverse at 15 m: that address among the results"), nearest("… of these that address first"),
        is_nearest("… no other row of the data is nearer"), house("reverse at 15 m: that address first");
    const Rows rows(addresses_);
    for (std::size_t i = 0; i < sample; ++i) {
      const auto& a = addresses_[below(random, addresses_.size())];
      const double bearing = static_cast<double>(below(random, 360)) * std::numbers::pi / 180;
      const double lat = a.location.lat() + 15 / 111'195.0 * std::cos(bearing);
      const double lng = a.location.lng() + 15 / 111'195.0 * std::sin(bearing) /
                                                std::cos(a.location.lat() * std::numbers::pi / 180);
      Answer answer;
      const auto point = LatLng::from_degrees(lat, lng);
      const auto is_it = [&](const geo::Hit& hit) {
        return hit.house && hit.house->number == a.number &&
               geo::fold(gazetteer_->place(hit.place).name) == geo::fold(a.street);
      };
      const bool first = house.measure(
          [&] { return answer = geo::reverse(gazetteer_, {.point = point}); },
          [&](const Answer& found) { return !found.hits.empty() && is_it(found.hits.front()); });
      const auto near = rows.nearest(point);
      const bool own = std::ranges::any_of(
          near, [&](std::uint32_t row) { return written(addresses_[row]) == written(a); });
      is_nearest.count(own);
      if (own) nearest.count(first || is_as_near(answer, near));
      among.count(std::ranges::any_of(answer.hits, is_it));
      town.count(std::ranges::any_of(answer.hits, [&](const geo::Hit& hit) {
        return kind_of(*gazetteer_, hit) == geo::Kind::locality &&
               std::ranges::binary_search(gazetteer_->named(geo::fold(a.city)), hit.place);
      }));
    }
    for (const auto& city : cities_) ask_country(land, city.location, city.country);
  }

  /// Whether the first hit is another of the rows that are nearest: two addresses at one point.
  bool is_as_near(const Answer& answer, const std::vector<std::uint32_t>& near) const {
    if (answer.hits.empty() || !answer.hits.front().house) return false;
    const auto& hit = answer.hits.front();
    return std::ranges::any_of(near, [&](std::uint32_t row) {
      return addresses_[row].number == hit.house->number &&
             geo::fold(addresses_[row].street) == geo::fold(gazetteer_->place(hit.place).name);
    });
  }

  bool ask_country(Line& line, LatLng point, const std::string& country) {
    const bool right = line.measure([&] { return geo::reverse(gazetteer_, {.point = point}); },
                                    [&](const Answer& found) {
                                      return !found.hits.empty() &&
                                             gazetteer_->place(found.hits.back().place).code == country;
                                    });
    if (!right && verbose_) std::printf("  %s at %.4f,%.4f\n", country.c_str(), point.lat(), point.lng());
    return right;
  }

  /// Towns where shapes end, and points where maps do.
  void borders() {
    constexpr double beside_m = 10'000;
    constexpr std::size_t points = 400'000;
    Line pole("reverse: the country beyond 85° S"), antimeridian("reverse: the country within 3° of ±180°"),
        shifted("… 1 km from the town, where the shapes have it 1 km inside"),
        town("reverse: the country of towns within 10 km of a coast or border");
    const Shapes shapes;
    Random random(7);
    for (const auto& city : cities_) {
      if (shapes.border_m(city.location, beside_m) >= beside_m) continue;
      ask_country(town, city.location, city.country);
      const double bearing = static_cast<double>(below(random, 360)) * std::numbers::pi / 180;
      const double narrow = std::cos(city.location.lat() * std::numbers::pi / 180);
      const auto point = LatLng::from_degrees(city.location.lat() + std::cos(bearing) / 111.195,
                                              city.location.lng() + std::sin(bearing) / 111.195 / narrow);
      if (shapes.country_at(point) == city.country && shapes.border_m(point, 1'000) >= 1'000)
        ask_country(shifted, point, city.country);
    }
    const auto between = [&](double from, double to) {
      return from + static_cast<double>(random()) / static_cast<double>(Random::max()) * (to - from);
    };
    for (std::size_t i = 0; i < points / 100; ++i) {
      const auto point = LatLng::from_degrees(between(-90, -85), between(-180, 180));
      ask_country(pole, point, "AQ");
    }
    for (std::size_t i = 0; i < points; ++i) {
      const double lng = between(177, 183);
      const auto point = LatLng::from_degrees(between(-85, 72), lng > 180 ? lng - 360 : lng);
      if (const auto country = shapes.country_at(point)) ask_country(antimeridian, point, *country);
    }
    for (const double lng : {-180.0, 180.0}) {
      ask_country(antimeridian, LatLng::from_degrees(-16.8, lng), "FJ");
      ask_country(antimeridian, LatLng::from_degrees(67.5, lng), "RU");
      ask_country(pole, LatLng::from_degrees(-90, lng), "AQ");
    }
  }

  void autocomplete() {
    Random random(5);
    Line cities("autocomplete: a city while it is typed"),
        streets("autocomplete: an address while it is typed");
    for (std::size_t i = 0; i < 5'000; ++i) {
      const auto& city = cities_[below(random, std::min<std::size_t>(cities_.size(), 5'000))];
      const auto letters = geo::spelling::letters_of(city.name);
      for (std::size_t n = 1; n <= letters.size(); n += 2) {
        const auto typed = utf8(std::u32string_view(letters).substr(0, n));
        cities.measure([&] { return geo::autocomplete(gazetteer_, {.text = typed}); },
                       [&](const Answer& found) { return n < 5 || !found.hits.empty(); });
      }
      const auto& a = addresses_[below(random, addresses_.size())];
      const auto text = geo::spelling::letters_of(a.street + " " + a.number + ", " + a.city);
      for (std::size_t n = 3; n <= text.size(); n += 3) {
        const auto typed = utf8(std::u32string_view(text).substr(0, n));
        streets.measure(
            [&] { return geo::autocomplete(gazetteer_, {.text = typed}); },
            [&](const Answer& found) { return n < text.size() - 2 || near(found, a.location, 50); });
      }
    }
  }

  GazetteerPtr gazetteer_;
  bool verbose_;  // VERBOSE is set: shows one of eight wrong answers
  std::size_t shown_ = 0;
  std::vector<City> cities_;
  std::vector<Address> addresses_;
  std::unordered_multimap<std::string, LatLng> twins_;
};

int run(std::vector<std::string> arguments) {
  const bool grow = !arguments.empty() && arguments.front() == "--grow";
  if (grow) arguments.erase(arguments.begin());
  if (!fs::exists(shared_data())) {
    std::fprintf(stderr, "needs the data in %s (set WAYPOST_SHARED_DATA): skipped\n", shared_data().c_str());
    return 0;
  }
  const fs::path folder = !arguments.empty() ? fs::path(arguments.front())
                                             : fs::read_symlink("/proc/self/exe").parent_path() / "geo-world";
  Bench bench(grow ? open_grown_world(fs::path(folder.string() + "-grown")) : open_world(folder));
  if (const char* text = std::getenv("QUERY")) {
    bench.show(text);
    return 0;
  }
  if (grow) {
    std::printf("while the pages of the index come into memory:\n");
    bench.run();
    std::printf("once they are there:\n");
  }
  bench.run();
  return 0;
}

}  // namespace
}  // namespace waypost::bench

int main(int argc, char** argv) {
  return waypost::bench::run({argv + 1, argv + argc});
}
