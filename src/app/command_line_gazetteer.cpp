#include "app/command_line.hpp"
#include "waypost/geo/import.hpp"

namespace waypost::app {
namespace {

void add_import(CLI::App& app, CommandLine& line) {
  CLI::App& import = *app.add_subcommand("import", "Build, replace or remove a source of the gazetteer");
  ImportArguments& into = line.import;
  std::vector<std::string> names;
  std::string formats = "Formats:\n";
  for (const auto& format : geo::import_formats()) {
    names.emplace_back(format.name);
    formats += fmt::format("  {:16} {}\n", format.name, format.what);
  }
  import.add_option("FORMAT", into.format, "See below")->check(CLI::IsMember(names));
  import.add_option("FILE", into.files,
                    "Files, plain or gzip; of GeoNames files admin1CodesASCII*, admin2Codes*, countryInfo*, "
                    "alternateNames* and *translations*.json are known by name");
  const auto option = [&import](const char* flag, std::string& value, const char* type, const char* text) {
    import.add_option(flag, value, text)->type_name(type);
  };
  option("--name", into.name, "SOURCE", "Name of the source (default: the format's)");
  option("--country", into.country, "CC",
         "Country of the rows (openaddresses, csv; default: by the file's name or where they lie)");
  option("--kind", into.kind, "KIND",
         "What rows are that do not tell: locality, admin1, postal_code, address");
  import.add_option("--map", into.map, "csv: where a field stands, such as lat=Y; may be repeated")
      ->type_name("FIELD=COLUMN")
      ->allow_extra_args(false);
  option("--version", into.version, "TEXT", "Version of the data (default: file name and date)");
  option("--attribution", into.attribution, "TEXT", "Whom to credit (default: what the format knows)");
  option("--licence", into.licence, "TEXT", "Licence of the data (default: what the format knows)");
  option("--remove", into.remove, "SOURCE", "Take a source out, instead of importing");
  import.add_flag("--json", into.json, "Print the summary as JSON");
  add_config_options(import, line);
  import.footer(
      formats +
      "\nExamples:\n"
      "  waypost import geonames cities500.txt admin1CodesASCII.txt countryInfo.txt\n"
      "  waypost import geonames-postal allCountries.txt.gz\n"
      "  waypost import openaddresses us/ma/*.csv.gz --name massachusetts\n"
      "  waypost import csv shops.csv --map name=title --map lat=Y --map lng=X --country DE --name shops\n"
      "  waypost import polygons ne_10m_admin_1_states_provinces.json --name states\n"
      "  waypost import --remove shops\n"
      "A running service picks the change up; a failed import changes nothing.");
  import.callback([&line] {
    if (line.import.remove.empty() && line.import.files.empty())
      throw CLI::RequiredError(line.import.format.empty() ? "FORMAT" : "FILE");
    line.command = [&line] {
      const auto loaded = load(line);
      return loaded ? run_import(line.import, loaded->config) : failed;
    };
  });
}

/// Runs the lookup of the words, or of the file of --csv.
int look_up(CommandLine& line, const std::string& operation) {
  const bool is_file = !line.lookup_file.path.empty();
  const std::size_t wanted = operation == "reverse" ? 2 : 1;
  if (is_file ? !line.lookup_words.empty() : line.lookup_words.size() < wanted) {
    std::cerr << "waypost: " << operation << " takes " << (wanted == 2 ? "LAT LNG" : "TEXT")
              << " or --csv FILE (see 'waypost help " << operation << "')\n";
    return wrong_usage;
  }
  const auto loaded = load(line);
  if (!loaded) return failed;
  line.lookup_file.operation = operation;
  if (is_file) return run_lookup_file(line.lookup_file, loaded->config);
  std::string words;
  for (const auto& word : line.lookup_words)
    words += (words.empty() ? "" : operation == "reverse" ? "," : " ") + word;
  line.lookup.emplace_back(operation == "reverse" ? "latlng" : "address", words);
  return run_lookup(line.lookup, line.json ? LookupOutput::json : LookupOutput::text, loaded->config);
}

/// An option that is one of Google's parameters.
void add_parameter(CLI::App& command, CommandLine& line, const std::string& option, const std::string& name,
                   const std::string& text) {
  command.add_option_function<std::string>(
      option, [&line, name](const std::string& value) { line.lookup.emplace_back(name, value); }, text);
}

void add_lookups(CLI::App& app, CommandLine& line) {
  CLI::App& geocode = *app.add_subcommand("geocode", "Find the places that a text means, without a server");
  CLI::App& reverse = *app.add_subcommand("reverse", "Find the places at a point, without a server");
  geocode.add_option("TEXT", line.lookup_words, "An address, a name or a Plus Code");
  reverse.add_option("POINT", line.lookup_words, "LAT LNG in degrees")->expected(0, 2);
  add_parameter(geocode, line, "--components", "components", "Filters, such as country:FR|locality:Paris");
  add_parameter(geocode, line, "--region", "region", "Prefer this country, such as gb");
  add_parameter(reverse, line, "--result-type", "result_type", "Only these types, such as locality|country");
  for (CLI::App* command : {&geocode, &reverse}) {
    const auto name = command->get_name();
    add_parameter(*command, line, "--language", "language", "Of the answer, such as de (default: en)");
    command->add_flag("--json", line.json, "Print Google's JSON");
    command
        ->add_option("--csv", line.lookup_file.path, "Look up every row of a CSV, plain or *.gz; - is stdin")
        ->type_name("FILE");
    command
        ->add_option("--map", line.lookup_file.map,
                     "With --csv: make a field from columns; default: columns of the fields' names")
        ->type_name("FIELD=TEMPLATE")
        ->allow_extra_args(false);
    add_config_options(*command, line);
    command->callback([&line, name] { line.command = [&line, name] { return look_up(line, name); }; });
  }
  geocode.footer(
      "Examples:\n"
      "  waypost geocode 'Toledo, Spain'\n"
      "  waypost geocode 849VCWC8+R9 --json\n"
      "  waypost geocode --csv addresses.csv --map address='{street}, {zip} {city}' > found.csv\n"
      "Exit status 1 when nothing is found.");
  reverse.footer(
      "Examples:\n"
      "  waypost reverse 48.8584 2.2945\n"
      "  waypost reverse --csv points.csv --map lat={y} --map lng={x} > found.csv\n"
      "Exit status 1 when nothing is found.");
}

}  // namespace

void add_gazetteer_commands(CLI::App& app, CommandLine& line) {
  add_import(app, line);
  add_lookups(app, line);
}

}  // namespace waypost::app
