// The geocoder over 33,000 cities, 517,000 postal rows and 870,000 addresses: how often the first answer is
// right, and how long one lookup takes on one core.
//
//   geo_bench [FOLDER]          accuracy and speed; the index is kept in FOLDER (default: beside the program)
//   QUERY=… geo_bench [FOLDER]  the answer to one query
//   geo_bench --grow [FOLDER]   the same speeds over ten million addresses made of the real ones

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <map>
#include <numbers>
#include <unordered_map>

#include "bench/geo_perturb.hpp"
#include "bench/geo_world.hpp"
#include "geo/fold.hpp"
#include "waypost/geo/search.hpp"

namespace waypost::bench {
namespace {

using geo::Answer;
using geo::GazetteerPtr;
using geo::LatLng;

constexpr std::size_t sample = 20'000;

/// One line of the report: a share of right answers and the percentiles of what they took.
class Line {
 public:
  explicit Line(std::string name) : name_(std::move(name)) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() {
    if (times_.empty()) return;
    std::ranges::sort(times_);
    const auto at = [this](double share) {
      return times_[static_cast<std::size_t>(share * static_cast<double>(times_.size() - 1))];
    };
    std::printf("%-52s %6.2f %%  of %6zu   p50 %7.1f  p99 %7.1f  max %8.1f µs\n", name_.c_str(),
                100.0 * static_cast<double>(right_) / static_cast<double>(times_.size()), times_.size(),
                at(0.5), at(0.99), at(1));
    std::fflush(stdout);
  }

  /// Times the lookup, then judges its answer.
  bool measure(const std::function<Answer()>& look_up, const std::function<bool(const Answer&)>& is_right) {
    const double start = microseconds();
    const auto answer = look_up();
    times_.push_back(microseconds() - start);
    const bool right = is_right(answer);
    if (right) ++right_;
    return right;
  }

 private:
  /// Of this thread on a processor: what other programs take of the machine does not count.
  static double microseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
  }

  std::string name_;
  std::size_t right_ = 0;
  std::vector<double> times_;
};

class Bench {
 public:
  explicit Bench(GazetteerPtr gazetteer)
      : gazetteer_(std::move(gazetteer)), verbose_(std::getenv("VERBOSE") != nullptr) {}

  void run() {
    cities();
    addresses();
    reverse();
    autocomplete();
  }

  void speeds_only() {
    read();
    addresses();
    reverse();
    autocomplete();
  }

 private:
  bool near(const Answer& answer, LatLng where, double metres) const {
    return !answer.hits.empty() && distance_m(location_of(*gazetteer_, answer.hits.front()), where) <= metres;
  }

  /// Right is what lies near enough; of an address also any other row that bears the very same address, since
  /// sources list a house once for each entrance.
  void ask(Line& line, const std::string& text, LatLng where, double metres,
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
    cities_ = read_cities();
    addresses_ = read_addresses();
    for (const auto& a : addresses_) twins_.emplace(written(a), a.location);
  }

  void cities() {
    constexpr double metres = 25'000;
    read();
    std::ranges::sort(cities_, std::ranges::greater{}, &City::population);
    std::map<std::string, bool> named, named_there;
    std::vector<const City*> biggest, biggest_there, biggest_in_country;
    std::vector<std::string> states(cities_.size());
    for (std::size_t i = 0; i < cities_.size(); ++i) {
      const auto folded = geo::fold(cities_[i].name);
      if (named.try_emplace(folded).second) biggest.push_back(&cities_[i]);
      if (named_there.try_emplace(folded + "|" + cities_[i].country + "|" + cities_[i].admin1).second)
        biggest_there.push_back(&cities_[i]);
      if (named_there.try_emplace(folded + "|" + cities_[i].country).second)
        biggest_in_country.push_back(&cities_[i]);
    }
    {
      Line line("city by bare name, the biggest wins");
      for (const auto* city : biggest) ask(line, city->name, city->location, metres);
    }
    {
      Line with_state("city, admin1"), with_country("city, admin1, country");
      for (const auto* city : biggest_there) {
        const auto state = name_of_state(city->location);
        if (state.empty()) continue;
        ask(with_state, city->name + ", " + state, city->location, metres);
        ask(with_country, city->name + ", " + state + ", " + name_of_country(city->country), city->location,
            metres);
      }
    }
    {
      Line folded("city without its accents, country"), alternate("city by another of its names, country");
      Random random(1);
      for (const auto* city : biggest_in_country) {
        const auto country = name_of_country(city->country);
        if (city->ascii != city->name) ask(folded, city->ascii + ", " + country, city->location, metres);
        const auto names = text::split(city->alternates, ',');
        if (city->population < 50'000 || names.empty() || names.front().empty()) continue;
        const auto& name = names[below(random, names.size())];
        if (name.size() > 3) ask(alternate, std::string(name) + ", " + country, city->location, metres);
      }
    }
    {
      Line bare("city by bare name, one typing error"), with_country("city with one typing error, country");
      Random random(2);
      for (const auto* city : biggest) {
        const auto wrong = mistyped(city->name, random);
        if (wrong.empty()) continue;
        ask(bare, wrong, city->location, metres);
        ask(with_country, wrong + ", " + name_of_country(city->country), city->location, metres);
      }
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
    Line house("reverse at 15 m: that address first"),
        among("reverse at 15 m: that address among the results"), town("reverse at 15 m: the locality"),
        land("reverse: the country");
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
      house.measure([&] { return answer = geo::reverse(gazetteer_, {.point = point}); },
                    [&](const Answer& found) { return !found.hits.empty() && is_it(found.hits.front()); });
      among.measure([&] { return answer; },
                    [&](const Answer& found) { return std::ranges::any_of(found.hits, is_it); });
      town.measure([&] { return answer; },
                   [&](const Answer& found) {
                     return std::ranges::any_of(found.hits, [&](const geo::Hit& hit) {
                       return kind_of(*gazetteer_, hit) == geo::Kind::locality &&
                              std::ranges::binary_search(gazetteer_->named(geo::fold(a.city)), hit.place);
                     });
                   });
    }
    for (const auto& city : cities_) {
      land.measure([&] { return geo::reverse(gazetteer_, {.point = city.location}); },
                   [&](const Answer& found) {
                     return !found.hits.empty() &&
                            gazetteer_->place(found.hits.back().place).code == city.country;
                   });
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

/// Ten million rows: each real address again in eleven other towns of its country, the street's words mixed
/// with those of another street, the number moved on.
void write_grown(const fs::path& file) {
  const auto addresses = read_addresses();
  auto cities = read_cities();
  std::ranges::sort(cities, std::ranges::greater{}, &City::population);
  std::map<std::string, std::vector<const City*>> by_country;
  for (const auto& city : cities) by_country[city.country].push_back(&city);
  Random random(6);
  std::ofstream out(file);
  out << "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH\n";
  for (int copy = 0; copy <= 11; ++copy) {
    for (const auto& a : addresses) {
      const auto& towns = by_country[a.country];
      const auto& home =
          *towns[(std::hash<std::string>{}(a.city) + static_cast<std::size_t>(copy) * 7) % towns.size()];
      const auto& other = addresses[(static_cast<std::size_t>(&a - addresses.data()) / 40 * 977 +
                                     static_cast<std::size_t>(copy) * 31'337) %
                                    addresses.size()];
      const auto street = copy == 0 || other.country != a.country
                              ? a.street
                              : other.street + " " + a.street.substr(0, a.street.find(' '));
      const bool real = copy == 0;
      const double lat =
          real ? a.location.lat() : home.location.lat() + static_cast<double>(random() % 1000) * 1e-4 - 0.05;
      const double lng =
          real ? a.location.lng() : home.location.lng() + static_cast<double>(random() % 1000) * 1e-4 - 0.05;
      out << lng << ',' << lat << ',' << a.number << ',' << street << ",," << (real ? a.city : home.name)
          << ",," << (real ? a.region : "") << ',' << (real ? a.postal_code : "") << ",,\n";
    }
  }
}

int run(std::vector<std::string> arguments) {
  const bool grow = !arguments.empty() && arguments.front() == "--grow";
  if (grow) arguments.erase(arguments.begin());
  if (!fs::exists(shared_data())) {
    std::fprintf(stderr, "needs the data in %s (set WAYPOST_SHARED_DATA): skipped\n", shared_data().c_str());
    return 0;
  }
  const fs::path folder = !arguments.empty() ? fs::path(arguments.front())
                                             : fs::read_symlink("/proc/self/exe").parent_path() / "geo-world";
  if (const char* text = std::getenv("QUERY")) {
    Bench(open_world(folder)).show(text);
    return 0;
  }
  if (!grow) {
    Bench(open_world(folder)).run();
    return 0;
  }
  const auto grown = fs::path(folder.string() + "-grown");
  if (!fs::exists(grown / "imported")) {
    fs::create_directories(grown);
    write_grown(grown / "rows.csv");
    import(grown, "openaddresses", "addresses", {grown / "rows.csv"});
    std::ofstream(grown / "imported") << "";
  }
  Bench(open(grown)).speeds_only();
  return 0;
}

}  // namespace
}  // namespace waypost::bench

int main(int argc, char** argv) {
  return waypost::bench::run({argv + 1, argv + argc});
}
